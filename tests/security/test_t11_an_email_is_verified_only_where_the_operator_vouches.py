"""T11: biz_mail by configured domain; personal mail is opt-in and never verified; a template speaks for nobody else."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gongpai.gateway.oidc.claims import Portrait, claims_for
from gongpai.gateway.oidc.names import RESERVED, email_of
from gongpai.gateway.records import Disclosure, Fact, Profile
from gongpai.gateway.records_provider import ClaimRules, EmailSource

_NOW = datetime(2026, 11, 22, tzinfo=UTC)
_VERIFIED = frozenset({"corp.example"})
_RULES = ClaimRules(email_domains=_VERIFIED, verified_domains=_VERIFIED)


def _told(rules: ClaimRules, userid: str = "lisi", **disclosed: str) -> dict[str, object]:
    facts = {name: Fact("auth/getuserdetail", _NOW, value) for name, value in disclosed.items()}
    email = email_of(userid, "wwcorp", Profile(), Disclosure(_NOW, facts), rules)
    return dict(claims_for(frozenset({"email"}), Portrait("s", "wwcorp", userid, email, Profile()), rules))


def test_a_biz_mail_in_a_verified_domain_is_verified() -> None:
    told = _told(_RULES, biz_mail="lisi@corp.example", email="lisi@home.example")
    assert told == {"email": "lisi@corp.example", "email_verified": True}


def test_a_biz_mail_elsewhere_is_not_told() -> None:
    assert _told(_RULES, biz_mail="lisi@corp.example.evil.example") == {}


def test_a_personal_email_is_never_verified_even_in_a_verified_domain() -> None:
    assert _told(_RULES, email="lisi@corp.example") == {}
    told = _told(replace(_RULES, email=EmailSource.PERSONAL), email="boss@corp.example")
    assert told == {"email": "boss@corp.example", "email_verified": False}


def test_a_template_is_unverified_unless_all_its_mailboxes_are_the_operators() -> None:
    rules = replace(_RULES, email=EmailSource.TEMPLATE, email_template="{userid}@corp.example")
    assert _told(rules) == {"email": "lisi@corp.example", "email_verified": False}
    assert _told(replace(rules, owns_mailboxes=True))["email_verified"] is True


@pytest.mark.parametrize("userid", [*sorted(RESERVED), "Admin", "boss@evil.example", "boss@corp.example"])
def test_a_template_refuses_names_that_speak_for_the_domain(userid: str) -> None:
    rules = replace(_RULES, email=EmailSource.TEMPLATE, email_template="{userid}@corp.example", owns_mailboxes=True)
    assert _told(rules, userid) == {}
