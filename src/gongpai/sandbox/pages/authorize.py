"""``/connect/oauth2/authorize``: the in-app link, its consent page and its error pages."""

from typing import assert_never

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gongpai.sandbox.domains import redirect_host
from gongpai.sandbox.pages.client import holder
from gongpai.sandbox.pages.decision import AskConsent, Link, Problem, Silent, decide
from gongpai.sandbox.pages.links import WayBack, way_back
from gongpai.sandbox.pages.render import choose_language, local_name, render, translator
from gongpai.sandbox.world import World


async def show(request: Request) -> Response:
    """Answer the link."""
    world: World = request.state.corner.world
    link = _read_link(request)
    decision = decide(world, link, holder(request))
    match decision:
        case Problem():
            return _show_problem(request, decision)
        case Silent():
            return _go_back(world, link, decision)
        case AskConsent():
            return _ask_consent(request, decision)
    assert_never(decision)


async def answer(request: Request) -> Response:
    """Take the person's answer on the consent page."""
    world: World = request.state.corner.world
    link = _read_link(request)
    decision = decide(world, link, holder(request))
    if not isinstance(decision, AskConsent):
        # Answered meanwhile, or the settings have changed: the link says what comes now.
        return await show(request)
    form = await request.form(max_files=0, max_fields=20)
    if form.get("answer") == "agree":
        chosen = set(form.getlist("field"))
        corp, app, person = decision.corp, decision.app, decision.person
        world.give_consent(corp, app, person, [field for field in decision.fields if field in chosen])
        return _go_back(world, link, Silent(corp, app, person, "snsapi_privateinfo"))
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


def _go_back(world: World, link: Link, decision: Silent) -> Response:
    host = redirect_host(link.redirect_uri) or ""
    code = world.issue_code(
        decision.corp, decision.app, decision.person, scope=decision.scope, redirect_host=host, way="in_app"
    )
    return RedirectResponse(_way_back(world, link).with_code(code.value), status_code=302)


def _ask_consent(request: Request, decision: AskConsent) -> Response:
    language = choose_language(request)
    return render(
        request,
        "consent.html",
        corp_name=local_name(decision.corp, language),
        app_name=local_name(decision.app, language),
        person=decision.person,
        person_name=local_name(decision.person, language),
        fields=decision.fields,
        action=f"{request.url.path}?{request.url.query}",
    )


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
