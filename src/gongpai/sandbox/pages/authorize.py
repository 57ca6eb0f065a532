"""``/connect/oauth2/authorize``: the in-app link, its consent page and its error pages."""

from typing import assert_never

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gongpai.sandbox.domains import redirect_host
from gongpai.sandbox.pages.client import holder
from gongpai.sandbox.pages.decision import AskConsent, Link, Problem, Silent, decide
from gongpai.sandbox.pages.links import WayBack, way_back
from gongpai.sandbox.pages.render import choose_language, local_name, render, translator
from gongpai.sandbox.world import App, Corp, Person, Scope, World


async def show(request: Request) -> Response:
    """Answer the link."""
    link, person = _read_link(request), holder(request)
    decision = decide(request.state.corner.world, link, person)
    match decision:
        case Problem():
            return _show_problem(request, decision)
        case Silent(corp, app, scope) if person is not None:
            return _go_back(request.state.corner.world, corp, app, person, scope, link)
        case AskConsent(corp, app, fields) if person is not None:
            return render(
                request,
                "consent.html",
                corp_name=local_name(corp, choose_language(request)),
                app_name=local_name(app, choose_language(request)),
                person=person,
                person_name=local_name(person, choose_language(request)),
                fields=fields,
                action=f"{request.url.path}?{request.url.query}",
            )
        case Silent() | AskConsent():  # nobody is inside the client, which is a Problem already
            return _show_problem(request, Problem("outside"))
    assert_never(decision)


async def answer(request: Request) -> Response:
    """Take the person's answer on the consent page."""
    world: World = request.state.corner.world
    link, person = _read_link(request), holder(request)
    decision = decide(world, link, person)
    if not isinstance(decision, AskConsent) or person is None:
        # Answered meanwhile, or the settings have changed: the link says what comes now.
        return await show(request)
    form = await request.form(max_files=0, max_fields=20)
    if form.get("answer") == "agree":
        chosen = {value for value in form.getlist("field") if not isinstance(value, UploadFile)}
        fields = [field for field in decision.fields if field in chosen]
        world.give_consent(decision.corp, decision.app, person, fields)
        return _go_back(world, decision.corp, decision.app, person, "snsapi_privateinfo", link)
    if world.file.switches.refusal == "stay":
        t = translator(choose_language(request))
        return _message(request, t("stayed_title"), t("stayed_why"))
    return RedirectResponse(_way_back(world, link).refused, status_code=302)


def _read_link(request: Request) -> Link:
    query = request.query_params
    return Link(
        appid=query.get("appid", ""),
        redirect_uri=query.get("redirect_uri", ""),
        response_type=query.get("response_type", ""),
        scope=query.get("scope", ""),
        state=query.get("state"),
        agentid=query.get("agentid"),
    )


def _go_back(world: World, corp: Corp, app: App, person: Person, scope: Scope, link: Link) -> Response:
    host = redirect_host(link.redirect_uri) or ""
    code = world.issue_code(corp, app, person, scope=scope, redirect_host=host, way="in_app")
    return RedirectResponse(_way_back(world, link).with_code(code.value), status_code=302)


def _way_back(world: World, link: Link) -> WayBack:
    empty = "" if world.file.switches.absent_state == "empty" else None
    return way_back(link.redirect_uri, link.state if link.state is not None else empty)


def _show_problem(request: Request, problem: Problem) -> Response:
    t = translator(choose_language(request))
    why = {"outside": "outside_why", "state": "state_why", "permission": "permission_why"}.get(problem.kind)
    lines = [t(why)] if why else []
    return _message(request, t(f"{problem.kind}_title"), *lines, code=problem.errcode, detail=problem.detail)


def _message(request: Request, title: str, *lines: str, code: int | None = None, detail: str = "") -> Response:
    return render(request, "message.html", title=title, lines=lines, code=code, detail=detail)
