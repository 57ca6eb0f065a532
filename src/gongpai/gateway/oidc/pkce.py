"""PKCE with S256 and nothing else. Source: RFC 7636, RFC 9700 2.1.1."""

import base64
import hashlib
import hmac
import re

from gongpai.gateway.oidc.errors import ErrorCode, RequestError

METHOD = "S256"
# Source: RFC 7636 4.1: unreserved characters, 43 to 128 of them.
_VERIFIER = re.compile(r"[A-Za-z0-9\-._~]{43,128}")
# A SHA-256 in base64url without padding. Its last character carries 4 bits, so only 16 of 64 can stand there.
_CHALLENGE = re.compile(r"[A-Za-z0-9\-_]{42}[AEIMQUYcgkosw048]")


def is_challenge(value: str) -> bool:
    """Whether *value* can be the S256 challenge of any verifier."""
    return _CHALLENGE.fullmatch(value) is not None


def challenge_of(verifier: str) -> str:
    """Return the S256 challenge of *verifier*."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def check_verifier(verifier: str | None, challenge: str | None) -> None:
    """Return if *verifier* answers the *challenge* of the authorization request, or neither came.

    A verifier without a challenge means that somebody took the challenge out on its way (RFC 9700 4.8.2).

    Raises:
        RequestError: invalid_grant.
    """
    if challenge is None and verifier is None:
        return
    if challenge is None:
        raise _refused("a code_verifier came and no code_challenge before it")
    if verifier is None:
        raise _refused("code_verifier is missing")
    if not _VERIFIER.fullmatch(verifier):
        raise _refused("code_verifier must be 43 to 128 unreserved characters")
    if not hmac.compare_digest(challenge_of(verifier), challenge):
        raise _refused("code_verifier does not match")


def _refused(description: str) -> RequestError:
    return RequestError(ErrorCode.INVALID_GRANT, description)
