"""Usernames and emails, which parties take for accounts: so their candidates are strict, and kept for one person (T12).

What is returned here is a candidate: whoever calls reserves it for the subject, and on a collision suffixes the
username or leaves the email out.
"""

import hashlib
import re
from dataclasses import dataclass, field
from enum import StrEnum

from gongpai.gateway.records import Disclosure, Fact, Profile
from gongpai.gateway.records_provider import ClaimRules, EmailSource

_USERNAME_LIMIT = 64
_NOT_IN_USERNAME = re.compile(r"[^a-z0-9._-]+")
_LOCAL_PART = re.compile(r"[a-z0-9][a-z0-9._-]*")
_EMAIL_LIMIT = 254
# One "@", a plain local part, a domain of letters: less than RFC 5321 allows, and nothing that readers take apart
# differently.
_EMAIL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@((?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]*)"
)
# Mailboxes that speak for a domain: RFC 2142, those by which CAs validate, and what systems are run by.
RESERVED = frozenset(
    {
        "abuse", "admin", "administrator", "daemon", "ftp", "hostmaster", "info", "mailer-daemon", "marketing", "news",
        "no-reply", "nobody", "noc", "noreply", "postmaster", "root", "sales", "security", "ssladmin", "support",
        "sysadmin", "system", "usenet", "uucp", "webmaster", "www",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Email:
    """An email to tell; verified only where the operator vouches for the mailbox (T11)."""

    address: str = field(repr=False)
    is_verified: bool


class NoEmail(StrEnum):
    """Why no email can be told."""

    NOT_WANTED = "not_wanted"
    UNKNOWN = "unknown"
    """Neither the address book nor the member told it."""
    MALFORMED = "malformed"
    OTHER_DOMAIN = "other_domain"
    """A biz_mail outside ``email_domains``."""
    RESERVED = "reserved"
    """The template would name a mailbox that speaks for the domain."""
    NO_LOCAL_PART = "no_local_part"
    """The userid has a character that no mailbox of a template may have."""


def username_of(userid: str, corpid: str, rules: ClaimRules) -> str:
    """Return the username that *userid* gives: lower case, as WeCom ignores case, and safe in a path or a shell."""
    name = _NOT_IN_USERNAME.sub("-", userid.lower())[:_USERNAME_LIMIT].strip("._-")
    if not name:
        name = f"member-{hashlib.sha256(userid.encode()).hexdigest()[:8]}"
    return f"{name}.{corpid.lower()}" if rules.is_corp_qualified else name


def suffixed(username: str, number: int) -> str:
    """Return what a later person gets where *username* belongs to somebody else; *number* counts from 2."""
    return f"{username}-{number}"


def email_of(
    userid: str, corpid: str, profile: Profile, disclosure: Disclosure | None, rules: ClaimRules
) -> Email | None:
    """Return the email that *rules* tell, if there is one that can be told (T11)."""
    judged = judge_email(userid, corpid, profile, disclosure, rules)
    return judged if isinstance(judged, Email) else None


def judge_email(
    userid: str, corpid: str, profile: Profile, disclosure: Disclosure | None, rules: ClaimRules
) -> Email | NoEmail:
    """As ``email_of``, but say why there is none."""
    match rules.email:
        case EmailSource.BIZ_MAIL:
            return _biz_mail(fact_of("biz_mail", profile, disclosure), rules)
        case EmailSource.TEMPLATE:
            return _from_template(userid, corpid, rules)
        case EmailSource.PERSONAL:
            address = _well_formed(fact_of("email", profile, disclosure))
            return address if isinstance(address, NoEmail) else Email(address, is_verified=False)
        case _:
            return NoEmail.NOT_WANTED


def fold(name: str) -> str:
    """Return the form in which names are compared and reserved."""
    return name.casefold()


def fact_of(name: str, profile: Profile, disclosure: Disclosure | None) -> str | None:
    """Return one fact: what the member disclosed, or else what the address book says."""
    fact = find_fact(name, profile, disclosure)
    return None if fact is None else str(fact.value)


def find_fact(name: str, profile: Profile, disclosure: Disclosure | None) -> Fact | None:
    """As ``fact_of``, with where it comes from."""
    for facts in (disclosure.facts if disclosure is not None else {}, profile.facts):
        fact = facts.get(name)
        if fact is not None and isinstance(fact.value, str):
            return fact
    return None


def _biz_mail(value: str | None, rules: ClaimRules) -> Email | NoEmail:
    address = _well_formed(value)
    if isinstance(address, NoEmail):
        return address
    domain = address.rpartition("@")[2]
    if rules.email_domains and domain not in rules.email_domains:
        return NoEmail.OTHER_DOMAIN
    return Email(address, is_verified=domain in rules.verified_domains)


def _from_template(userid: str, corpid: str, rules: ClaimRules) -> Email | NoEmail:
    local = userid.lower()
    if local in RESERVED:
        return NoEmail.RESERVED
    if not _LOCAL_PART.fullmatch(local):
        return NoEmail.NO_LOCAL_PART
    template = rules.email_template or ""
    address = _well_formed(template.replace("{userid}", local).replace("{corpid}", corpid.lower()))
    return address if isinstance(address, NoEmail) else Email(address, is_verified=rules.owns_mailboxes)


def _well_formed(value: str | None) -> str | NoEmail:
    """Return *value* with its domain in lower case if it is one address and nothing else."""
    if value is None:
        return NoEmail.UNKNOWN
    if len(value) > _EMAIL_LIMIT or not _EMAIL.fullmatch(value):
        return NoEmail.MALFORMED
    local, _, domain = value.rpartition("@")
    return f"{local}@{domain.lower()}"
