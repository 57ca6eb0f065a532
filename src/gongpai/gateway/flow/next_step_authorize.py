"""What comes next for an authorization request: the one place where the order is written (pure).

First who it is and how they came (T6, T17), then whether they may use the party, then what they agree to, then what
only WeCom's own client hands over, then the answer. With prompt=none whatever would need the person is an error
instead, except for those last details: they are left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from gongpai.gateway.errors import Reason
from gongpai.gateway.flow.next_step import Via
from gongpai.gateway.flow.sensitive import Lacking
from gongpai.gateway.oidc.acr import acr_of, wished_way
from gongpai.gateway.oidc.claims import scopes_of
from gongpai.gateway.oidc.claims_request import parse
from gongpai.gateway.oidc.errors import ErrorCode
from gongpai.gateway.policy import is_way_allowed
from gongpai.gateway.records import Session
from gongpai.gateway.records_provider import AuthorizationRequest, PartyPolicy, RelyingParty
from gongpai.gateway.store.ports import CLOCKS_DIFFER
from gongpai.wecom.signin import Way

# How a way into WeCom is asked for; the old QR page is a setting of the app.
_VIAS = {Way.IN_APP.value: Via.IN_APP, Way.WEB.value: Via.WEB, Way.QR.value: Via.WEB}
# What a page of ours asks once a request and person; that somebody signed in anew shows in their session.
ASKED_ONCE = frozenset({"consent", "select_account"})


@dataclass(frozen=True, slots=True)
class Settled:
    """What is known when the browser stands before the request."""

    session: Session | None
    subject: str | None
    """What the party knows the session's person by."""
    refusal: Reason | None
    """Why the person may not use the party, from ``policy.may_use``."""
    consented: frozenset[str]
    opens_in_app: bool
    """The browser says that it is WeCom's own: a hint for the route, never for trust."""
    has_just_consented: bool = False
    """The person answered the consent page of this very request."""
    lacking: Lacking = field(default_factory=Lacking)
    """What the party needs and only WeCom's own client hands over."""
    has_just_chosen: bool = False
    """The person said for this very request that they go on as who they are."""


@dataclass(frozen=True, slots=True)
class LogIn:
    """Send the browser to sign in; ``is_fresh`` asks WeCom for the person's confirmation whatever session there is."""

    app: str | None = None
    via: Via | None = None
    is_fresh: bool = False


@dataclass(frozen=True, slots=True)
class ChooseAccount:
    """Ask the person whether they go on as who they are, or as somebody else."""


@dataclass(frozen=True, slots=True)
class AskConsent:
    """Ask the person whether the party may have these scopes."""

    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class AskInWeCom:
    """Send the browser to WeCom's own consent page, for these sensitive fields."""

    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AskAgain:
    """Say in WeCom what the party still needs, as its consent page was left without an answer."""

    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ContinueInWeCom:
    """Ask at the desk to consent in WeCom on the phone."""

    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Respond:
    """Issue an authorization code to the party."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """Tell the party, by redirect."""

    error: ErrorCode


@dataclass(frozen=True, slots=True)
class TurnAway:
    """Tell the person, on a page that names the party and leads back to it."""

    reason: Reason


PartyStep: TypeAlias = (
    LogIn | ChooseAccount | AskConsent | AskInWeCom | AskAgain | ContinueInWeCom | Respond | Refuse | TurnAway
)


def next_party_step(request: AuthorizationRequest, party: RelyingParty, settled: Settled, now: datetime) -> PartyStep:
    """Decide the next step of *request* from what is *settled*."""
    step = _step(request, party, settled, now)
    if "none" not in request.prompt:
        return step
    match step:
        case LogIn():
            return Refuse(ErrorCode.LOGIN_REQUIRED)
        case AskConsent():
            return Refuse(ErrorCode.CONSENT_REQUIRED)
        case TurnAway():
            return Refuse(ErrorCode.ACCESS_DENIED)
        case AskInWeCom() | AskAgain() | ContinueInWeCom():
            # What is lacking is left out: no error of OpenID Connect's says that an answer could be fuller.
            return Respond()
        case _:
            return step


def wanted_scopes(request: AuthorizationRequest, party: RelyingParty) -> frozenset[str]:
    """Return what the person is to agree to: the scopes, and those that singly asked claims belong to."""
    asked = parse(request.claims)
    return request.scopes | (scopes_of(asked.userinfo | asked.id_token) & party.scopes)


def _asked_once(request: AuthorizationRequest, session: Session) -> frozenset[str]:
    """Return which pages of ours the party asks for and this person has not answered: nobody answers for another."""
    return frozenset() if request.agreed_by == session.subject else request.prompt & ASKED_ONCE


def _step(request: AuthorizationRequest, party: RelyingParty, settled: Settled, now: datetime) -> PartyStep:
    session = settled.session
    if session is None:
        return _way_in(request, party.policy, None, opens_in_app=settled.opens_in_app)
    step = _sign_in_anew(request, party.policy, session, settled, now)
    if step is not None:
        return step
    if settled.refusal is not None:
        return TurnAway(settled.refusal)
    wanted = wanted_scopes(request, party)
    must_agree = "consent" in _asked_once(request, session) and not settled.has_just_consented
    if must_agree or not (wanted <= settled.consented or party.is_trusted):
        return AskConsent(wanted)
    return _disclose(session, settled.lacking)


def _sign_in_anew(
    request: AuthorizationRequest, policy: PartyPolicy, session: Session, settled: Settled, now: datetime
) -> PartyStep | None:
    """Return what is to be done about the sign-in itself; None if it is the right one for this request."""
    if not _came_rightly(policy, session):
        return _way_in(request, policy, session, opens_in_app=settled.opens_in_app)
    essential = parse(request.claims).acr_values
    if essential and acr_of(session.way) not in essential:
        return _another_way(request, policy, session, essential, opens_in_app=settled.opens_in_app)
    if not _is_meant(request, session, settled.subject, now):
        return _confirm(request, policy, session, settled)
    if "select_account" in _asked_once(request, session) and _may_be_another(request, policy, session, settled):
        return ChooseAccount()
    return None


def _disclose(session: Session, lacking: Lacking) -> PartyStep:
    """Ask for the sensitive fields where WeCom hands them over: in its own client (WeCom 98177)."""
    if not lacking.fields:
        return Respond()
    if session.way != Way.IN_APP.value:
        return ContinueInWeCom(lacking.fields)
    return AskAgain(lacking.fields) if lacking.was_asked else AskInWeCom(lacking.fields)


def _came_rightly(policy: PartyPolicy, session: Session) -> bool:
    """Whether app and way of the session are those that the party's policy allows (T6, T18)."""
    return (not policy.apps or session.app in policy.apps) and is_way_allowed(policy, session.way)


