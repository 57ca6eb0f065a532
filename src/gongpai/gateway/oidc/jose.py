"""Signing and verifying: the only file here that knows joserfc.

Keys are those we were given, chosen by kid and fixed to one algorithm each; a key or an address inside a token is never
looked at. Sizes are checked before anything is decoded.
"""

import base64
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import cast

import msgspec
import pybase64
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwa import JWSAlgModel
from joserfc.jwk import DictKey, ECKey, Key, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from gongpai.gateway.records_provider import SigningAlg

TOKEN_LIMIT = 8192
_KID_LIMIT = 128
# What a party may sign its assertion with: asymmetric only, or our copy of its public key would be its secret.
PARTY_ALGS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
_KINDS: dict[str, type[RSAKey | ECKey | OKPKey]] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}
_GENERATE: dict[SigningAlg, Callable[[], Key]] = {
    SigningAlg.RS256: lambda: RSAKey.generate_key(2048),
    SigningAlg.ES256: lambda: ECKey.generate_key("P-256"),
    SigningAlg.EDDSA: lambda: OKPKey.generate_key("Ed25519"),
}
# A modulus of 2048 bits in base64url. Source: RFC 7518 3.3 asks for as many or more.
_RSA_DIGITS = 342
_SEGMENT = re.compile(r"[A-Za-z0-9_-]+")
Claims = dict[str, object]


class _Registry(JWSRegistry):
    """The field's registry, without its warning that RFC 9864 renames EdDSA: relying parties know that name only."""

    def get_alg(self, name: str) -> JWSAlgModel:
        return self.algorithms[name]


_REGISTRY = _Registry()


def _sign_rs256(key: RSAPrivateKey, text: bytes) -> bytes:
    return key.sign(text, PKCS1v15(), SHA256())


def _sign_es256(key: EllipticCurvePrivateKey, text: bytes) -> bytes:
    # Two numbers of 32 bytes each. Source: RFC 7518 3.4.
    r, s = decode_dss_signature(key.sign(text, _ECDSA))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def _sign_eddsa(key: Ed25519PrivateKey, text: bytes) -> bytes:
    return key.sign(text)


_ECDSA = ECDSA(SHA256())
_SIGN: dict[SigningAlg, Callable[..., bytes]] = {
    SigningAlg.RS256: _sign_rs256,
    SigningAlg.ES256: _sign_es256,
    SigningAlg.EDDSA: _sign_eddsa,
}


class TokenError(Exception):
    """Not a token that these keys signed; the text says why and holds nothing of it."""


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A key that signs, parsed once."""

    kid: str
    alg: SigningAlg
    sign: Callable[[bytes], bytes] = field(repr=False)
    """Returns the signature of a text, as JWS has it."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that verifies; ``alg`` is None where the owner leaves it to the token."""

    kid: str | None
    alg: str | None
    key: Key = field(repr=False)


@dataclass(frozen=True, slots=True)
class Verified:
    """A token whose signature is right. Its claims are still only what its signer says."""

    typ: str | None
    claims: Claims = field(repr=False)


def generate_key(alg: SigningAlg) -> Claims:
    """Return a new private key as a JWK, its kid the thumbprint (RFC 7638)."""
    key = _GENERATE[alg]()
    return {**key.as_dict(private=True), "kid": key.thumbprint(), "alg": alg.value, "use": "sig"}


def public_jwk(private_jwk: Mapping[str, object]) -> Claims:
    """Return what of *private_jwk* may be published."""
    kept = {"kid": private_jwk["kid"], "alg": private_jwk["alg"], "use": "sig"}
    return {**_import(private_jwk).as_dict(private=False), **kept}


def private_key(jwk: Mapping[str, object]) -> PrivateKey:
    """Return the key of *jwk*, ready to sign."""
    alg = SigningAlg(str(jwk["alg"]))
    return PrivateKey(str(jwk["kid"]), alg, partial(_SIGN[alg], _import(jwk).private_key))


def public_keys(jwk_set: Mapping[str, object]) -> tuple[PublicKey, ...]:
    """Return those keys of a JWK Set that can verify; what we do not know is passed over (RFC 7517 5)."""
    members = jwk_set.get("keys")
    found = []
    for jwk in members if isinstance(members, list) else []:
        if not isinstance(jwk, dict) or jwk.get("use", "sig") != "sig" or _is_weak(jwk):
            continue
        try:
            key = _import(jwk)
        except (JoseError, ValueError, KeyError, TypeError):
            continue
        kid, alg = jwk.get("kid"), jwk.get("alg")
        found.append(PublicKey(kid if isinstance(kid, str) else None, alg if isinstance(alg, str) else None, key))
    return tuple(found)


