"""Usernames and emails: honest, safe and stable (T11, T12)."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongpai.gateway.oidc.names import (
    RESERVED,
    Email,
    NoEmail,
    email_of,
    fact_of,
    find_fact,
    fold,
    judge_email,
    suffixed,
    username_of,
)
from gongpai.gateway.records import Disclosure, Fact, Profile
from gongpai.gateway.records_provider import ClaimRules, EmailSource

_NOW = datetime(2026, 11, 22, tzinfo=UTC)
_BIZ = ClaimRules(
    email_domains=frozenset({"corp.example", "hold.example"}), verified_domains=frozenset({"corp.example"})
)
_VERIFIED = frozenset({"corp.example"})
_PERSONAL = ClaimRules(email=EmailSource.PERSONAL, verified_domains=_VERIFIED)
_TEMPLATE = ClaimRules(email=EmailSource.TEMPLATE, email_template="{userid}@corp.example")


def _disclosed(**values: str | None) -> Disclosure:
    return Disclosure(_NOW, {name: Fact("auth/getuserdetail", _NOW, value) for name, value in values.items()})


def _email(rules: ClaimRules, userid: str = "LiSi", **values: str) -> Email | None:
    return email_of(userid, "wwCorp", Profile(), _disclosed(**values), rules)


@pytest.mark.parametrize(
    ("address", "email"),
    [
        ("lisi@corp.example", Email("lisi@corp.example", is_verified=True)),
        ("LiSi@CORP.example", Email("LiSi@corp.example", is_verified=True)),
        ("lisi@hold.example", Email("lisi@hold.example", is_verified=False)),
        ("lisi@elsewhere.example", None),
        ("lisi@sub.corp.example", None),
        # Attack 104.
        ("lisi@corp.example@evil.com", None),
        ("lisi@evil.com@corp.example", None),
        ('"lisi@evil.com"@corp.example', None),
        ("lisi@corp.example\n", None),
        ("lisi@corp.example,admin@corp.example", None),
        ("lisi <lisi@corp.example>", None),
        ("lisi@corp.example.", None),
        ("李四@corp.example", None),
        ("li..si@corp.example", None),
        ("@corp.example", None),
        ("lisi@[127.0.0.1]", None),
        ("x" * 250 + "@corp.example", None),
    ],
)
def test_a_biz_mail_is_told_in_the_configured_domains_only(address: str, email: Email | None) -> None:
    assert _email(_BIZ, biz_mail=address, email="private@corp.example") == email


def test_without_configured_domains_a_biz_mail_is_told_unverified() -> None:
    assert _email(ClaimRules(), biz_mail="lisi@any.example") == Email("lisi@any.example", is_verified=False)


def test_a_personal_email_is_opt_in_and_never_verified() -> None:
    assert _email(_BIZ, email="lisi@corp.example") is None
    assert _email(_PERSONAL, email="lisi@corp.example") == Email("lisi@corp.example", is_verified=False)
    assert _email(_PERSONAL, biz_mail="lisi@corp.example") is None


def test_a_template_is_verified_only_where_the_operator_owns_all_mailboxes() -> None:
    assert _email(_TEMPLATE) == Email("lisi@corp.example", is_verified=False)
    owned = replace(_TEMPLATE, owns_mailboxes=True)
    assert _email(owned) == Email("lisi@corp.example", is_verified=True)
    qualified = replace(_TEMPLATE, email_template="{userid}@{corpid}.example")
    assert _email(qualified) == Email("lisi@wwcorp.example", is_verified=False)


@pytest.mark.parametrize("userid", ["li@si", "Admin", "root", "postmaster", "-lisi", ".lisi", "李四", "", "{corpid}"])
def test_a_template_makes_no_mailbox_that_speaks_for_the_domain(userid: str) -> None:
    assert _email(_TEMPLATE, userid) is None


@pytest.mark.parametrize(
    ("rules", "userid", "values", "why"),
    [
        (_BIZ, "lisi", {}, NoEmail.UNKNOWN),
        (_BIZ, "lisi", {"biz_mail": "not an address"}, NoEmail.MALFORMED),
        (_BIZ, "lisi", {"biz_mail": "lisi@elsewhere.example"}, NoEmail.OTHER_DOMAIN),
        (_PERSONAL, "lisi", {}, NoEmail.UNKNOWN),
        (_PERSONAL, "lisi", {"email": f"{'l' * 250}@corp.example"}, NoEmail.MALFORMED),
        (_TEMPLATE, "Root", {}, NoEmail.RESERVED),
        (_TEMPLATE, "li@si", {}, NoEmail.NO_LOCAL_PART),
        (replace(_TEMPLATE, email_template=None), "lisi", {}, NoEmail.MALFORMED),
        (ClaimRules(email=EmailSource.NONE), "lisi", {"biz_mail": "lisi@corp.example"}, NoEmail.NOT_WANTED),
    ],
)
def test_why_there_is_no_email_is_known(rules: ClaimRules, userid: str, values: dict[str, str], why: NoEmail) -> None:
    assert judge_email(userid, "wwCorp", Profile(), _disclosed(**values), rules) is why
    assert email_of(userid, "wwCorp", Profile(), _disclosed(**values), rules) is None


def test_a_fact_comes_with_its_source() -> None:
    profile = Profile({"mobile": Fact("user/get", _NOW, "13800000000"), "alias": Fact("user/get", _NOW, None, "no")})
    found = find_fact("mobile", profile, _disclosed(mobile=None))
    assert found is not None
    assert found.source == "user/get"
    assert find_fact("alias", profile, None) is None


@pytest.mark.parametrize("template", [None, "{userid}", "{userid}@@corp.example"])
def test_a_template_that_makes_no_address_makes_none(template: str | None) -> None:
    assert _email(replace(_TEMPLATE, email_template=template)) is None


def test_no_email_is_told_where_none_is_wanted() -> None:
    assert _email(ClaimRules(email=EmailSource.NONE), email="a@b.example", biz_mail="a@b.example") is None


@pytest.mark.parametrize(
    ("userid", "username"),
    [
        ("LiSi", "lisi"),
        ("li.si_3-x", "li.si_3-x"),
        ("lisi@corp", "lisi-corp"),
        ("../../etc", "etc"),
        ("-rf", "rf"),
        ("a b;c", "a-b-c"),
    ],
)
def test_a_username_is_safe_in_a_path_or_a_shell(userid: str, username: str) -> None:
    assert username_of(userid, "wwCorp", ClaimRules()) == username


def test_a_userid_without_a_safe_letter_makes_a_username_of_its_own() -> None:
    made = {username_of(userid, "wwCorp", ClaimRules()) for userid in ("@@", "李四", "王五")}
    assert len(made) == 3
    assert all(re.fullmatch(r"member-[0-9a-f]{8}", username) for username in made)


def test_with_several_corps_a_username_names_its_corp() -> None:
    assert username_of("LiSi", "wwCorp", ClaimRules(is_corp_qualified=True)) == "lisi.wwcorp"


def test_a_later_person_gets_a_suffix() -> None:
    assert suffixed("lisi", 2) == "lisi-2"


def test_names_are_compared_folded() -> None:
    assert fold("LiSi@corp.example") == fold("lisi@corp.example")


def test_what_was_disclosed_wins_over_the_address_book() -> None:
    profile = Profile({"email": Fact("user/get", _NOW, "old@a.example"), "departments": Fact("user/get", _NOW, ("1",))})
    assert fact_of("email", profile, _disclosed(email="new@a.example")) == "new@a.example"
    assert fact_of("email", profile, _disclosed(email=None)) == "old@a.example"
    assert fact_of("email", profile, None) == "old@a.example"
    assert fact_of("departments", profile, None) is None
    assert fact_of("mobile", profile, None) is None


def test_an_email_stays_out_of_the_log() -> None:
    assert "lisi" not in repr(Email("lisi@corp.example", is_verified=True))


@given(st.text(min_size=1, max_size=129))
def test_any_userid_makes_a_username(userid: str) -> None:
    assert re.fullmatch(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?", username_of(userid, "ww", ClaimRules()))


@given(st.text(max_size=64))
def test_no_userid_makes_two_addresses(userid: str) -> None:
    email = _email(_TEMPLATE, userid)
    assert email is None or (email.address.count("@") == 1 and email.address.partition("@")[0] not in RESERVED)
