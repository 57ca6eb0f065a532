"""Client authentication: one proof, read strictly, compared without telling anything."""

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongpai.gateway.oidc.client_assertion import ASSERTION_TYPE
from gongpai.gateway.oidc.client_auth import (
    AssertionPresented,
    NothingPresented,
    Presented,
    SecretPresented,
    check_credentials,
    hash_secret,
    read_credentials,
)
from gongpai.gateway.oidc.errors import ErrorCode, InvalidClientError, OAuthError, RequestError
from gongpai.gateway.oidc.jose import generate_key, private_key, sign
from gongpai.gateway.oidc.parameters import Parameters, read_parameters
from gongpai.gateway.records_provider import AuthMethod, RelyingParty, SecretHash, SigningAlg

_NOW = datetime(2026, 11, 22, tzinfo=UTC)
_OLD, _NEW = (SecretHash(hash_secret(secret), _NOW) for secret in ("old secret", "new secret"))
_PARTY = RelyingParty("wiki", "Wiki", secret_hashes=(_NEW, _OLD))
_PUBLIC = RelyingParty("cli", "CLI", auth_method=AuthMethod.NONE)
_AUDIENCES = frozenset({"https://sso.example.com"})
_ASSERTION = sign(private_key(generate_key(SigningAlg.ES256)), "JWT", {"sub": "wiki"})


