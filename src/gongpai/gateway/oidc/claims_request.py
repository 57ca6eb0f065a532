"""The ``claims`` parameter: single claims that a party asks for beside its scopes. Source: OpenID Connect Core 5.5.

Only the names count. Whether a claim is essential changes nothing for us, as what we have is told and what we lack
stays away; a value that is asked for is no promise, as the specification says.
"""

import json
from dataclasses import dataclass

from gongpai.gateway.oidc.claims import allowed_claims
from gongpai.gateway.oidc.jose import parse_object

# More than we know claims.
_LIMIT = 50
_NAME_LIMIT = 100


@dataclass(frozen=True, slots=True)
class ClaimsRequest:
    """The names asked for, by where they are to stand."""

    userinfo: frozenset[str] = frozenset()
    id_token: frozenset[str] = frozenset()


def read(value: str | None, scopes: frozenset[str]) -> str | None:
    """Return the parameter written anew, as ``parse`` reads it: the names only, of claims that belong to *scopes*.

    Raises:
        ValueError: it is not what the specification describes.
    """
    if value is None:
        return None
    sent = parse_object(value.encode())
    wanted = {place: sorted(allowed_claims(_names(sent.get(place)), scopes)) for place in ("userinfo", "id_token")}
    return json.dumps(wanted, separators=(",", ":"))


def parse(written: str | None) -> ClaimsRequest:
    """Return what ``read`` has written."""
    if written is None:
        return ClaimsRequest()
    wanted = json.loads(written)
    return ClaimsRequest(frozenset(wanted["userinfo"]), frozenset(wanted["id_token"]))


def _names(member: object) -> frozenset[str]:
    if member is None:
        return frozenset()
    if not isinstance(member, dict) or len(member) > _LIMIT or any(len(name) > _NAME_LIMIT for name in member):
        message = "not an object of a few short names"
        raise ValueError(message)
    return frozenset(member)
