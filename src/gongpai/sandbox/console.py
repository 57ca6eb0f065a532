"""The console: plays the administrator's side of each app. Changes take effect at once and end with the sandbox."""

from collections.abc import Callable

import msgspec
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from gongpai.sandbox.pages.render import choose_language, render, translator
from gongpai.sandbox.verify import check_ownership, verify_file
from gongpai.sandbox.world import SENSITIVE_FIELDS, App, Corp, World
from gongpai.sandbox.world.records import Domain, IpAddress

_MOST_DOMAINS = 10

# What is wrong with a form: the key of a message and the value that it names.
_Complaint = tuple[str, str]


def routes() -> list[BaseRoute]:
    """Return the console's routes."""
    return [
        Route("/console", show_apps),
        Route("/console/{corpid:str}/{agentid:int}", show_app, methods=["GET"]),
        Route("/console/{corpid:str}/{agentid:int}", change_app, methods=["POST"]),
    ]


async def show_apps(request: Request) -> Response:
    """List the apps of all corps."""
    return render(request, "console.html", here="console", corps=_world(request).corps)


async def show_app(request: Request) -> Response:
    """Show the settings of one app."""
    found = _world(request).get_app(**request.path_params)
    if found is None:
        return _to_apps(request)
    done = request.query_params.get("done", "")
    t = translator(choose_language(request))
    return _show(request, *found, [("good", t(done))] if done in ("saved", "secret_reset") else [])


async def change_app(request: Request) -> Response:
    """Change one part of the settings, or check who owns a domain."""
    found = _world(request).get_app(**request.path_params)
    if found is None:
        return _to_apps(request)
    corp, app = found
    form = await request.form(max_files=0, max_fields=1000)
    part = str(form.get("part", ""))
    if part == "ownership":
        return _show(request, corp, app, [await _check_ownership(request, corp, str(form.get("domain", "")))])
    change = _CHANGES.get(part)
    complaint = change(_world(request), corp, app, form) if change else None
    if change is None or complaint:
        t = translator(choose_language(request))
        key, value = complaint or ("bad_part", part[:64])
        return _show(request, corp, app, [("bad", t("not_saved", why=t(key, value=value)))], status=400)
    done = "secret_reset" if part == "secret" else "saved"
    return RedirectResponse(f"{request.url.path}?done={done}", status_code=303)


def _change_secret(world: World, corp: Corp, app: App, form: FormData) -> _Complaint | None:
    del form
    world.reset_secret(corp, app)
    return None


def _change_enabled(world: World, corp: Corp, app: App, form: FormData) -> _Complaint | None:
    del world, corp
    app.enabled = form.get("enabled") == "yes"
    return None


def _change_domains(world: World, corp: Corp, app: App, form: FormData) -> _Complaint | None:
    del world, corp
    oauth_domain, callback_domain = (str(form.get(name, "")).strip() for name in ("oauth_domain", "callback_domain"))
    jssdk_domains = _lines(form, "jssdk_domains")
    for domain in (oauth_domain, callback_domain, *jssdk_domains):
        if not _is_valid(domain, Domain):
            return "bad_domain", domain
    if len(jssdk_domains) > _MOST_DOMAINS:
        return "too_many_domains", ""
    app.oauth_domain, app.callback_domain, app.jssdk_domains = oauth_domain, callback_domain, jssdk_domains
    return None


def _change_trusted_ips(world: World, corp: Corp, app: App, form: FormData) -> _Complaint | None:
    ips = [ip.strip() for ip in str(form.get("trusted_ips", "")).split(";") if ip.strip()]
    for ip in ips:
        if not _is_valid(ip, IpAddress):
            return "bad_ip", ip
    world.set_trusted_ips(corp, app, ips)
    return None


def _change_visible_range(world: World, corp: Corp, app: App, form: FormData) -> _Complaint | None:
    index = world.index(corp)
    userids = _lines(form, "visible_userids")
    for userid in userids:
        if userid.lower() not in index.members:
            return "bad_userid", userid
    departments, tags = set(form.getlist("department")), set(form.getlist("tag"))
    app.visible_userids = userids
    app.visible_departments = [each.id for each in corp.departments if str(each.id) in departments]
    app.visible_tags = [each.id for each in corp.tags if str(each.id) in tags]
    return None


def _change_sensitive_fields(world: World, corp: Corp, app: App, form: FormData) -> _Complaint | None:
    del world, corp
    chosen = set(form.getlist("field"))
    app.sensitive_fields = [field for field in SENSITIVE_FIELDS if field in chosen]
    return None


_CHANGES: dict[str, Callable[[World, Corp, App, FormData], _Complaint | None]] = {
    "secret": _change_secret,
    "enabled": _change_enabled,
    "domains": _change_domains,
    "trusted_ips": _change_trusted_ips,
    "visible_range": _change_visible_range,
    "sensitive_fields": _change_sensitive_fields,
}


async def _check_ownership(request: Request, corp: Corp, domain: str) -> tuple[str, str]:
    world = _world(request)
    listed = {each for known in world.corps for app in known.apps for each in _domains(app)}
    found = await check_ownership(
        domain,
        verify_file(corp.corpid, domain),
        listed=listed,
        follow_redirects=world.file.switches.follow_verify_redirects,
    )
    t = translator(choose_language(request))
    text = t(f"ownership_{found.verdict}", domain=domain[:253], url=found.url, detail=found.detail)
    return "good" if found.verdict == "ok" else "bad", text


def _show(request: Request, corp: Corp, app: App, notices: list[tuple[str, str]], status: int = 200) -> Response:
    return render(
        request,
        "console_app.html",
        status=status,
        here="console",
        corp=corp,
        app=app,
        notices=notices,
        all_fields=SENSITIVE_FIELDS,
        ownership=[(domain, verify_file(corp.corpid, domain)) for domain in _domains(app)],
    )


def _world(request: Request) -> World:
    world: World = request.state.corner.world
    return world


def _to_apps(request: Request) -> Response:
    return RedirectResponse(f"{request.scope['root_path']}/console", status_code=303)


def _domains(app: App) -> list[str]:
    return list(dict.fromkeys(filter(None, (app.oauth_domain, app.callback_domain, *app.jssdk_domains))))


def _lines(form: FormData, name: str) -> list[str]:
    return [line.strip() for line in str(form.get(name, "")).splitlines() if line.strip()]


def _is_valid(value: str, kind: object) -> bool:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True
