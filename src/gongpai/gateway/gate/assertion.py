"""A signed word about one request, for apps that do not trust their proxy alone (pure, T22)."""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Mapping

from gongpai.gateway.gate.cookie import GateCookie
from gongpai.gateway.gate.identity import groups_of, text_of

TYP = "gongpai-assertion+jwt"
LIFETIME_SECONDS = 60


def assertion_claims(
    issuer: str, origin: str, method: bytes, target: bytes, cookie: GateCookie, now: float
) -> Mapping[str, object]:
    """Return what is asserted: who asks *origin* for *target* by *method*, and that it was so a moment ago.

    ``path_hash`` is the SHA-256 of the target, path and query as they were sent, in base64url without padding.
    """
    claims: dict[str, object] = {
        "iss": issuer,
        "aud": origin,
        "sub": cookie.subject.decode(),
        "iat": int(now),
        "exp": int(now) + LIFETIME_SECONDS,
        "method": method.decode("latin-1"),
        "path_hash": urlsafe_b64encode(hashlib.sha256(target).digest()).rstrip(b"=").decode(),
        "preferred_username": text_of(cookie.username),
        "groups": groups_of(cookie.groups),
    }
    if cookie.name:
        claims["name"] = text_of(cookie.name)
    if cookie.email:
        claims["email"] = text_of(cookie.email)
    return claims
