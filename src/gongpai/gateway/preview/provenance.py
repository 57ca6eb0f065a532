"""Where each claim comes from, and why one is missing (pure, T10 to T12)."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from gongpai.gateway.oidc.claims import BY_SCOPE, FACT_OF, Claim, Portrait, groups_of
from gongpai.gateway.oidc.names import Email, NoEmail, find_fact, fold
from gongpai.gateway.records_provider import ClaimRules, EmailSource, SubjectType


class Origin(StrEnum):
    """Where a value comes from, or would."""

    MINTED = "minted"
    """Random, made at the first sign-in."""
    PAIRWISE = "pairwise"
    USERID = "userid"
    ADDRESS_BOOK = "address_book"
    DISCLOSED = "disclosed"
    """The member let WeCom show it."""
    TEMPLATE = "template"
    DEPARTMENTS = "departments"
    CORP = "corp"
    LAST_LOOK = "last_look"
    """When WeCom was last asked about the person."""
    NOTHING = "nothing"


class Remark(StrEnum):
    """What else is to be said of a claim; those of an email that is missing are the words of ``NoEmail``."""

    WOULD_BE_RESERVED = "would_be_reserved"
    SUFFIXED = "suffixed"
    TAKEN = "taken"
    """The email belongs to somebody else within the party."""
    VERIFIED_DOMAIN = "verified_domain"
    OTHER_THAN_VERIFIED = "other_than_verified"
    NEVER_VERIFIED = "never_verified"
    OWNED = "owned"
    NOT_OWNED = "not_owned"
    NOT_TOLD = "not_told"
    """WeCom tells this application none."""
    NOT_GIVEN = "not_given"
    """The member was asked for it in WeCom, and gave none."""
    WOULD_BE_ASKED = "would_be_asked"
    """The member would be asked for it in WeCom before the party is told anything."""
    UNUSABLE = "unusable"
    """WeCom tells something that the claim cannot hold."""
    FILTERED = "filtered"
    CUT_OFF = "cut_off"


@dataclass(frozen=True, slots=True)
class Note:
    """One remark, with what it is about."""

    remark: Remark | NoEmail
    about: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One claim that the party may ask for; without a value the notes say why."""

    claim: str
    value: Claim | None
    origin: Origin
    source: str = ""
    """The call of WeCom's that told it."""
    at: datetime | None = None
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Names:
    """What became of the names that would be reserved: folded, as they are compared."""

    fresh: frozenset[str] = frozenset()
    """Nobody's yet: they would be this person's from now on."""
    taken: tuple[str, ...] = ()
    """Usernames that are somebody else's, in the order in which they were tried."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is known when a row is written."""

    claims: Mapping[str, Claim]
    portrait: Portrait
    rules: ClaimRules
    email: Email | NoEmail
    """What the rules say of the email, whoever holds it."""
    names: Names
    subject_type: SubjectType
    asked: frozenset[str] = frozenset()
    """The fields that the member would be asked for in WeCom."""


def rows(told: Told, scopes: frozenset[str]) -> tuple[Row, ...]:
    """Return a row for ``sub`` and for each claim of *scopes*."""
    origin = Origin.MINTED if told.subject_type is SubjectType.PUBLIC else Origin.PAIRWISE
    subject = Row("sub", told.portrait.subject, origin)
    return subject, *(_row(told, claim) for scope, claims in BY_SCOPE.items() if scope in scopes for claim in claims)


def _row(told: Told, claim: str) -> Row:
    value = told.claims.get(claim)
    match claim:
        case "preferred_username":
            return Row(claim, value, Origin.USERID, notes=tuple(_username_notes(told)))
        case "email" | "email_verified":
            return _email_row(told, claim, value)
        case "groups":
            return Row(claim, value, Origin.DEPARTMENTS, notes=tuple(_group_notes(told)))
        case "updated_at":
            return Row(claim, value, Origin.LAST_LOOK, at=told.portrait.updated_at)
        case "wecom_corpid":
            return Row(claim, value, Origin.CORP)
        case _:
            return _fact_row(told, claim, value)


