"""What an in-app authorisation link leads to: a code at once, the consent page, or an error page. Pure."""

import re
from dataclasses import dataclass
from typing import Literal

from gongpai.sandbox.domains import explain_domain
from gongpai.sandbox.world import App, Corp, Person, Scope, SensitiveField, World

# Source: WeCom 91022: a-zA-Z0-9, at most 128 bytes.
_STATE = re.compile(r"[A-Za-z0-9]{0,128}\Z", re.ASCII)
# snsapi_userinfo is historical and silent; SDKs of today still send it.
_SILENT_SCOPES = ("snsapi_base", "snsapi_userinfo")

ProblemKind = Literal[
    "outside",
    "appid",
    "response_type",
    "state",
    "agentid",
    "domain",
    "disabled",
    "scope",
    "range",
    "permission",
]


@dataclass(frozen=True, slots=True)
class Link:
    """The parameters of an in-app link as they came; None where one is missing."""

    appid: str
    redirect_uri: str
    response_type: str
    scope: str
    state: str | None
    agentid: str | None


@dataclass(frozen=True, slots=True)
class Problem:
    """An error page; *detail* is for the developer, *errcode* what WeCom's table calls it."""

    kind: ProblemKind
    detail: str = ""
    errcode: int | None = None


@dataclass(frozen=True, slots=True)
class Silent:
    """Back at once with a code of this scope."""

    corp: Corp
    app: App
    person: Person
    scope: Scope


@dataclass(frozen=True, slots=True)
class AskConsent:
    """The consent page, with a switch for each field that the administrator selected."""

    corp: Corp
    app: App
    person: Person
    fields: tuple[SensitiveField, ...]


Decision = Problem | Silent | AskConsent


def decide(world: World, link: Link, person: Person | None) -> Decision:  # noqa: PLR0911  a row of the table each
    """Decide what *person* (None: not inside the client) sees of *link*.

    The rows of the table in the order in which they are asked. Source: WeCom 91022, 91335 and 90313, read 2026-11;
    the order of the error pages among themselves is our choice.
    """
    if person is None:
        return Problem("outside")
    corp = world.get_corp(link.appid)
    if corp is None:
        return Problem("appid", f"no corp {link.appid[:64]!r} in this world")
    if link.response_type != "code":
        return Problem("response_type", "response_type must be code")
    found = _find_app(corp, link)
    if isinstance(found, Problem):
        return found
    if not _STATE.match(link.state or ""):
        return Problem("state", errcode=84025)
    if not found.enabled:
        return Problem("disabled", errcode=50003)
    if link.scope in _SILENT_SCOPES:
        return Silent(corp, found, person, "snsapi_base")
    if link.scope != "snsapi_privateinfo":
        return Problem("scope", "scope must be snsapi_base or snsapi_privateinfo")
    return _decide_privateinfo(world, corp, found, link, person)


def _find_app(corp: Corp, link: Link) -> App | Problem:
    apps = {str(app.agentid): app for app in corp.apps}
    if link.agentid:
        app = apps.get(link.agentid)
        if app is None:
            return Problem("agentid", f"no app {link.agentid[:32]!r} in this corp")
        reason = explain_domain(link.redirect_uri, app.oauth_domain)
        return app if reason is None else Problem("domain", reason)
    trusting = [app for app in corp.apps if explain_domain(link.redirect_uri, app.oauth_domain) is None]
    return trusting[0] if trusting else Problem("domain", "no app of this corp trusts the host of redirect_uri")


def _decide_privateinfo(  # noqa: PLR0911  a row of the table each
    world: World, corp: Corp, app: App, link: Link, person: Person
) -> Decision:
    if not link.agentid:
        if world.file.switches.privateinfo_without_agentid == "base":
            return Silent(corp, app, person, "snsapi_base")
        return Problem("agentid", "snsapi_privateinfo needs agentid")
    if world.index(corp).standing(person).member is None:
        # No user_ticket for linked corps and outsiders (WeCom 91023), so there is nothing to consent to.
        return Silent(corp, app, person, "snsapi_base")
    if not world.is_visible(corp, app, person):
        return Problem("range", errcode=92000)
    if not app.sensitive_fields:
        return Problem("permission", errcode=92001)
    if world.remembers_consent(corp, app, person):
        return Silent(corp, app, person, "snsapi_privateinfo")
    return AskConsent(corp, app, person, tuple(app.sensitive_fields))
