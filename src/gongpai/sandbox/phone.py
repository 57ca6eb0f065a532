"""The phone: plays a member's WeCom. Pick who you are, scan, confirm or refuse, open links, change what you granted."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from gongpai.sandbox.domains import explain_domain, redirect_host
from gongpai.sandbox.errors import NotAllowedError
from gongpai.sandbox.pages.client import holder, pick_up, put_away
from gongpai.sandbox.pages.links import with_query
from gongpai.sandbox.pages.render import choose_language, local_name, render, translator
from gongpai.sandbox.world import App, Corp, Message, Person, QrLogin, World

_QR_PATH = "/wwopen/sso/confirm2"
_KEY = re.compile(r"[0-9a-f]{1,64}\Z")
_OWN_PLACE = re.compile(r"/phone(/[A-Za-z0-9_-]+)*\Z")
_NOTICES = ("notice_confirmed", "notice_refused", "notice_saved")
_MOST_WAITING = 8
_MOST_MESSAGES = 5


@dataclass(frozen=True, slots=True)
class QrKey:
    """The content of a login page's QR code."""

    key: str


@dataclass(frozen=True, slots=True)
class Address:
    """The content of any other QR code that a phone can open."""

    url: str


def routes() -> list[BaseRoute]:
    """Return the phone's routes."""
    return [
        Route("/phone", show),
        Route("/phone/waiting", show_waiting),
        Route("/phone/people", show_people, methods=["GET"]),
        Route("/phone/people", choose_person, methods=["POST"]),
        Route("/phone/away", go_away, methods=["POST"]),
        Route("/phone/scan", read, methods=["POST"]),
        Route("/phone/scan/{key:str}", scan, methods=["GET"]),
        Route("/phone/scan/{key:str}", settle, methods=["POST"]),
        Route("/phone/open", show_open, methods=["GET"]),
        Route("/phone/open", open_in_wecom, methods=["POST"]),
        Route("/phone/apps/{corpid:str}/{agentid:int}", show_app, methods=["GET"]),
        Route("/phone/apps/{corpid:str}/{agentid:int}", change_app, methods=["POST"]),
    ]


def read_content(content: str) -> QrKey | Address | None:
    """Say what a scanned or pasted text is: a login code, an address to open, or nothing that a phone knows. Pure."""
    text = content.strip()
    if redirect_host(text) is None:
        return None
    parts = urlsplit(text)
    if not parts.path.endswith(_QR_PATH):
        return Address(text)
    keys = parse_qs(parts.query).get("k", [])
    return QrKey(keys[0]) if len(keys) == 1 and _KEY.match(keys[0]) else None


async def show(request: Request) -> Response:
    """Show the phone."""
    person = holder(request)
    if person is None:
        return _to_people(request)
    notice = request.query_params.get("notice")
    return render(
        request,
        "phone.html",
        here="phone",
        person=person,
        notice=notice if notice in _NOTICES else None,
        waiting=_waiting(request),
        apps=[app for corp, app in _apps(request) if _world(request).is_visible(corp, app, person)],
        messages=_messages(request, person),
    )


async def show_waiting(request: Request) -> Response:
    """Show only the list of QR codes, which the phone asks for again and again."""
    return render(request, "waiting.html", waiting=_waiting(request))


async def show_people(request: Request) -> Response:
    """Ask who holds the phone."""
    world = _world(request)
    groups = [
        (
            local_name(corp, choose_language(request)),
            [person for person in world.people() if _belongs(world, corp, person)],
        )
        for corp in world.corps
    ]
    return render(
        request, "phone_people.html", here="phone", groups=groups, person=holder(request), next=_next(request)
    )


async def choose_person(request: Request) -> Response:
    """Give the phone to somebody."""
    form = await request.form(max_files=0, max_fields=5)
    person = _world(request).get_person(str(form.get("person", "")))
    if person is None:
        return _to_people(request)
    place = str(form.get("next", ""))
    response = _go(request, place if _OWN_PLACE.match(place) else "/phone")
    pick_up(request, response, person)
    return response


async def go_away(request: Request) -> Response:
    """Leave the client."""
    response = _go(request, "/phone/people")
    put_away(request, response)
    return response


async def read(request: Request) -> Response:
    """Take a pasted QR code or address."""
    form = await request.form(max_files=0, max_fields=5)
    match read_content(str(form.get("content", ""))):
        case QrKey(key):
            return _go(request, f"/phone/scan/{key}")
        case Address(url):
            return _go(request, "/phone/open?" + urlencode({"url": url}))
        case None:
            return _say(request, "content_unknown", 400)


async def scan(request: Request) -> Response:
    """Point the phone at a login page's QR code."""
    person, key = holder(request), request.path_params["key"]
    if person is None:
        return _to_people(request)
    world = _world(request)
    login = world.qr_logins.get(key)
    if login is None:
        return _say(request, "scan_unknown", 404)
    corp, app = world.require_app(login.agentid, login.corpid)
    name = local_name(person, choose_language(request))
    if not world.is_visible(corp, app, person):
        return _say(request, "scan_forbidden", 403, name=name)
    try:
        world.qr_logins.scan(key, person)
    except NotAllowedError:
        return _say(request, "scan_settled", 409)
    return render(
        request,
        "phone_scan.html",
        here="phone",
        login=login,
        person=person,
        host=redirect_host(login.redirect_uri),
        corp_name=local_name(corp, choose_language(request)),
        app_name=local_name(app, choose_language(request)),
    )


