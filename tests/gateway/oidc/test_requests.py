"""Authorization requests: each check alone, and all of them on hostile input."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongpai.gateway.oidc.errors import AuthorizationError, ErrorCode, InvalidPartyError
from gongpai.gateway.oidc.parameters import Parameters, read_parameters
from gongpai.gateway.oidc.requests import (
    CHECKS,
    Asked,
    find_client_id,
    find_response_mode,
    find_state,
    read_request,
    require_party,
    require_redirect_uri,
)
from gongpai.gateway.records_provider import AuthMethod, GrantType, RelyingParty, ResponseMode

_CB = "https://wiki.example.com/cb"
_CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
_PARTY = RelyingParty("wiki", "Wiki", redirect_uris=(_CB,), scopes=frozenset({"openid", "profile", "email"}))
_LAX = replace(_PARTY, requires_pkce=False)
_GOOD = {
    "client_id": "wiki",
    "redirect_uri": _CB,
    "response_type": "code",
    "scope": "openid profile",
    "code_challenge": _CHALLENGE,
    "code_challenge_method": "S256",
}


def _sent(**changed: str | None) -> Parameters:
    values = {name: value for name, value in {**_GOOD, **changed}.items() if value is not None}
    return read_parameters(urlencode(values).encode())


def _refused(parameters: Parameters, party: RelyingParty = _PARTY) -> ErrorCode:
    with pytest.raises(AuthorizationError) as refused:
        read_request(parameters, party)
    return refused.value.error


def test_a_good_request_is_read_whole() -> None:
    parameters = _sent(
        state="s" * 384,
        nonce="n" * 2048,
        prompt="login consent",
        max_age="300",
        acr_values="wecom:web wecom:in_app",
        login_hint="lisi",
        id_token_hint="a.b.c",
        ui_locales="zh-CN en",
        claims='{"userinfo":{"email":null}}',
    )
    # Attack 39: the nonce is kept whole.
    assert read_request(parameters, _PARTY) == Asked(
        client_id="wiki",
        redirect_uri=_CB,
        scopes=frozenset({"openid", "profile"}),
        state="s" * 384,
        nonce="n" * 2048,
        code_challenge=_CHALLENGE,
        prompt=frozenset({"login", "consent"}),
        max_age=timedelta(seconds=300),
        acr_values=("wecom:web", "wecom:in_app"),
        login_hint="lisi",
        id_token_hint="a.b.c",
        ui_locales=("zh-CN", "en"),
        claims='{"userinfo":["email"],"id_token":[]}',
        response_mode=ResponseMode.QUERY,
    )


@pytest.mark.parametrize(
    ("query", "mode"),
    [
        (b"", ResponseMode.QUERY),
        (b"response_mode=query&redirect_uri=https://a.example/", ResponseMode.QUERY),
        (b"response_mode=form_post&redirect_uri=https://a.example/", ResponseMode.FORM_POST),
        (b"response_mode=form_post&redirect_uri=http://127.0.0.1/", ResponseMode.FORM_POST),
        (b"response_mode=form_post&response_mode=form_post&redirect_uri=https://a.example/", ResponseMode.QUERY),
        (b"response_mode=fragment&redirect_uri=https://a.example/", ResponseMode.QUERY),
        # Nothing is ever posted to what is no web page.
        (b"response_mode=form_post", ResponseMode.QUERY),
        (b"response_mode=form_post&redirect_uri=com.example:/cb", ResponseMode.QUERY),
        (b"response_mode=form_post&redirect_uri=javascript:alert(1)", ResponseMode.QUERY),
        (b"response_mode=form_post&redirect_uri=data:text/html,x", ResponseMode.QUERY),
    ],
)
def test_an_answer_goes_by_a_form_only_if_that_is_asked_for_and_possible(query: bytes, mode: ResponseMode) -> None:
    assert find_response_mode(read_parameters(query)) is mode


def test_the_mode_of_the_answer_is_read() -> None:
    assert read_request(_sent(response_mode="form_post"), _PARTY).response_mode is ResponseMode.FORM_POST


def test_a_program_with_a_scheme_of_its_own_is_not_answered_by_a_form() -> None:
    native = replace(_PARTY, redirect_uris=("com.example:/cb",))
    sent = _sent(redirect_uri="com.example:/cb", response_mode="form_post")
    assert _refused(sent, native) is ErrorCode.INVALID_REQUEST


def test_what_is_not_asked_is_none() -> None:
    asked = read_request(_sent(code_challenge=None, code_challenge_method=None), _LAX)
    assert (asked.state, asked.nonce, asked.code_challenge, asked.max_age, asked.claims) == (None,) * 5
    assert (asked.prompt, asked.acr_values, asked.ui_locales) == (frozenset(), (), ())


@pytest.mark.parametrize("query", [b"", b"client_id=", b"client_id=a&client_id=a"])
def test_without_one_client_id_nothing_is_redirected(query: bytes) -> None:
    # Attacks 2 and 17.
    with pytest.raises(InvalidPartyError):
        find_client_id(read_parameters(query))


@pytest.mark.parametrize("client_id", ["x" * 256, "wi\x00ki", "wi\r\nki", "维基"])
def test_a_client_id_that_cannot_be_one_is_not_looked_up(client_id: str) -> None:
    # Attack 1.
    with pytest.raises(InvalidPartyError):
        find_client_id(Parameters({"client_id": client_id}))


def test_a_client_id_is_found() -> None:
    assert find_client_id(_sent()) == "wiki"


@pytest.mark.parametrize("party", [None, replace(_PARTY, disabled_at=datetime(2026, 11, 22, tzinfo=UTC))])
def test_an_unknown_or_disabled_party_may_not_ask(party: RelyingParty | None) -> None:
    # Attack 1.
    with pytest.raises(InvalidPartyError) as refused:
        require_party(party)
    assert refused.value.error is ErrorCode.INVALID_CLIENT


@pytest.mark.parametrize("redirect_uri", [None, f"{_CB}?x=1", f"{_CB}/extra", "https://evil.com"])
@pytest.mark.parametrize("prompt", [None, "none"])
def test_a_redirect_uri_that_is_not_registered_is_never_used(redirect_uri: str | None, prompt: str | None) -> None:
    # Attacks 5, 6 and 18: whatever else is wrong.
    with pytest.raises(InvalidPartyError):
        read_request(_sent(redirect_uri=redirect_uri, prompt=prompt, response_type="token"), _PARTY)


def test_a_repeated_redirect_uri_is_never_used() -> None:
    # Attack 17.
    sent = read_parameters(urlencode([("redirect_uri", _CB)] * 2).encode())
    with pytest.raises(InvalidPartyError):
        require_redirect_uri(sent, _PARTY)


@pytest.mark.parametrize("name", ["state", "response_type", "scope", "nonce", "code_challenge", "prompt", "claims"])
def test_a_repeated_parameter_is_refused(name: str) -> None:
    # Attack 17.
    parameters = read_parameters(urlencode([*_GOOD.items(), (name, "a"), (name, "a")]).encode())
    assert _refused(parameters) is ErrorCode.INVALID_REQUEST


def test_an_unknown_parameter_may_come_twice() -> None:
    parameters = read_parameters(urlencode([*_GOOD.items(), ("resource", "a"), ("resource", "b")]).encode())
    assert read_request(parameters, _PARTY).client_id == "wiki"


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        # Attack 26.
        ({"code_challenge_method": "plain"}, ErrorCode.INVALID_REQUEST),
        ({"code_challenge_method": None}, ErrorCode.INVALID_REQUEST),
        ({"code_challenge_method": "s256"}, ErrorCode.INVALID_REQUEST),
        ({"code_challenge": None}, ErrorCode.INVALID_REQUEST),
        ({"code_challenge": "short"}, ErrorCode.INVALID_REQUEST),
        ({"code_challenge": None, "code_challenge_method": None}, ErrorCode.INVALID_REQUEST),
        # Attack 31.
        ({"prompt": "none login"}, ErrorCode.INVALID_REQUEST),
        ({"prompt": "none consent"}, ErrorCode.INVALID_REQUEST),
        ({"prompt": "create"}, ErrorCode.INVALID_REQUEST),
        # Attack 37, and unsigned request objects.
        ({"request_uri": "http://169.254.169.254/latest"}, ErrorCode.REQUEST_URI_NOT_SUPPORTED),
        ({"request_uri": "file:///etc/passwd"}, ErrorCode.REQUEST_URI_NOT_SUPPORTED),
        ({"request_uri": "gopher://localhost"}, ErrorCode.REQUEST_URI_NOT_SUPPORTED),
        ({"request": "eyJhbGciOiJub25lIn0.e30."}, ErrorCode.REQUEST_NOT_SUPPORTED),
        ({"registration": "{}"}, ErrorCode.REGISTRATION_NOT_SUPPORTED),
        ({"response_type": None}, ErrorCode.INVALID_REQUEST),
        ({"response_type": "token"}, ErrorCode.UNSUPPORTED_RESPONSE_TYPE),
        ({"response_type": "code id_token"}, ErrorCode.UNSUPPORTED_RESPONSE_TYPE),
        ({"response_type": "none"}, ErrorCode.UNSUPPORTED_RESPONSE_TYPE),
        ({"response_mode": "fragment"}, ErrorCode.INVALID_REQUEST),
        ({"response_mode": "FORM_POST"}, ErrorCode.INVALID_REQUEST),
        ({"response_mode": "form_post.jwt"}, ErrorCode.INVALID_REQUEST),
        # Attacks 24 and 25.
        ({"scope": None}, ErrorCode.INVALID_SCOPE),
        ({"scope": "profile"}, ErrorCode.INVALID_SCOPE),
        ({"scope": "openid\tprofile"}, ErrorCode.INVALID_SCOPE),
        ({"scope": "openid 部门"}, ErrorCode.INVALID_SCOPE),
        ({"scope": "openid phone"}, ErrorCode.INVALID_SCOPE),
        ({"max_age": "-1"}, ErrorCode.INVALID_REQUEST),
        ({"max_age": "1.5"}, ErrorCode.INVALID_REQUEST),
        ({"max_age": "٣"}, ErrorCode.INVALID_REQUEST),
        ({"max_age": "9" * 11}, ErrorCode.INVALID_REQUEST),
        ({"state": "s" * 4097}, ErrorCode.INVALID_REQUEST),
        ({"nonce": "n" * 2049}, ErrorCode.INVALID_REQUEST),
        ({"state": "a\x00b"}, ErrorCode.INVALID_REQUEST),
        ({"scope": "openid\nprofile"}, ErrorCode.INVALID_SCOPE),
        ({"nonce": "a\r\nb"}, ErrorCode.INVALID_REQUEST),
        ({"claims": "nothing"}, ErrorCode.INVALID_REQUEST),
        ({"claims": '{"userinfo":[]}'}, ErrorCode.INVALID_REQUEST),
    ],
)
def test_what_the_specification_rules_out_is_refused(changed: dict[str, str | None], error: ErrorCode) -> None:
    assert _refused(_sent(**changed)) is error


@pytest.mark.parametrize("name", ["request", "request_uri", "registration"])
def test_what_is_not_supported_is_refused_twice_as_well(name: str) -> None:
    parameters = read_parameters(urlencode([*_GOOD.items(), (name, "a"), (name, "a")]).encode())
    assert _refused(parameters) is ErrorCode(f"{name}_not_supported")


@pytest.mark.parametrize(
    "changed",
    [
        # Attack 32.
        {"prompt": "select_account"},
        {"prompt": "login select_account"},
        {"response_mode": "query"},
        {"max_age": "0"},
        # Attack 43.
        {"ui_locales": "x" * 5000},
        {"ui_locales": "\x00\x01"},
        {"display": "hologram"},
        {"claims_locales": "☃"},
        {"login_hint": "x" * 5000},
        {"acr_values": "\r\n"},
        {"foo": "bar"},
        {"state": "李四"},
    ],
)
def test_what_real_parties_send_beside_is_tolerated(changed: dict[str, str]) -> None:
    assert read_request(_sent(**changed), _PARTY).redirect_uri == _CB


def test_a_hint_that_is_garbage_is_ignored() -> None:
    asked = read_request(_sent(login_hint="a\nb", ui_locales="x" * 5000), _PARTY)
    assert (asked.login_hint, asked.ui_locales) == (None, ())


def test_a_public_party_always_needs_pkce() -> None:
    public = replace(_LAX, auth_method=AuthMethod.NONE)
    assert _refused(_sent(code_challenge=None, code_challenge_method=None), public) is ErrorCode.INVALID_REQUEST


def test_a_party_without_the_grant_may_not_ask() -> None:
    # Attack 71.
    device = replace(_PARTY, grant_types=frozenset({GrantType.DEVICE_CODE}))
    assert _refused(_sent(), device) is ErrorCode.UNAUTHORIZED_CLIENT


@pytest.mark.parametrize(
    ("state", "found"), [("s", "s"), (None, None), ("s" * 4097, None), ("a\nb", None), ("李", "李")]
)
def test_an_error_carries_the_state_back_unless_the_state_is_the_fault(state: str | None, found: str | None) -> None:
    assert find_state(_sent(state=state)) == found


def test_every_check_names_its_section() -> None:
    assert all(section.split()[-1][0].isalnum() and check.__name__.startswith("_") for section, check in CHECKS)
    assert len({check for _, check in CHECKS}) == len(CHECKS)


_NAMES = st.sampled_from(
    [*_GOOD, "state", "nonce", "prompt", "max_age", "claims", "request", "response_mode", "id_token_hint", "ui_locales"]
)


@given(st.lists(st.tuples(_NAMES, st.text(max_size=20)), max_size=8))
def test_no_request_leads_anywhere_but_to_a_registered_address(extra: list[tuple[str, str]]) -> None:
    pairs = [*_GOOD.items(), *((name, value.encode(errors="replace").decode()) for name, value in extra)]
    parameters = read_parameters(urlencode(pairs).encode())
    is_ours = parameters.get("redirect_uri") == _CB
    try:
        asked = read_request(parameters, _PARTY)
    except InvalidPartyError:
        assert not is_ours
    except AuthorizationError:
        assert is_ours
    else:
        assert is_ours
        assert asked.scopes <= _PARTY.scopes
