"""What of a person's sensitive data a relying party needs, has, and was told that it will not have (pure)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from gongpai.gateway.oidc.names import fact_of
from gongpai.gateway.records import Disclosure, Fact, Profile
from gongpai.gateway.records_provider import DisclosureRule, EmailSource, RelyingParty
from gongpai.wecom.models import Field

# Who is asked in WeCom may close its page, which tells us nothing (WeCom 91335).
NOT_ANSWERED = "not_answered"
SKIPPED = "skipped"
SOURCE = "auth/getuserdetail"
_EMAIL_FIELDS = {EmailSource.BIZ_MAIL: Field.BIZ_MAIL, EmailSource.PERSONAL: Field.EMAIL}


@dataclass(frozen=True, slots=True)
class Lacking:
    """The fields that a party needs and that the person has neither given nor declined."""

    fields: tuple[str, ...] = ()
    was_asked: bool = False
    """They were asked for one of them before in this session, and nothing came back."""


def lacking(party: RelyingParty, scopes: frozenset[str], profile: Profile, disclosure: Disclosure | None) -> Lacking:
    """Return what is still to be asked for, so that *party* can be told all of *scopes*."""
    if party.disclosure is DisclosureRule.NEVER:
        return Lacking()
    facts = {} if disclosure is None else disclosure.facts
    needed = [name for name in _needed(party, scopes) if fact_of(name, profile, disclosure) is None]
    reasons = {name: facts[name].missing if name in facts else None for name in needed}
    fields = tuple(name for name, reason in reasons.items() if reason in {None, NOT_ANSWERED})
    return Lacking(fields, was_asked=NOT_ANSWERED in reasons.values())


def noted(disclosure: Disclosure | None, fields: Iterable[str], reason: str, now: datetime) -> Disclosure:
    """Return *disclosure* with *reason* for each of *fields* that it has no value for."""
    before = Disclosure(now, {}) if disclosure is None else disclosure
    new = {name: Fact(SOURCE, now, None, reason) for name in fields}
    return replace(before, facts={**before.facts, **{name: new[name] for name in new if not _has(before, name)}})


def added(before: Disclosure | None, new: Disclosure) -> Disclosure:
    """Return *before* with what *new* adds; what it lacks takes nothing away (T19)."""
    if before is None:
        return new
    kept = {name: fact for name, fact in before.facts.items() if fact.value is not None}
    given = {name: fact for name, fact in new.facts.items() if fact.value is not None}
    return replace(new, facts={**new.facts, **kept, **given})


def _has(disclosure: Disclosure, name: str) -> bool:
    fact = disclosure.facts.get(name)
    return fact is not None and fact.value is not None


def _needed(party: RelyingParty, scopes: frozenset[str]) -> tuple[str, ...]:
    fields = {
        "email": _EMAIL_FIELDS.get(party.claim_rules.email),
        "phone": Field.MOBILE,
        "address": Field.ADDRESS,
    }
    return tuple(found.value for scope, found in fields.items() if scope in scopes and found is not None)
