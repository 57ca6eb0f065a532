"""Signing and verifying: our keys, our algorithms, nothing from inside the token."""

import base64
import hashlib
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OctKey, RSAKey

from gongpai.gateway.oidc.jose import (
    PARTY_ALGS,
    TOKEN_LIMIT,
    Claims,
    PublicKey,
    TokenError,
    generate_key,
    parse_object,
    private_key,
    public_jwk,
    public_keys,
    sign,
    unverified_claims,
    verify,
)
from gongpai.gateway.records_provider import SigningAlg

_JWKS = {alg: generate_key(alg) for alg in SigningAlg}
_EC = _JWKS[SigningAlg.ES256]
_PUBLIC = public_keys({"keys": [public_jwk(jwk) for jwk in _JWKS.values()]})
_TOKEN = sign(private_key(_EC), "JWT", {"sub": "李四"})


def _part(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _with_header(header: Claims) -> str:
    _, payload, signature = _TOKEN.split(".")
    return f"{_part({'alg': 'ES256', 'typ': 'JWT', **header})}.{payload}.{signature}"


@pytest.mark.parametrize("alg", SigningAlg)
def test_what_is_signed_verifies_and_says_its_kind(alg: SigningAlg) -> None:
    # Attack 80: the kid is there.
    token = sign(private_key(_JWKS[alg]), "at+jwt", {"sub": "李四"})
    verified = verify(token, _PUBLIC, tuple(SigningAlg))
    assert (verified.typ, verified.claims) == ("at+jwt", {"sub": "李四"})
    header = parse_object(base64.urlsafe_b64decode(token.split(".")[0] + "=="))
    assert header == {"alg": alg.value, "typ": "at+jwt", "kid": _JWKS[alg]["kid"]}


@pytest.mark.parametrize("alg", SigningAlg)
def test_what_is_published_is_public(alg: SigningAlg) -> None:
    assert not public_jwk(_JWKS[alg]).keys() & {"d", "p", "q", "dp", "dq", "qi", "k"}
    assert {"kid", "alg", "use", "kty"} <= public_jwk(_JWKS[alg]).keys()


def test_no_key_is_shown() -> None:
    assert str(_EC["d"]) not in repr(private_key(_EC))


def test_a_token_of_another_key_is_refused() -> None:
    with pytest.raises(TokenError):
        verify(sign(private_key(generate_key(SigningAlg.ES256)), "JWT", {}), _PUBLIC, PARTY_ALGS)


def test_a_token_that_names_a_key_is_verified_with_that_one_alone() -> None:
    misnamed = sign(private_key({**_EC, "kid": "a key that there is not"}), "JWT", {"sub": "李四"})
    with pytest.raises(TokenError):
        verify(misnamed, _PUBLIC, ("ES256",))


def test_an_altered_token_is_refused() -> None:
    header, payload, signature = _TOKEN.split(".")
    for altered in (f"{header}.{_part({'sub': 'zhangsan'})}.{signature}", f"{header}.{payload}.{signature[:-4]}AAAA"):
        with pytest.raises(TokenError):
            verify(altered, _PUBLIC, PARTY_ALGS)


def test_an_algorithm_that_is_not_asked_for_is_refused() -> None:
    with pytest.raises(TokenError):
        verify(_TOKEN, _PUBLIC, ["RS256"])


def test_a_key_serves_its_own_algorithm_only() -> None:
    # RS256 by the letters of the key set, PS256 by those of the token.
    jwk = {**public_jwk(_JWKS[SigningAlg.RS256]), "alg": "PS256"}
    with pytest.raises(TokenError):
        verify(sign(private_key(_JWKS[SigningAlg.RS256]), "JWT", {}), public_keys({"keys": [jwk]}), PARTY_ALGS)


def test_a_key_of_the_wrong_kind_verifies_nothing() -> None:
    keys = [PublicKey(None, None, each.key) for each in _PUBLIC if each.alg != "ES256"]
    p384 = ECKey.generate_key("P-384")
    with pytest.raises(TokenError):
        verify(_TOKEN, [*keys, PublicKey(None, None, p384)], PARTY_ALGS)


def test_a_key_without_a_name_or_an_algorithm_may_verify() -> None:
    bare = {name: value for name, value in public_jwk(_EC).items() if name not in {"kid", "alg", "use"}}
    assert verify(_TOKEN, public_keys({"keys": [bare]}), PARTY_ALGS).claims == {"sub": "李四"}


def test_a_public_key_is_nobodys_secret() -> None:
    # Attack 68: HS256 with the public key.
    pem = _PUBLIC[0].key.as_pem(private=False) if isinstance(_PUBLIC[0].key, RSAKey) else b""
    signing_input = f"{_part({'alg': 'HS256'})}.{_part({'sub': 'x'})}"
    mac = hmac.new(pem, signing_input.encode(), hashlib.sha256).digest()
    with pytest.raises(TokenError):
        verify(f"{signing_input}.{_part(mac)}", _PUBLIC, PARTY_ALGS)


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a",
        "a.b",
        # Attack 80: never unsigned.
        f"{_part({'alg': 'none'})}.{_part({})}.",
        f"{_part({'alg': 'none'})}.{_part({})}.AA",
        f"{_part({'alg': None})}.{_part({})}.AA",
        f"{_part({})}.{_part({})}.AA",
        f"{_part([])}.{_part({})}.AA",
        f"{_part(b'{')}.{_part({})}.AA",
        f"{_part(bytes([255]))}.{_part({})}.AA",
        f"A.{_part({})}.AA",
        # Attack 82: never looked at, so what they signed counts for nothing.
        _with_header({"jwk": public_jwk(generate_key(SigningAlg.ES256))}),
        _with_header({"jku": "https://evil.com/jwks"}),
        _with_header({"x5u": "https://evil.com/x5u"}),
        _with_header({"x5c": ["AA"]}),
        # Attack 83.
        _with_header({"kid": "../../../dev/null"}),
        _with_header({"kid": "' OR 1=1 --"}),
        _with_header({"kid": "k" * 10_000}),
        _with_header({"kid": "k" * 200}),
        _with_header({"kid": 7}),
        # Attack 85.
        "a.b.c.d.e",
        _with_header({"zip": "DEF"}),
        _with_header({"enc": "A256GCM"}),
        _with_header({"crit": ["b64"], "b64": False}),
        _TOKEN + "A" * TOKEN_LIMIT,
        _TOKEN + "\n",
        _TOKEN + "=",
        _TOKEN.replace(".", ". ", 1),
    ],
)
def test_what_is_no_token_of_ours_is_refused(token: str) -> None:
    with pytest.raises(TokenError):
        verify(token, _PUBLIC, PARTY_ALGS)