async def settle(request: Request) -> Response:
    """Confirm or refuse what was scanned."""
    form = await request.form(max_files=0, max_fields=5)
    person, key = holder(request), request.path_params["key"]
    logins = _world(request).qr_logins
    try:
        if person is None or (login := logins.get(key)) is None or login.person_key != person.key:
            return _say(request, "scan_settled", 409)
        if form.get("answer") == "confirm":
            logins.confirm(key)
            return _go(request, "/phone?notice=notice_confirmed")
        logins.refuse(key)
    except NotAllowedError:
        return _say(request, "scan_settled", 409)
    return _go(request, "/phone?notice=notice_refused")


async def show_open(request: Request) -> Response:
    """Show an address before it is opened, as a phone does."""
    content = read_content(request.query_params.get("url", ""))
    if not isinstance(content, Address):
        return _say(request, "content_unknown", 400)
    if holder(request) is None:
        return _to_people(request)
    return render(
        request, "phone_open.html", here="phone", url=content.url, may_say_in_app=_is_ours(request, content.url)
    )


async def open_in_wecom(request: Request) -> Response:
    """Go there in this very tab, which counts as inside the client while the phone is held."""
    form = await request.form(max_files=0, max_fields=5)
    content = read_content(str(form.get("url", "")))
    if not isinstance(content, Address):
        return _say(request, "content_unknown", 400)
    says_in_app = form.get("via") == "in_app" and _is_ours(request, content.url)
    return RedirectResponse(with_query(content.url, "via", "in_app") if says_in_app else content.url, status_code=303)


async def show_app(request: Request) -> Response:
    """Show what the person lets an app see (个人敏感信息授权管理)."""
    person, found = holder(request), _world(request).get_app(**request.path_params)
    if person is None or found is None:
        return _to_people(request)
    corp, app = found
    return render(
        request,
        "phone_app.html",
        here="phone",
        person=person,
        app=app,
        corp_name=local_name(corp, choose_language(request)),
        consent=_world(request).get_consent(corp, app, person),
        fields=app.sensitive_fields,
        notice="notice_saved" if request.query_params.get("notice") == "notice_saved" else None,
    )


async def change_app(request: Request) -> Response:
    """Change what the person lets an app see."""
    form = await request.form(max_files=0, max_fields=20)
    person, found = holder(request), _world(request).get_app(**request.path_params)
    if person is None or found is None:
        return _to_people(request)
    corp, app = found
    chosen = set(form.getlist("field"))
    try:
        _world(request).change_consent(corp, app, person, [each for each in app.sensitive_fields if each in chosen])
    except NotAllowedError:
        return _go(request, f"/phone/apps/{corp.corpid}/{app.agentid}")
    return _go(request, f"/phone/apps/{corp.corpid}/{app.agentid}?notice=notice_saved")


def _world(request: Request) -> World:
    world: World = request.state.corner.world
    return world


def _belongs(world: World, corp: Corp, person: Person) -> bool:
    if person.corpid == corp.corpid:
        return True
    return world.get_corp(person.corpid) is None and any(each.corpid == person.corpid for each in corp.linked)


def _apps(request: Request) -> list[tuple[Corp, App]]:
    return [(corp, app) for corp in _world(request).corps for app in corp.apps]


def _waiting(request: Request) -> list[tuple[QrLogin, str]]:
    world = _world(request)
    waiting = []
    for login in world.qr_logins.waiting()[:_MOST_WAITING]:
        _, app = world.require_app(login.agentid, login.corpid)
        waiting.append((login, local_name(app, choose_language(request))))
    return waiting


def _messages(request: Request, person: Person) -> list[tuple[Message, str]]:
    world, language = _world(request), choose_language(request)
    found = []
    for message in world.messages.of(person.key)[:_MOST_MESSAGES]:
        app = world.get_app(message.corpid, message.agentid)
        found.append((message, local_name(app[1], language) if app else str(message.agentid)))
    return found


def _is_ours(request: Request, url: str) -> bool:
    """Whether *url* is at a host that an app of this world trusts, and does not yet say how it is opened."""
    if "via" in parse_qs(urlsplit(url).query):
        return False
    domains = {domain for _, app in _apps(request) for domain in (app.oauth_domain, app.callback_domain)}
    return any(explain_domain(url, domain) is None for domain in domains)


def _next(request: Request) -> str:
    asked = request.query_params.get("next", "")
    return asked if _OWN_PLACE.match(asked) else "/phone"


def _to_people(request: Request) -> Response:
    place = request.url.path.removeprefix(request.scope["root_path"])
    return _go(request, "/phone/people?" + urlencode({"next": place if _OWN_PLACE.match(place) else "/phone"}))


def _go(request: Request, place: str) -> RedirectResponse:
    return RedirectResponse(request.scope["root_path"] + place, status_code=303)


def _say(request: Request, what: str, status: int, **values: object) -> Response:
    t = translator(choose_language(request))
    why = t(f"{what}_why", **values)
    title = t(f"{what}_title")
    return render(request, "message.html", status=status, here="phone", title=title, lines=[why], code=None, detail="")