def _basic(name: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()


def _form(**fields: str) -> Parameters:
    return read_parameters(urlencode(fields).encode())


def _check(presented: Presented, party: RelyingParty | None) -> None:
    assert check_credentials(presented, party, _AUDIENCES, _NOW) is None


@pytest.mark.parametrize("quoting", [quote, quote_plus])
@pytest.mark.parametrize("secret", ["s3cret", "a b+c%d:e&f=g", "李四"])
def test_basic_is_decoded_as_it_was_encoded(quoting: Callable[[str], str], secret: str) -> None:
    # Attack 65.
    header = _basic(quoting("we:b"), quoting(secret))
    assert read_credentials([header], _form()) == SecretPresented("we:b", secret)


def test_basic_of_those_who_do_not_encode_works_for_secrets_of_ours() -> None:
    secret = "aB3_-" * 8
    assert read_credentials([_basic("wiki", secret).replace("Basic", "basic")], _form()) == SecretPresented(
        "wiki", secret
    )


@pytest.mark.parametrize("secret", ["aB3+/c9==", "50%25 of + it", "100%"])
def test_basic_of_those_who_do_not_encode_works_for_every_secret(secret: str) -> None:
    party = replace(_PARTY, secret_hashes=(_NEW, SecretHash(hash_secret(secret), _NOW)))
    for header in (_basic("wiki", secret), _basic("wiki", quote_plus(secret))):
        _check(read_credentials([header], _form()), party)
    with pytest.raises(InvalidClientError):
        _check(read_credentials([_basic("wiki", f"{secret} ")], _form()), party)


def test_a_client_id_beside_basic_may_repeat_it() -> None:
    assert read_credentials([_basic("wiki", "x")], _form(client_id="wiki")) == SecretPresented("wiki", "x")


def test_a_secret_may_come_in_the_body() -> None:
    assert read_credentials([], _form(client_id="wiki", client_secret="x")) == SecretPresented("wiki", "x")


def test_a_party_may_come_without_a_proof() -> None:
    assert read_credentials([], _form(client_id="cli")) == NothingPresented("cli")


@pytest.mark.parametrize("client_id", [{}, {"client_id": "wiki"}])
def test_a_party_may_bring_an_assertion(client_id: dict[str, str]) -> None:
    sent = _form(client_assertion=_ASSERTION, client_assertion_type=ASSERTION_TYPE, **client_id)
    assert read_credentials([], sent) == AssertionPresented("wiki", _ASSERTION)


@pytest.mark.parametrize(
    ("headers", "sent"),
    [
        # Attack 64.
        ([_basic("wiki", "x")], _form(client_id="wiki", client_secret="x")),
        ([_basic("wiki", "x")], _form(client_assertion=_ASSERTION, client_assertion_type=ASSERTION_TYPE)),
        ([_basic("wiki", "x")], _form(client_assertion_type=ASSERTION_TYPE)),
        ([], _form(client_secret="x", client_assertion=_ASSERTION, client_assertion_type=ASSERTION_TYPE)),
        ([_basic("wiki", "x")], _form(client_id="other")),
        # Attacks 69 and 88.
        ([_basic("wiki", "x"), _basic("wiki", "x")], _form()),
        ([], read_parameters(b"client_id=a&client_id=a")),
        ([], read_parameters(b"client_id=a&client_secret=a&client_secret=a")),
        ([], read_parameters(b"client_assertion=a&client_assertion=a")),
    ],
)
def test_two_proofs_are_none(headers: list[str], sent: Parameters) -> None:
    with pytest.raises(RequestError) as refused:
        read_credentials(headers, sent)
    assert (refused.value.error, refused.value.status) == (ErrorCode.INVALID_REQUEST, 400)


@pytest.mark.parametrize(
    ("headers", "sent"),
    [
        # Attack 65.
        (["Basic !!!"], _form()),
        (["Basic"], _form()),
        (["Basic "], _form()),
        (["Bearer abc"], _form()),
        ([""], _form()),
        (["Basic " + base64.b64encode(b"wiki").decode()], _form()),
        (["Basic " + base64.b64encode(b":x").decode()], _form()),
        (["Basic " + base64.b64encode(b"wiki:").decode()], _form()),
        (["Basic " + base64.b64encode(b"wiki:%ff").decode()], _form()),
        (["Basic " + base64.b64encode(b"wiki:\xff").decode()], _form()),
        (["Basic " + base64.b64encode(b"wiki:%00").decode()], _form()),
        ([_basic("x" * 256, "x")], _form()),
        ([_basic("wiki", "x" * 513)], _form()),
        (["Basic " + "A" * 5000], _form()),
        ([], _form()),
        ([], _form(client_secret="x")),
        ([], _form(client_id="x" * 256)),
        ([], _form(client_id="wiki", client_secret="x" * 513)),
        ([], _form(client_assertion=_ASSERTION)),
        ([], _form(client_assertion_type=ASSERTION_TYPE)),
        ([], _form(client_assertion=_ASSERTION, client_assertion_type="password")),
        ([], _form(client_assertion="a.b.c", client_assertion_type=ASSERTION_TYPE)),
        ([], _form(client_assertion=_ASSERTION, client_assertion_type=ASSERTION_TYPE, client_id="other")),
    ],
)
def test_a_proof_that_cannot_be_read_is_none(headers: list[str], sent: Parameters) -> None:
    with pytest.raises(InvalidClientError) as refused:
        read_credentials(headers, sent)
    assert refused.value.status == 401


def test_a_proof_stays_out_of_the_log() -> None:
    assert "s3cret" not in repr(SecretPresented("wiki", "s3cret"))
    assert _ASSERTION not in repr(AssertionPresented("wiki", _ASSERTION))


@pytest.mark.parametrize("secret", ["old secret", "new secret"])
def test_two_secrets_may_be_alive(secret: str) -> None:
    _check(SecretPresented("wiki", secret), _PARTY)


def test_a_public_party_needs_no_proof() -> None:
    _check(NothingPresented("cli"), _PUBLIC)


@pytest.mark.parametrize(
    ("presented", "party"),
    [
        (SecretPresented("wiki", "wrong"), _PARTY),
        (SecretPresented("wiki", "new secret"), None),
        (SecretPresented("wiki", "new secret"), replace(_PARTY, disabled_at=_NOW)),
        (SecretPresented("wiki", "new secret"), replace(_PARTY, secret_hashes=())),
        # Attack 66: what the store holds opens nothing.
        (SecretPresented("wiki", _NEW.hash), _PARTY),
        # Attack 67.
        (SecretPresented("cli", "x"), _PUBLIC),
        (NothingPresented("wiki"), _PARTY),
        (NothingPresented("nobody"), None),
        (AssertionPresented("wiki", _ASSERTION), _PARTY),
        (SecretPresented("wiki", "new secret"), replace(_PARTY, auth_method=AuthMethod.PRIVATE_KEY_JWT)),
    ],
)
def test_a_proof_of_another_party_or_kind_is_none(presented: Presented, party: RelyingParty | None) -> None:
    with pytest.raises(InvalidClientError):
        check_credentials(presented, party, _AUDIENCES, _NOW)


@given(st.text(max_size=80), st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=40))
def test_any_proof_is_read_or_refused(header: str, client_id: str, secret: str) -> None:
    for headers in ([], [header], [f"Basic {header}"]):
        try:
            presented = read_credentials(headers, Parameters({"client_id": client_id, "client_secret": secret}))
        except OAuthError:
            continue
        assert presented.client_id