def test_a_kind_that_is_no_text_is_no_kind() -> None:
    verified = verify(sign(private_key(_EC), "JWT", {}), _PUBLIC, PARTY_ALGS)
    assert verified.typ == "JWT"
    bare = _sign_raw({"alg": "ES256"}, b"{}")
    assert verify(bare, _PUBLIC, PARTY_ALGS).typ is None


def _sign_raw(header: Claims, payload: bytes) -> str:
    signing_input = f"{_part(header)}.{_part(payload)}"
    return f"{signing_input}.{_part(private_key(_EC).sign(signing_input.encode()))}"


@pytest.mark.parametrize(
    "payload",
    [
        b"[]",
        b"{",
        b'{"exp":1,"exp":2}',
        b'{"exp":1e400}',
        b'{"exp":NaN}',
        b"\xff",
        b'{"sub":"\\ud800"}',
        b'{"\\uDFFF":1}',
        b'{"sub":"\xed\xa0\x80"}',
        '{"exp":1}'.encode("utf-16"),
    ],
)
def test_claims_that_readers_would_read_differently_are_refused(payload: bytes) -> None:
    # Attack 86, by the right key.
    with pytest.raises(TokenError):
        verify(_sign_raw({"alg": "ES256"}, payload), _PUBLIC, PARTY_ALGS)


def test_what_a_token_says_of_itself_can_be_read_before_its_keys_are_known() -> None:
    assert unverified_claims(_TOKEN) == {"sub": "李四"}


def test_an_escaped_letter_is_read_if_it_is_whole() -> None:
    assert parse_object(rb'{"sub":"\u674e\ud83d\ude00"}') == {"sub": "李😀"}


def test_numbers_are_read_as_they_are() -> None:
    assert parse_object(b'{"a":1.5,"b":2}') == {"a": 1.5, "b": 2}


@pytest.mark.parametrize(
    "jwk",
    [
        "nothing",
        {},
        {"kty": "oct", "k": "AAAA"},
        {"kty": "EC", "crv": "P-256"},
        {"kty": "EC", "crv": "P-256", "x": "!", "y": "!"},
        {"kty": "EC", "crv": "P-257", "x": "AA", "y": "AA"},
        {"kty": "RSA", "n": "AQAB", "e": "AQAB"},
        {**public_jwk(_EC), "use": "enc"},
        {**public_jwk(_EC), "x": 7},
        {**public_jwk(_EC), "kid": 7},
    ],
)
def test_a_key_that_cannot_verify_is_passed_over(jwk: object) -> None:
    (kept,) = public_keys({"keys": [jwk, public_jwk(_EC)]})
    assert kept.kid == _EC["kid"]


@pytest.mark.parametrize("jwk_set", [{}, {"keys": None}, {"keys": {}}])
def test_a_set_without_keys_has_none(jwk_set: Claims) -> None:
    assert public_keys(jwk_set) == ()


def test_a_shared_secret_is_no_key() -> None:
    assert public_keys({"keys": [OctKey.generate_key(256).as_dict()]}) == ()


@given(st.text(max_size=200))
def test_any_text_is_refused(token: str) -> None:
    with pytest.raises(TokenError):
        verify(token, _PUBLIC, PARTY_ALGS)


@given(st.binary(max_size=100))
def test_any_bytes_are_an_object_or_refused(raw: bytes) -> None:
    try:
        parsed = parse_object(raw)
    except ValueError:
        return
    assert isinstance(parsed, dict)
