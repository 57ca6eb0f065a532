"""T22: each kind of JWT that we sign has its own typ, and none is taken for another; a client_id is no URL."""

import pytest

from gongpai.gateway.config.values import is_name
from gongpai.gateway.gate import assertion
from gongpai.gateway.oidc import access_token, id_token, logout_token
from gongpai.gateway.oidc.hints import read_hint
from gongpai.gateway.oidc.jose import generate_key, private_key, public_jwk, public_keys, sign
from gongpai.gateway.records_provider import SigningAlg

_ISSUER = "https://sso.example.com"
_JWK = generate_key(SigningAlg.ES256)
_KEYS = public_keys({"keys": [public_jwk(_JWK)]})


def _hint(typ: str) -> object:
    claims = {"iss": _ISSUER, "aud": "wiki", "sub": "s", "sid": "sid"}
    return read_hint(sign(private_key(_JWK), typ, claims), _KEYS, _ISSUER)


def test_the_kinds_have_names_of_their_own() -> None:
    assert len({id_token.TYP, access_token.TYP, logout_token.TYP, assertion.TYP}) == 4


@pytest.mark.parametrize("typ", [access_token.TYP, logout_token.TYP, assertion.TYP, "unknown+jwt", ""])
def test_another_kind_is_no_id_token_though_its_claims_would_do(typ: str) -> None:
    assert _hint(id_token.TYP) is not None
    assert _hint(typ) is None


@pytest.mark.parametrize("client_id", ["https://wiki.example", "http://wiki.example/cb", "wiki.example/cb"])
def test_a_client_id_that_looks_like_an_address_is_refused(client_id: str) -> None:
    assert not is_name(client_id)