def sign(key: PrivateKey, typ: str, claims: Mapping[str, object]) -> str:
    """Return *claims* as a signed JWT of the kind *typ* (T22)."""
    payload = pybase64.urlsafe_b64encode(msgspec.json.encode(claims)).rstrip(b"=")
    signed = b"%b.%b" % (_header_of(key.alg, key.kid, typ), payload)
    # Not joserfc's compact form: it writes the header and checks header and key anew each time, which costs as much as
    # ES256 does.
    return (b"%b.%b" % (signed, pybase64.urlsafe_b64encode(key.sign(signed)).rstrip(b"="))).decode()


def verify(token: str, keys: Sequence[PublicKey], algs: Sequence[str]) -> Verified:
    """Return what stands in *token* if one of *keys* signed it with one of *algs*.

    Raises:
        TokenError: anything else.
    """
    header = _header(token)
    alg, kid, typ = header.get("alg"), header.get("kid"), header.get("typ")
    if not isinstance(alg, str) or alg not in algs:
        raise TokenError("its algorithm is not allowed")
    if kid is not None and (not isinstance(kid, str) or len(kid) > _KID_LIMIT):
        raise TokenError("its kid cannot be one")
    for each in keys:
        if each.alg in {None, alg} and (kid is None or each.kid in {None, kid}) and _is_signed(token, each.key):
            return Verified(typ if isinstance(typ, str) else None, _payload(token))
    raise TokenError("no key of its owner has signed it")


def unverified_claims(token: str) -> Claims:
    """Return what *token* says of itself, only to find out whose keys are to be asked.

    Raises:
        TokenError: it cannot be read.
    """
    _header(token)
    return _payload(token)


def parse_object(raw: bytes) -> Claims:
    """Return the JSON object in *raw*, strictly: no name twice, no NaN, no number beyond bounds, no half of a letter.

    Raises:
        ValueError: it is none.
    """
    try:
        text = raw.decode()
        parsed = json.loads(text, object_pairs_hook=_without_doubles, parse_constant=_refuse, parse_float=_finite)
        if "\\u" in text:
            # A surrogate without its other half can be escaped, but is no text: no database and no answer takes it.
            json.dumps(parsed, ensure_ascii=False).encode()
    except RecursionError:
        message = "nested too deeply"
        raise ValueError(message) from None
    if not isinstance(parsed, dict):
        message = "not an object"
        raise ValueError(message)  # noqa: TRY004  # a fault of the bytes, as all others here
    return parsed


@lru_cache(maxsize=64)
def _header_of(alg: SigningAlg, kid: str, typ: str) -> bytes:
    return pybase64.urlsafe_b64encode(msgspec.json.encode({"alg": alg.value, "typ": typ, "kid": kid})).rstrip(b"=")


def _import(jwk: Mapping[str, object]) -> Key:
    # joserfc checks the type of each member that it knows.
    return _KINDS[str(jwk["kty"])].import_key(cast("DictKey", dict(jwk)))


def _is_weak(jwk: Mapping[str, object]) -> bool:
    return jwk.get("kty") == "RSA" and len(str(jwk.get("n"))) < _RSA_DIGITS


def _header(token: str) -> Claims:
    if len(token) > TOKEN_LIMIT:
        raise TokenError("it is too long")
    segments = token.split(".")
    if len(segments) != 3 or not all(_SEGMENT.fullmatch(segment) for segment in segments):  # noqa: PLR2004  # RFC 7515 7.1
        raise TokenError("it is no signed JWT")
    header = _decode(segments[0])
    # We know no extension, so all that are critical are refused (RFC 7515 4.1.11).
    if header.keys() & {"crit", "b64", "zip", "enc"}:
        raise TokenError("its header asks for what we do not do")
    return header


def _payload(token: str) -> Claims:
    return _decode(token.split(".")[1])


def _decode(segment: str) -> Claims:
    try:
        return parse_object(base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
    except ValueError:
        raise TokenError("its JSON cannot be read") from None


def _is_signed(token: str, key: Key) -> bool:
    try:
        jws.deserialize_compact(token, key, registry=_REGISTRY)
    except (JoseError, ValueError):
        return False
    return True


def _without_doubles(pairs: list[tuple[str, object]]) -> Claims:
    members = dict(pairs)
    if len(members) != len(pairs):
        message = "a name stands twice"
        raise ValueError(message)
    return members


def _refuse(constant: str) -> object:
    message = f"{constant} is no JSON"
    raise ValueError(message)


def _finite(number: str) -> float:
    value = float(number)
    if not math.isfinite(value):
        message = "a number beyond bounds"
        raise ValueError(message)
    return value
