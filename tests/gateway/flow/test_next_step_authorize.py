"""The order of an authorization request's journey, decided purely."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gongpai.gateway.errors import Reason
from gongpai.gateway.flow.next_step import Via
from gongpai.gateway.flow.next_step_authorize import (
    AskAgain,
    AskConsent,
    AskInWeCom,
    ChooseAccount,
    ContinueInWeCom,
    LogIn,
    PartyStep,
    Refuse,
    Respond,
    Settled,
    TurnAway,
    next_party_step,
)
from gongpai.gateway.flow.sensitive import Lacking
from gongpai.gateway.oidc.claims_request import read
from gongpai.gateway.oidc.errors import ErrorCode
from gongpai.gateway.records import Session
from gongpai.gateway.records_provider import AuthorizationRequest, PartyPolicy, RelyingParty, WebLoginRule

_NOW = datetime(2026, 11, 22, tzinfo=UTC)
_EARLIER = _NOW - timedelta(minutes=30)
_WEB = Session(
    ref="r",
    subject="s",
    app="main",
    corpid="ww",
    userid="lisi",
    kind="member",
    way="web",
    amr="web",
    auth_time=_EARLIER,
    created_at=_EARLIER,
    seen_at=_NOW,
    idle_expires_at=_NOW + timedelta(hours=1),
    expires_at=_NOW + timedelta(hours=1),
    checked_at=_NOW,
)
_IN_APP = replace(_WEB, way="in_app", amr="in_app")
_FRESH = replace(_WEB, auth_time=_NOW)
_SCOPES = frozenset({"openid", "profile"})
_REQUEST = AuthorizationRequest(
    handle_hash="h",
    client_id="wiki",
    redirect_uri="https://wiki.example/cb",
    scopes=_SCOPES,
    created_at=_NOW - timedelta(minutes=1),
    expires_at=_NOW + timedelta(minutes=9),
)
_PARTY = RelyingParty("wiki", "Wiki", is_trusted=True)
_STRANGER = replace(_PARTY, is_trusted=False)
_NOBODY = Settled(None, None, None, frozenset(), opens_in_app=False)
_LOGIN_REQUIRED = Refuse(ErrorCode.LOGIN_REQUIRED)
_CONFIRM = LogIn("main", Via.WEB, is_fresh=True)


def _with(session: Session) -> Settled:
    return replace(_NOBODY, session=session, subject="s")


def _under(policy: PartyPolicy) -> RelyingParty:
    return replace(_PARTY, policy=policy)


_DENIES_WEB = _under(PartyPolicy(web_login=WebLoginRule.DENY))
_ONLY_IN_APP = _under(PartyPolicy(ways=frozenset({"in_app"})))
_ONLY_WEB = _under(PartyPolicy(ways=frozenset({"qr"})))
_ONE_APP = _under(PartyPolicy(apps=frozenset({"other"})))
_TWO_APPS = _under(PartyPolicy(apps=frozenset({"other", "third"})))


@pytest.mark.parametrize(
    ("party", "settled", "step"),
    [
        (_PARTY, _NOBODY, LogIn()),
        (_ONE_APP, _NOBODY, LogIn("other")),
        (_TWO_APPS, _NOBODY, LogIn()),
        (_ONE_APP, _with(_WEB), LogIn("other")),
        (_TWO_APPS, _with(_WEB), LogIn("other")),
        (_TWO_APPS, _with(replace(_WEB, app="third")), Respond()),
        (_ONLY_IN_APP, _with(_IN_APP), Respond()),
        (_ONLY_IN_APP, _with(_WEB), TurnAway(Reason.WAY_NOT_ALLOWED)),
        (_ONLY_IN_APP, _NOBODY, TurnAway(Reason.WAY_NOT_ALLOWED)),
        (_ONLY_IN_APP, replace(_NOBODY, opens_in_app=True), LogIn(via=Via.IN_APP)),
        (_ONLY_WEB, _with(_IN_APP), LogIn(via=Via.WEB)),
        (_ONLY_WEB, _with(_WEB), Respond()),
        (_DENIES_WEB, _with(_WEB), TurnAway(Reason.WAY_NOT_ALLOWED)),
        (_DENIES_WEB, replace(_with(_WEB), opens_in_app=True), LogIn(via=Via.IN_APP)),
        (_under(PartyPolicy(ways=frozenset({"pigeon"}))), _NOBODY, TurnAway(Reason.WAY_NOT_ALLOWED)),
    ],
)
def test_the_app_and_the_way_of_the_sign_in_must_be_the_partys(
    party: RelyingParty, settled: Settled, step: PartyStep
) -> None:
    assert next_party_step(_REQUEST, party, settled, _NOW) == step


_LOGIN = replace(_REQUEST, prompt=frozenset({"login"}))
_MAX_AGE = replace(_REQUEST, max_age=timedelta(minutes=5))


@pytest.mark.parametrize(
    ("request_", "session", "opens_in_app", "step"),
    [
        (_LOGIN, _WEB, False, _CONFIRM),
        (_LOGIN, _FRESH, False, Respond()),
        (_LOGIN, _IN_APP, False, _CONFIRM),
        (_LOGIN, replace(_IN_APP, auth_time=_NOW), False, _CONFIRM),
        (_LOGIN, replace(_IN_APP, auth_time=_NOW), True, _LOGIN_REQUIRED),
        (_MAX_AGE, _WEB, False, _CONFIRM),
        (_MAX_AGE, _FRESH, False, Respond()),
        (_MAX_AGE, _IN_APP, True, _LOGIN_REQUIRED),
        (replace(_REQUEST, max_age=timedelta(minutes=30)), _WEB, False, Respond()),
        (replace(_REQUEST, max_age=timedelta(0)), _FRESH, False, Respond()),
        (replace(_REQUEST, max_age=timedelta(0)), _WEB, False, _CONFIRM),
        (replace(_LOGIN, max_age=timedelta(hours=9)), _WEB, False, _CONFIRM),
        (_LOGIN, replace(_FRESH, auth_time=_NOW + timedelta(minutes=5)), False, Respond()),
        (_LOGIN, replace(_FRESH, auth_time=_NOW + timedelta(hours=2)), False, _CONFIRM),
        (_MAX_AGE, replace(_FRESH, auth_time=_NOW + timedelta(hours=2)), False, _CONFIRM),
    ],
)
def test_a_silent_return_never_counts_as_the_persons_confirmation(
    request_: AuthorizationRequest, session: Session, step: PartyStep, *, opens_in_app: bool
) -> None:
    settled = replace(_with(session), opens_in_app=opens_in_app)
    assert next_party_step(request_, _PARTY, settled, _NOW) == step


def test_a_party_without_web_login_gets_no_confirmation() -> None:
    assert next_party_step(_LOGIN, _ONLY_IN_APP, _with(_IN_APP), _NOW) == _LOGIN_REQUIRED


def _needing(*ways: str) -> AuthorizationRequest:
    values = [f"urn:gongpai:wecom:{way}" for way in ways]
    sent = json.dumps({"id_token": {"acr": {"essential": True, "values": values}}})
    return replace(_REQUEST, claims=read(sent, _SCOPES))


@pytest.mark.parametrize(
    ("request_", "settled", "step"),
    [
        (_needing("web", "in_app"), _with(_WEB), Respond()),
        (_needing("in_app"), _with(_IN_APP), Respond()),
        (_needing("web"), _NOBODY, LogIn(via=Via.WEB)),
        (_needing("web"), _with(_IN_APP), _CONFIRM),
        (_needing("qr"), _with(_WEB), _CONFIRM),
        (_needing("qr"), _with(_FRESH), _LOGIN_REQUIRED),
        (_needing("in_app"), _with(_WEB), _LOGIN_REQUIRED),
        (_needing("in_app"), replace(_with(_WEB), opens_in_app=True), LogIn("main", Via.IN_APP)),
        (_needing("pigeon"), replace(_with(_WEB), opens_in_app=True), _LOGIN_REQUIRED),
        (replace(_needing("web"), prompt=frozenset({"none"})), _with(_IN_APP), _LOGIN_REQUIRED),
    ],
)
def test_a_way_that_is_essential_to_the_party_is_taken_or_refused(
    request_: AuthorizationRequest, settled: Settled, step: PartyStep
) -> None:
    assert next_party_step(request_, _PARTY, settled, _NOW) == step


_HINTED = replace(_REQUEST, hinted_subject="somebody-else")


@pytest.mark.parametrize(
    ("request_", "session", "step"),
    [
        (replace(_REQUEST, hinted_subject="s"), _WEB, Respond()),
        (_HINTED, _WEB, _CONFIRM),
        (_HINTED, _FRESH, _LOGIN_REQUIRED),
        (replace(_HINTED, prompt=frozenset({"none"})), _WEB, _LOGIN_REQUIRED),
    ],
)
def test_a_hinted_person_is_the_one_who_answers(
    request_: AuthorizationRequest, session: Session, step: PartyStep
) -> None:
    # Attack 34.
    assert next_party_step(request_, _PARTY, _with(session), _NOW) == step


_SELECT = replace(_REQUEST, prompt=frozenset({"select_account"}))


@pytest.mark.parametrize(
    ("request_", "party", "settled", "step"),
    [
        (_SELECT, _PARTY, _with(_WEB), ChooseAccount()),
        (_SELECT, _PARTY, replace(_with(_WEB), has_just_chosen=True), Respond()),
        (_SELECT, _STRANGER, replace(_with(_WEB), has_just_chosen=True), AskConsent(_SCOPES)),
        (_SELECT, _STRANGER, replace(_with(_WEB), consented=_SCOPES, has_just_consented=True), Respond()),
        (_SELECT, _PARTY, _with(_FRESH), Respond()),
        (_SELECT, _PARTY, replace(_with(_IN_APP), opens_in_app=True), Respond()),
        (_SELECT, _ONLY_IN_APP, _with(_IN_APP), Respond()),
        (_SELECT, _PARTY, replace(_with(_WEB), refusal=Reason.DENIED), ChooseAccount()),
    ],
)
def test_select_account_asks_once_who_it_is_where_it_may_be_another(
    request_: AuthorizationRequest, party: RelyingParty, settled: Settled, step: PartyStep
) -> None:
    assert next_party_step(request_, party, settled, _NOW) == step


_IN_WECOM = replace(_NOBODY, opens_in_app=True)


@pytest.mark.parametrize(
    ("acr_values", "party", "settled", "step"),
    [
        (("urn:gongpai:wecom:web",), _PARTY, _IN_WECOM, LogIn(via=Via.WEB)),
        (("urn:other", "urn:gongpai:wecom:qr"), _PARTY, _NOBODY, LogIn(via=Via.WEB)),
        (("urn:gongpai:wecom:in_app", "urn:gongpai:wecom:web"), _PARTY, _IN_WECOM, LogIn(via=Via.IN_APP)),
        (("urn:gongpai:wecom:in_app",), _PARTY, _NOBODY, LogIn()),
        (("urn:other",), _PARTY, _NOBODY, LogIn()),
        (("urn:gongpai:wecom:web",), _ONLY_IN_APP, _IN_WECOM, LogIn(via=Via.IN_APP)),
        (("urn:gongpai:wecom:web",), _PARTY, _with(_IN_APP), Respond()),
    ],
)
def test_a_way_asked_for_is_taken_where_the_policy_leaves_a_choice(
    acr_values: tuple[str, ...], party: RelyingParty, settled: Settled, step: PartyStep
) -> None:
    assert next_party_step(replace(_REQUEST, acr_values=acr_values), party, settled, _NOW) == step


_CONSENT = replace(_REQUEST, prompt=frozenset({"consent"}))
_AGREED = replace(_with(_WEB), consented=_SCOPES)


@pytest.mark.parametrize(
    ("request_", "party", "settled", "step"),
    [
        (_REQUEST, _PARTY, _with(_WEB), Respond()),
        (_REQUEST, _STRANGER, _with(_WEB), AskConsent(_SCOPES)),
        (_REQUEST, _STRANGER, _AGREED, Respond()),
        (_REQUEST, _STRANGER, replace(_AGREED, consented=frozenset({"openid"})), AskConsent(_SCOPES)),
        (_CONSENT, _PARTY, _with(_WEB), AskConsent(_SCOPES)),
        (_CONSENT, _STRANGER, _AGREED, AskConsent(_SCOPES)),
        (_CONSENT, _STRANGER, replace(_AGREED, has_just_consented=True), Respond()),
        (_REQUEST, _PARTY, replace(_AGREED, refusal=Reason.DENIED), TurnAway(Reason.DENIED)),
    ],
)
def test_policy_comes_before_consent_and_consent_before_the_answer(
    request_: AuthorizationRequest, party: RelyingParty, settled: Settled, step: PartyStep
) -> None:
    assert next_party_step(request_, party, settled, _NOW) == step


_BOTH = replace(_REQUEST, prompt=frozenset({"consent", "select_account"}))


@pytest.mark.parametrize(
    ("request_", "step"),
    [
        (replace(_CONSENT, agreed_by="s"), Respond()),
        (replace(_CONSENT, agreed_by="another"), AskConsent(_SCOPES)),
        (replace(_SELECT, agreed_by="s"), Respond()),
        (replace(_SELECT, agreed_by="another"), ChooseAccount()),
        (replace(_BOTH, agreed_by="s"), Respond()),
        (replace(_BOTH, agreed_by="another"), ChooseAccount()),
        (replace(_LOGIN, agreed_by="s"), _CONFIRM),
    ],
)
def test_who_answered_our_pages_is_asked_no_more_and_answers_for_nobody_else(
    request_: AuthorizationRequest, step: PartyStep
) -> None:
    assert next_party_step(request_, _STRANGER, _AGREED, _NOW) == step


def test_single_claims_ask_for_the_scopes_that_the_party_may_have() -> None:
    claims = '{"userinfo":["email","phone_number"],"id_token":[]}'
    party = replace(_STRANGER, scopes=frozenset({"openid", "profile", "email"}))
    step = next_party_step(replace(_REQUEST, claims=claims), party, _AGREED, _NOW)
    assert step == AskConsent(_SCOPES | {"email"})


@pytest.mark.parametrize(
    ("party", "settled", "step"),
    [
        (_PARTY, _NOBODY, _LOGIN_REQUIRED),
        (_PARTY, _AGREED, Respond()),
        (_STRANGER, _with(_WEB), Refuse(ErrorCode.CONSENT_REQUIRED)),
        (_PARTY, replace(_AGREED, refusal=Reason.NOT_ALLOWED), Refuse(ErrorCode.ACCESS_DENIED)),
    ],
)
def test_prompt_none_shows_the_person_nothing(party: RelyingParty, settled: Settled, step: PartyStep) -> None:
    # Attacks 30 and 34.
    request = replace(_REQUEST, prompt=frozenset({"none"}))
    assert next_party_step(request, party, settled, _NOW) == step


_PHONE = Lacking(("mobile",))
_LEFT = Lacking(("mobile",), was_asked=True)


@pytest.mark.parametrize(
    ("session", "lacking", "step"),
    [
        (_IN_APP, _PHONE, AskInWeCom(("mobile",))),
        (_IN_APP, _LEFT, AskAgain(("mobile",))),
        (_WEB, _PHONE, ContinueInWeCom(("mobile",))),
        (_WEB, _LEFT, ContinueInWeCom(("mobile",))),
        (_IN_APP, Lacking(), Respond()),
    ],
)
def test_what_only_wecom_hands_over_is_asked_for_last_and_where_the_session_came_in(
    session: Session, lacking: Lacking, step: PartyStep
) -> None:
    settled = replace(_with(session), lacking=lacking)
    assert next_party_step(_REQUEST, _PARTY, settled, _NOW) == step
    assert next_party_step(_REQUEST, _STRANGER, settled, _NOW) == AskConsent(_SCOPES)
    silent = replace(_REQUEST, prompt=frozenset({"none"}))
    assert next_party_step(silent, _PARTY, settled, _NOW) == Respond()