def _fact_row(told: Told, claim: str, value: Claim | None) -> Row:
    row = _read(told, claim, value, FACT_OF[claim])
    if row.origin is Origin.NOTHING:
        return replace(row, notes=(Note(Remark.NOT_TOLD), *_asking(told, FACT_OF[claim])))
    if value is None:
        return replace(row, notes=(Note(Remark.UNUSABLE),))
    return replace(row, notes=(Note(Remark.NEVER_VERIFIED),)) if claim == "phone_number_verified" else row


def _email_row(told: Told, claim: str, value: Claim | None) -> Row:
    if isinstance(told.email, NoEmail):
        asking = _asking(told, _email_field(told)) if told.email is NoEmail.UNKNOWN else ()
        return Row(claim, value, Origin.NOTHING, notes=(Note(told.email), *asking))
    folded = fold(told.email.address)
    if told.rules.email is EmailSource.TEMPLATE:
        row = Row(claim, value, Origin.TEMPLATE, told.rules.email_template or "")
    else:
        row = _read(told, claim, value, _email_field(told))
    if value is None:
        return replace(row, notes=(Note(Remark.TAKEN, told.email.address),))
    if claim == "email_verified":
        return replace(row, notes=(_why_verified(told, told.email),))
    return replace(row, notes=(Note(Remark.WOULD_BE_RESERVED, folded),)) if folded in told.names.fresh else row


def _read(told: Told, claim: str, value: Claim | None, name: str) -> Row:
    """Return the row of a claim that WeCom knows as *name*."""
    disclosure = told.portrait.disclosure
    fact = find_fact(name, told.portrait.profile, disclosure)
    if fact is None:
        return Row(claim, value, Origin.NOTHING)
    is_disclosed = disclosure is not None and disclosure.facts.get(name) is fact
    origin = Origin.DISCLOSED if is_disclosed else Origin.ADDRESS_BOOK
    return Row(claim, value, origin, fact.source, fact.at)


def _email_field(told: Told) -> str:
    return "biz_mail" if told.rules.email is EmailSource.BIZ_MAIL else "email"


def _asking(told: Told, name: str) -> Iterator[Note]:
    """Say what asking the member for *name* came to, or would."""
    answered = {} if told.portrait.disclosure is None else told.portrait.disclosure.facts
    if name in told.asked:
        yield Note(Remark.WOULD_BE_ASKED)
    elif name in answered:
        yield Note(Remark.NOT_GIVEN)


def _why_verified(told: Told, email: Email) -> Note:
    match told.rules.email:
        case EmailSource.BIZ_MAIL:
            remark = Remark.VERIFIED_DOMAIN if email.is_verified else Remark.OTHER_THAN_VERIFIED
            return Note(remark, email.address.rpartition("@")[2])
        case EmailSource.TEMPLATE:
            return Note(Remark.OWNED if email.is_verified else Remark.NOT_OWNED)
        case _:
            return Note(Remark.NEVER_VERIFIED)


def _username_notes(told: Told) -> Iterator[Note]:
    username = told.portrait.username
    if told.names.taken:
        yield Note(Remark.SUFFIXED, told.names.taken[0])
    if fold(username) in told.names.fresh:
        yield Note(Remark.WOULD_BE_RESERVED, username)


def _group_notes(told: Told) -> Iterator[Note]:
    profile = told.portrait.profile
    unlimited = replace(told.rules, group_limit=sys.maxsize)
    allowed = groups_of(profile, unlimited)
    every = groups_of(profile, replace(unlimited, group_ids=None))
    filtered = [group for group in every if group not in allowed]
    if filtered:
        yield Note(Remark.FILTERED, ", ".join(filtered))
    cut_off = allowed[told.rules.group_limit :]
    if cut_off:
        yield Note(Remark.CUT_OFF, f"{told.rules.group_limit}: {', '.join(cut_off)}")
