"""The ``claims`` parameter: single claims that a party asks for beside its scopes. Source: OpenID Connect Core 5.5.

Only the names count. Whether a claim is essential changes nothing for us, as what we have is told and what we lack
stays away; a value that is asked for is no promise, as the specification says. Two are more than a wish: of whom the ID
token must tell (Core 3.1.2.2), and a way of signing in that the party cannot do without (Core 5.5.1.1).
"""

import json
from dataclasses import dataclass

from gongpai.gateway.oidc.claims import allowed_claims
from gongpai.gateway.oidc.jose import parse_object

# More than we know claims.
_LIMIT = 50
_NAME_LIMIT = 100
_VALUE_LIMIT = 255


@dataclass(frozen=True, slots=True)
class ClaimsRequest:
    """The names asked for, by where they are to stand."""

    userinfo: frozenset[str] = frozenset()
    id_token: frozenset[str] = frozenset()
    subject: str | None = None
    """Of whom alone the ID token may tell, as the party knows them."""
    acr_values: tuple[str, ...] = ()
    """One of these the sign-in must be; none at all leaves it open."""


_NOTHING = ClaimsRequest()


def read(value: str | None, scopes: frozenset[str]) -> str | None:
    """Return the parameter written anew, as ``parse`` reads it: the names only, of claims that belong to *scopes*.

    Raises:
        ValueError: it is not what the specification describes.
    """
    if value is None:
        return None
    sent = parse_object(value.encode())
    names = {place: _names(sent.get(place)) for place in ("userinfo", "id_token")}
    wanted: dict[str, object] = {place: sorted(allowed_claims(named, scopes)) for place, named in names.items()}
    in_token = sent.get("id_token")
    if isinstance(in_token, dict):
        wanted |= _bindings(in_token.get("sub"), in_token.get("acr"))
    return json.dumps(wanted, separators=(",", ":"))


def parse(written: str | None) -> ClaimsRequest:
    """Return what ``read`` has written."""
    if written is None:
        return _NOTHING
    wanted = json.loads(written)
    return ClaimsRequest(
        frozenset(wanted["userinfo"]), frozenset(wanted["id_token"]), wanted.get("sub"), tuple(wanted.get("acr", ()))
    )


def _names(member: object) -> frozenset[str]:
    if member is None:
        return frozenset()
    if not isinstance(member, dict) or len(member) > _LIMIT or any(len(name) > _NAME_LIMIT for name in member):
        message = "not an object of a few short names"
        raise ValueError(message)
    return frozenset(member)


def _bindings(subject: object, acr: object) -> dict[str, object]:
    """Return what is asked of the person and of the sign-in themselves."""
    found: dict[str, object] = {}
    if isinstance(subject, dict) and "value" in subject:
        found["sub"] = _text(subject["value"])
    if isinstance(acr, dict) and acr.get("essential") is True:
        values = acr.get("values", [acr["value"]] if "value" in acr else [])
        if not isinstance(values, list) or len(values) > _LIMIT:
            message = "values is not a short list"
            raise ValueError(message)
        found |= {"acr": [_text(value) for value in values]} if values else {}
    return found


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > _VALUE_LIMIT:
        message = "a value is not a short text"
        raise ValueError(message)
    return value
