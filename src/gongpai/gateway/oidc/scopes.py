"""Scopes: which there are, how they are written, and which of those asked for a party gets."""

import re
from functools import lru_cache

from gongpai.gateway.oidc.errors import ErrorCode, OAuthError, RequestError
from gongpai.gateway.records_provider import GrantType, RelyingParty

OPENID = "openid"
OFFLINE = "offline_access"
# Source: OpenID Connect Core 5.4 and 11; "groups" is what the field asks departments by.
SUPPORTED = (OPENID, "profile", "email", "phone", "address", "groups", OFFLINE)
_ADMITTED = frozenset(SUPPORTED) - {OFFLINE}
LIMIT = 1024
# Source: RFC 6749 3.3.
_TOKENS = re.compile(r"[!#-\[\]-~]+( [!#-\[\]-~]+)*")


def parse_scope(value: str) -> frozenset[str] | None:
    """Return the scopes that *value* names, known or not; None if it is not written as scopes are."""
    # Real parties leave a space at an end.
    value = value.strip(" ")
    if len(value) > LIMIT or not _TOKENS.fullmatch(value):
        return None
    return frozenset(value.split(" "))


def admit_scopes(asked: frozenset[str], party: RelyingParty, refusal: type[OAuthError]) -> frozenset[str]:
    """Return what of *asked* the party may be granted.

    A scope that we do not know is left out, as real parties ask for what other providers have. One that we know and the
    party was not given is refused, since it would miss it. ``offline_access`` hangs on the refresh grant alone: with
    it the registration is the "other condition" of OpenID Connect Core 11, without it the scope is left out.

    Raises:
        OAuthError: invalid_scope, as *refusal*.
    """
    if OPENID not in asked:
        raise refusal(ErrorCode.INVALID_SCOPE, "scope must contain openid")
    known = asked & _ADMITTED
    if not known <= party.scopes | {OPENID}:
        raise refusal(ErrorCode.INVALID_SCOPE, "scope names more than this party may ask for")
    is_offline = OFFLINE in asked and GrantType.REFRESH_TOKEN in party.grant_types
    return known | {OFFLINE} if is_offline else known


def are_admitted(scopes: frozenset[str], party: RelyingParty) -> bool:
    """Whether the party, as it is by now, may still be granted all of *scopes*, which ``admit_scopes`` gave."""
    may_offline = OFFLINE not in scopes or GrantType.REFRESH_TOKEN in party.grant_types
    return may_offline and scopes - {OFFLINE} <= party.scopes | {OPENID}


def narrow(asked: str | None, granted: frozenset[str]) -> frozenset[str]:
    """Return the scopes of a refreshed access token: those *asked* for, within what was *granted* at first.

    A narrower one never narrows the grant, so it may be widened back. Source: RFC 6749 6.

    Raises:
        RequestError: invalid_scope.
    """
    if asked is None:
        return granted
    # As at the start, what we do not know is left out: a party repeats there what it asked for here.
    scopes = (parse_scope(asked) or frozenset()) & frozenset(SUPPORTED)
    if not scopes or not scopes <= granted:
        raise RequestError(ErrorCode.INVALID_SCOPE, "scope is malformed or names more than was granted")
    return scopes


def shown_scopes(scopes: frozenset[str]) -> tuple[str, ...]:
    """Return the scopes that say something to a person, as one would tell them: who, how to reach them, what more.

    That they sign in goes without saying.
    """
    return tuple(scope for scope in SUPPORTED if scope in scopes and scope != OPENID)


@lru_cache(maxsize=256)
def write_scope(scopes: frozenset[str]) -> str:
    """Return *scopes* as the wire has them, always in the same order."""
    return " ".join(sorted(scopes, key=lambda scope: (scope != OPENID, scope)))
