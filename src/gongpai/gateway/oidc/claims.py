"""From scopes to claims: what a party is told of a person. What we do not know is left out, never null."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from gongpai.gateway.oidc.names import Email, fact_of
from gongpai.gateway.records import Disclosure, Profile
from gongpai.gateway.records_provider import ClaimRules

# Source: OpenID Connect Core 5.4; "groups" and "wecom_corpid" are ours. WeCom knows neither given nor family name nor
# locale, so they are not told.
BY_SCOPE: Mapping[str, tuple[str, ...]] = {
    "profile": ("name", "nickname", "preferred_username", "picture", "gender", "updated_at", "wecom_corpid"),
    "email": ("email", "email_verified"),
    "phone": ("phone_number", "phone_number_verified"),
    "address": ("address",),
    "groups": ("groups",),
}
# Which fact of the address book, or of what the member disclosed, a claim tells.
FACT_OF: Mapping[str, str] = {
    "name": "name",
    "nickname": "alias",
    "picture": "avatar",
    "gender": "gender",
    "phone_number": "mobile",
    "phone_number_verified": "mobile",
    "address": "address",
}
_SCOPE_OF = {claim: scope for scope, claims in BY_SCOPE.items() for claim in claims}
_URL_LIMIT = 2048
_MAINLAND_MOBILE = re.compile(r"1[0-9]{10}")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_GENDERS = frozenset({"male", "female"})


@dataclass(frozen=True, slots=True)
class Portrait:
    """Everything that could be told of a person; ``subject``, ``username`` and ``email`` as this party knows them."""

    subject: str
    corpid: str
    username: str
    email: Email | None
    profile: Profile = field(repr=False)
    disclosure: Disclosure | None = field(default=None, repr=False)
    updated_at: datetime | None = None

    def fact(self, name: str) -> str | None:
        """Return one fact with a value."""
        return fact_of(name, self.profile, self.disclosure)


Claim: TypeAlias = str | int | bool | list[str] | dict[str, str]


def claims_for(
    scopes: frozenset[str], portrait: Portrait, rules: ClaimRules, wanted: frozenset[str] = frozenset()
) -> dict[str, Claim]:
    """Return the claims of *scopes* and those *wanted* singly that the caller has found allowed; never ``sub``."""
    names = {claim for scope in scopes for claim in BY_SCOPE.get(scope, ())} | (wanted & _SCOPE_OF.keys())
    told = {name: _TELL[name](portrait, rules) for name in _SCOPE_OF if name in names}
    return {name: value for name, value in told.items() if value is not None}


def scopes_of(wanted: frozenset[str]) -> frozenset[str]:
    """Return the scopes that single claims belong to: what the person is asked about, and the party must be allowed."""
    return frozenset(_SCOPE_OF[claim] for claim in wanted if claim in _SCOPE_OF)


def allowed_claims(wanted: frozenset[str], scopes: frozenset[str]) -> frozenset[str]:
    """Return those single claims that belong to *scopes*."""
    return frozenset(claim for claim in wanted if _SCOPE_OF.get(claim) in scopes)


def groups_of(profile: Profile, rules: ClaimRules) -> list[str]:
    """Return the departments as groups: by id, so that a new name changes no rights (T10).

    The main department comes first and the others by id, so that a limit always cuts the same ones off.
    """
    main = profile.facts.get("main_department")
    first = None if main is None else main.value
    ids = sorted(set(profile.department_ids), key=lambda each: (str(each) != first, each))
    told = [each for each in ids if rules.group_ids is None or each in rules.group_ids]
    names = dict.fromkeys(rules.group_names.get(each, f"dept:{each}") for each in told)
    return list(names)[: rules.group_limit]


def _name(portrait: Portrait, _: ClaimRules) -> Claim | None:
    return portrait.fact(FACT_OF["name"])


def _nickname(portrait: Portrait, _: ClaimRules) -> Claim | None:
    return portrait.fact(FACT_OF["nickname"])


def _username(portrait: Portrait, _: ClaimRules) -> Claim | None:
    return portrait.username


def _picture(portrait: Portrait, _: ClaimRules) -> Claim | None:
    url = portrait.fact(FACT_OF["picture"])
    is_url = url is not None and url.startswith(("https://", "http://")) and len(url) <= _URL_LIMIT
    return url if is_url else None


def _gender(portrait: Portrait, _: ClaimRules) -> Claim | None:
    gender = portrait.fact(FACT_OF["gender"])
    return gender if gender in _GENDERS else None


def _updated_at(portrait: Portrait, _: ClaimRules) -> Claim | None:
    return None if portrait.updated_at is None else int(portrait.updated_at.timestamp())


def _corpid(portrait: Portrait, _: ClaimRules) -> Claim | None:
    return portrait.corpid


def _email(portrait: Portrait, _: ClaimRules) -> Claim | None:
    return None if portrait.email is None else portrait.email.address


def _email_verified(portrait: Portrait, _: ClaimRules) -> Claim | None:
    return None if portrait.email is None else portrait.email.is_verified


def _phone(portrait: Portrait, _: ClaimRules) -> Claim | None:
    mobile = re.sub(r"[ -]", "", portrait.fact(FACT_OF["phone_number"]) or "")
    if _MAINLAND_MOBILE.fullmatch(mobile):
        mobile = f"+86{mobile}"
    # Source: OpenID Connect Core 5.1 asks for E.164; a number that is not would be dialled wrongly.
    return mobile if _E164.fullmatch(mobile) else None


def _phone_verified(portrait: Portrait, rules: ClaimRules) -> Claim | None:
    # An administrator may have typed it, so nobody has proved to hold it.
    return None if _phone(portrait, rules) is None else False


def _address(portrait: Portrait, _: ClaimRules) -> Claim | None:
    address = portrait.fact(FACT_OF["address"])
    return None if address is None else {"formatted": address}


def _groups(portrait: Portrait, rules: ClaimRules) -> Claim | None:
    return groups_of(portrait.profile, rules)


_TELL: Mapping[str, Callable[[Portrait, ClaimRules], Claim | None]] = {
    "name": _name,
    "nickname": _nickname,
    "preferred_username": _username,
    "picture": _picture,
    "gender": _gender,
    "updated_at": _updated_at,
    "wecom_corpid": _corpid,
    "email": _email,
    "email_verified": _email_verified,
    "phone_number": _phone,
    "phone_number_verified": _phone_verified,
    "address": _address,
    "groups": _groups,
}
