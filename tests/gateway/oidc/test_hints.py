"""ID tokens that come back as hints."""

import pytest

from gongpai.gateway.oidc.hints import Hint, read_hint
from gongpai.gateway.oidc.jose import Claims, generate_key, private_key, public_jwk, public_keys, sign
from gongpai.gateway.records_provider import SigningAlg

_ISSUER = "https://sso.example.com"
_JWK = generate_key(SigningAlg.ES256)
_KEYS = public_keys({"keys": [public_jwk(_JWK)]})
# It expired long ago, which does not matter.
_GOOD: Claims = {"iss": _ISSUER, "aud": "wiki", "sub": "s", "sid": "sid", "exp": 1}


def _signed(changed: Claims, typ: str = "JWT", jwk: Claims = _JWK) -> str:
    return sign(private_key(jwk), typ, {**_GOOD, **changed})


def test_an_id_token_of_ours_tells_whom_it_was_about() -> None:
    assert read_hint(_signed({}), _KEYS, _ISSUER) == Hint("wiki", "s", "sid")


def test_a_session_is_named_or_not() -> None:
    assert read_hint(_signed({"sid": None}), _KEYS, _ISSUER) == Hint("wiki", "s", None)


@pytest.mark.parametrize(
    "token",
    [
        # Attack 93.
        _signed({})[:-4] + "AAAA",
        _signed({}, jwk=generate_key(SigningAlg.ES256)),
        _signed({"iss": "https://other.example"}),
        _signed({"aud": ["wiki"]}),
        _signed({"sub": 7}),
        # T22: other kinds of ours.
        _signed({}, "at+jwt"),
        _signed({}, "logout+jwt"),
        "",
        "nothing",
    ],
)
def test_anything_else_tells_nothing(token: str) -> None:
    assert read_hint(token, _KEYS, _ISSUER) is None
