"""What of a person's sensitive data a party needs, has, and was told that it will not have."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gongpai.gateway.flow.sensitive import NOT_ANSWERED, SKIPPED, Lacking, added, lacking, noted
from gongpai.gateway.records import Disclosure, Fact, Profile
from gongpai.gateway.records_provider import ClaimRules, DisclosureRule, EmailSource, RelyingParty

_NOW = datetime(2026, 11, 22, tzinfo=UTC)
_LATER = _NOW + timedelta(minutes=1)
_PARTY = RelyingParty("wiki", "Wiki")
_ALL = frozenset({"openid", "profile", "email", "phone", "address", "groups"})


def _given(**values: str | None) -> Disclosure:
    """Return what somebody answered; None is a field that they left out."""
    return Disclosure(_NOW, {name: Fact("auth/getuserdetail", _NOW, value) for name, value in values.items()})


def _declined(reason: str, *fields: str) -> Disclosure:
    return noted(None, fields, reason, _NOW)


def _telling(source: EmailSource) -> RelyingParty:
    return replace(_PARTY, claim_rules=ClaimRules(email=source))


@pytest.mark.parametrize(
    ("party", "scopes", "fields"),
    [
        (_PARTY, _ALL, ("biz_mail", "mobile", "address")),
        (_PARTY, frozenset({"openid", "profile", "groups"}), ()),
        (_PARTY, frozenset({"openid", "phone"}), ("mobile",)),
        (_telling(EmailSource.PERSONAL), frozenset({"openid", "email"}), ("email",)),
        (_telling(EmailSource.TEMPLATE), frozenset({"openid", "email"}), ()),
        (_telling(EmailSource.NONE), _ALL, ("mobile", "address")),
        (replace(_PARTY, disclosure=DisclosureRule.NEVER), _ALL, ()),
    ],
)
def test_only_what_the_party_will_be_told_is_asked_for(
    party: RelyingParty, scopes: frozenset[str], fields: tuple[str, ...]
) -> None:
    assert lacking(party, scopes, Profile(), None) == Lacking(fields)


def test_what_the_address_book_says_is_not_asked_for() -> None:
    profile = Profile({"biz_mail": Fact("user/get", _NOW, "lisi@corp.example")})
    assert lacking(_PARTY, _ALL, profile, None) == Lacking(("mobile", "address"))


def test_what_was_given_or_declined_is_not_asked_for_again() -> None:
    assert lacking(_PARTY, _ALL, Profile(), _given(mobile="1380", biz_mail="a@b.example", address="Shanghai")) == (
        Lacking()
    )
    for reason in (SKIPPED, "member_refused", "not_given", "not_visible", "expired"):
        assert lacking(_PARTY, _ALL, Profile(), _declined(reason, "mobile", "address")) == Lacking(("biz_mail",))


def test_who_was_asked_and_did_not_answer_is_asked_in_another_way() -> None:
    disclosure = _declined(NOT_ANSWERED, "mobile")
    assert lacking(_PARTY, frozenset({"phone"}), Profile(), disclosure) == Lacking(("mobile",), was_asked=True)
    assert lacking(_PARTY, frozenset({"address"}), Profile(), disclosure) == Lacking(("address",))


def test_a_note_never_hides_what_was_given() -> None:
    before = _given(mobile="1380", address=None)
    after = noted(before, ("mobile", "address", "email"), SKIPPED, _LATER)
    assert after.granted_at == _NOW
    assert after.facts["mobile"] == before.facts["mobile"]
    assert after.facts["address"] == after.facts["email"] == Fact("auth/getuserdetail", _LATER, None, SKIPPED)


def test_an_answer_from_elsewhere_only_adds() -> None:
    before = _given(mobile="1380", address="Shanghai", email=None)
    new = _given(mobile="1390", address=None, email=None, biz_mail="a@b.example")
    after = added(before, new)
    assert {name: fact.value for name, fact in after.facts.items()} == {
        "mobile": "1390",
        "address": "Shanghai",
        "email": None,
        "biz_mail": "a@b.example",
    }
    assert added(None, new) == new
