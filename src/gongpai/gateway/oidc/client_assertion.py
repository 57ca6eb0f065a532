"""private_key_jwt: a party proves itself by a JWT that it signed. Source: RFC 7523 2.2 and 3."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from gongpai.gateway.oidc.errors import InvalidClientError
from gongpai.gateway.oidc.jose import PARTY_ALGS, Claims, TokenError, public_keys, unverified_claims, verify
from gongpai.gateway.records_provider import RelyingParty

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_SKEW = timedelta(seconds=60)
# One that lives longer is a password. It also bounds how long a jti must be remembered.
_LIFE = timedelta(minutes=10)
_JTI_LIMIT = 255


@dataclass(frozen=True, slots=True)
class Assertion:
    """A good assertion, which counts only if this jti of this party was never seen before on any node."""

    jti: str
    expires_at: datetime


def claimed_client_id(assertion: str) -> str:
    """Return the client_id that *assertion* claims, to look the party up: nothing is verified yet.

    Raises:
        InvalidClientError: it cannot be read.
    """
    try:
        subject = unverified_claims(assertion).get("sub")
    except TokenError as fault:
        raise InvalidClientError(f"client_assertion: {fault}") from None
    if not isinstance(subject, str):
        raise InvalidClientError("client_assertion: no sub")
    return subject


def check_assertion(assertion: str, party: RelyingParty, audiences: frozenset[str], now: datetime) -> Assertion:
    """Return what must be seen only once, if *assertion* is the party's, for us, and of now.

    Raises:
        InvalidClientError: it is not.
    """
    try:
        claims = verify(assertion, public_keys(party.jwks or {}), PARTY_ALGS).claims
    except TokenError as fault:
        raise InvalidClientError(f"client_assertion: {fault}") from None
    if claims.get("iss") != party.client_id or claims.get("sub") != party.client_id:
        raise InvalidClientError("client_assertion: iss or sub is not the client_id")
    if not _is_for_us(claims.get("aud"), audiences):
        raise InvalidClientError("client_assertion: aud is not us alone")
    expires_at = _require_moment(claims, "exp")
    if not now - _SKEW < expires_at <= now + _LIFE + _SKEW:
        raise InvalidClientError("client_assertion: exp is past or too far ahead")
    for name in ("iat", "nbf"):
        if name in claims and _require_moment(claims, name) > now + _SKEW:
            raise InvalidClientError(f"client_assertion: {name} lies ahead")
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 1 <= len(jti) <= _JTI_LIMIT:
        raise InvalidClientError("client_assertion: no jti")
    # It is accepted for the skew longer than it says, and so is its jti remembered.
    return Assertion(jti, expires_at + _SKEW)


def _is_for_us(audience: object, audiences: frozenset[str]) -> bool:
    # One that names somebody else as well could be played on by them.
    named = audience if isinstance(audience, list) else [audience]
    return bool(named) and all(isinstance(each, str) and each in audiences for each in named)


def _require_moment(claims: Claims, name: str) -> datetime:
    seconds = claims.get(name)
    # A bool is an int to Python, and a float or a text none to us: no library in the field writes them.
    if type(seconds) is not int or not 0 <= seconds < 2**33:
        raise InvalidClientError(f"client_assertion: {name} is not a moment")
    return datetime.fromtimestamp(seconds, UTC)
