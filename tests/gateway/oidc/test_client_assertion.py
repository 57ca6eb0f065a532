"""private_key_jwt: the party's own, for us alone, of now, once (attack 68)."""

from datetime import UTC, datetime, timedelta

import pytest

from gongpai.gateway.oidc.client_assertion import Assertion, check_assertion, claimed_client_id
from gongpai.gateway.oidc.client_auth import AssertionPresented, check_credentials
from gongpai.gateway.oidc.errors import InvalidClientError
from gongpai.gateway.oidc.jose import Claims, generate_key, private_key, public_jwk, sign
from gongpai.gateway.records_provider import AuthMethod, RelyingParty, SigningAlg

_NOW = datetime(2026, 11, 22, tzinfo=UTC)
_SECONDS = int(_NOW.timestamp())
_JWK = generate_key(SigningAlg.ES256)
_PARTY = RelyingParty("wiki", "Wiki", AuthMethod.PRIVATE_KEY_JWT, jwks={"keys": [public_jwk(_JWK)]})
_ISSUER = "https://sso.example.com"
_AUDIENCES = frozenset({_ISSUER, f"{_ISSUER}/token"})
_GOOD: Claims = {"iss": "wiki", "sub": "wiki", "aud": _ISSUER, "jti": "j1", "exp": _SECONDS + 60, "iat": _SECONDS}


def _signed(changed: Claims, jwk: Claims = _JWK) -> str:
    claims = {name: value for name, value in {**_GOOD, **changed}.items() if value is not None}
    return sign(private_key(jwk), "JWT", claims)


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"aud": f"{_ISSUER}/token"},
        {"aud": [_ISSUER]},
        {"aud": [_ISSUER, f"{_ISSUER}/token"]},
        {"iat": None},
        {"iat": _SECONDS + 30, "nbf": _SECONDS + 30},
    ],
)
def test_a_good_assertion_must_be_seen_only_once(changed: Claims) -> None:
    expected = Assertion("j1", _NOW + timedelta(seconds=120))
    presented = AssertionPresented("wiki", _signed(changed))
    assert check_credentials(presented, _PARTY, _AUDIENCES, _NOW) == expected


@pytest.mark.parametrize("exp", [_SECONDS - 59, _SECONDS + 660])
def test_clocks_may_differ_by_a_minute(exp: int) -> None:
    assert check_assertion(_signed({"exp": exp}), _PARTY, _AUDIENCES, _NOW).jti == "j1"


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": None},
        {"iss": "other"},
        {"sub": None},
        {"sub": "other"},
        {"aud": None},
        {"aud": "https://other.example"},
        {"aud": f"{_ISSUER}/"},
        {"aud": []},
        {"aud": [_ISSUER, "https://other.example"]},
        {"aud": [7]},
        {"aud": {"a": 1}},
        {"exp": None},
        {"exp": _SECONDS - 60},
        {"exp": _SECONDS - 300},
        {"exp": _SECONDS + 661},
        {"exp": _SECONDS + 10**9},
        # Attack 86.
        {"exp": str(_SECONDS + 60)},
        {"exp": _SECONDS + 60.5},
        {"exp": True},
        {"exp": -1},
        {"exp": 2**70},
        {"nbf": _SECONDS + 61},
        {"iat": _SECONDS + 61},
        {"iat": "now"},
        {"iat": True},
        {"jti": None},
        {"jti": ""},
        {"jti": 7},
        {"jti": "j" * 256},
    ],
)
def test_an_assertion_that_is_not_all_right_is_refused(changed: Claims) -> None:
    with pytest.raises(InvalidClientError):
        check_assertion(_signed(changed), _PARTY, _AUDIENCES, _NOW)


def test_an_assertion_of_another_key_is_refused() -> None:
    with pytest.raises(InvalidClientError):
        check_assertion(_signed({}, generate_key(SigningAlg.ES256)), _PARTY, _AUDIENCES, _NOW)


def test_a_party_without_keys_signs_nothing() -> None:
    with pytest.raises(InvalidClientError):
        check_assertion(_signed({}), RelyingParty("wiki", "Wiki", AuthMethod.PRIVATE_KEY_JWT), _AUDIENCES, _NOW)


def test_the_party_is_looked_up_by_what_the_assertion_claims() -> None:
    assert claimed_client_id(_signed({})) == "wiki"


@pytest.mark.parametrize("assertion", ["a.b.c", _signed({"sub": None}), _signed({"sub": 7})])
def test_an_assertion_that_claims_nobody_is_refused(assertion: str) -> None:
    with pytest.raises(InvalidClientError):
        claimed_client_id(assertion)