def _way_in(
    request: AuthorizationRequest, policy: PartyPolicy, session: Session | None, *, opens_in_app: bool
) -> LogIn | TurnAway:
    # Without a session the person chooses among several; with one of another app they must not come back with it.
    app = min(policy.apps) if len(policy.apps) == 1 or (policy.apps and session is not None) else None
    may_in_app, may_web = is_way_allowed(policy, Way.IN_APP.value), is_way_allowed(policy, Way.WEB.value)
    if may_in_app and may_web:
        way = wished_way((*parse(request.claims).acr_values, *request.acr_values))
        is_outside = way == Way.IN_APP.value and not opens_in_app
        return LogIn(app) if way is None or is_outside else LogIn(app, _VIAS[way])
    if may_web:
        return LogIn(app, Via.WEB)
    # Outside WeCom the in-app link leads nowhere but to a page that says so.
    return LogIn(app, Via.IN_APP) if may_in_app and opens_in_app else TurnAway(Reason.WAY_NOT_ALLOWED)


def _another_way(
    request: AuthorizationRequest,
    policy: PartyPolicy,
    session: Session,
    essential: Sequence[str],
    *,
    opens_in_app: bool,
) -> PartyStep:
    """Let the person come by a way that the party cannot do without. Source: OpenID Connect Core 5.5.1.1."""
    web = {acr_of(Way.WEB.value), acr_of(Way.QR.value)}
    may_in_app = opens_in_app and is_way_allowed(policy, Way.IN_APP.value) and acr_of(Way.IN_APP.value) in essential
    may_web = is_way_allowed(policy, Way.WEB.value) and not web.isdisjoint(essential)
    # Which of the web's two pages there is, is a setting: who came by it for this request comes by no other.
    is_tried = session.auth_time >= request.created_at
    if is_tried or not (may_in_app or may_web):
        return Refuse(ErrorCode.LOGIN_REQUIRED)
    return LogIn(session.app, Via.IN_APP) if may_in_app else LogIn(session.app, Via.WEB, is_fresh=True)


def _may_be_another(request: AuthorizationRequest, policy: PartyPolicy, session: Session, settled: Settled) -> bool:
    """Whether it is open who answers: WeCom's own client knows one person only, and a scan for this request chose."""
    has_chosen = settled.has_just_chosen or settled.has_just_consented or session.auth_time >= request.created_at
    return not has_chosen and not settled.opens_in_app and is_way_allowed(policy, Way.WEB.value)


def _is_meant(request: AuthorizationRequest, session: Session, subject: str | None, now: datetime) -> bool:
    """Whether the session is of whom the party means, and was confirmed by the person as lately as it asks.

    A silent return from WeCom's own client confirms nothing (T17).
    """
    if request.hinted_subject not in {None, subject}:
        return False
    asks_login = "login" in request.prompt
    if not asks_login and request.max_age is None:
        return True
    if session.way == Way.IN_APP.value:
        return False
    # By a clock that ran ahead every request would have come before.
    if session.auth_time > now + CLOCKS_DIFFER:
        return False
    # Whoever signed in for this request is as fresh as can be, even if max_age is 0.
    is_new = session.auth_time >= request.created_at
    return is_new or (not asks_login and request.max_age is not None and now - session.auth_time <= request.max_age)


def _confirm(request: AuthorizationRequest, policy: PartyPolicy, session: Session, settled: Settled) -> PartyStep:
    is_another = request.hinted_subject not in {None, settled.subject}
    # They signed in for this request, and again it is not the one whom the party means.
    is_tried = is_another and session.auth_time >= request.created_at
    # WeCom's own client signs in silently only, so there nobody can confirm.
    may_confirm = not settled.opens_in_app and is_way_allowed(policy, Way.WEB.value)
    if is_tried or not may_confirm:
        return Refuse(ErrorCode.LOGIN_REQUIRED)
    return LogIn(session.app, Via.WEB, is_fresh=True)
