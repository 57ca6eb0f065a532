"""Where each claim comes from, and why one is missing."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gongpai.gateway.oidc.claims import Portrait, claims_for
from gongpai.gateway.oidc.names import Email, NoEmail, judge_email
from gongpai.gateway.preview.provenance import Names, Note, Origin, Remark, Row, Told, rows
from gongpai.gateway.records import Disclosure, Fact, Profile
from gongpai.gateway.records_provider import ClaimRules, EmailSource, SubjectType

AT = datetime(2026, 11, 22, 8, tzinfo=UTC)
LATER = datetime(2026, 11, 22, 9, tzinfo=UTC)
ALL = frozenset({"openid", "profile", "email", "phone", "address", "groups"})
TEMPLATE = ClaimRules(email=EmailSource.TEMPLATE, email_template="{userid}@corp.example")
VERIFIED = ClaimRules(verified_domains=frozenset({"corp.example"}))
BOOK = Profile(
    {
        "name": Fact("user/get", AT, "李四"),
        "alias": Fact("user/get", AT, None, "not_in_profile"),
        "main_department": Fact("user/get", AT, "5"),
        "avatar": Fact("user/get", AT, "not an address"),
    },
    (5, 4, 9),
)


def disclosed(**values: str) -> Disclosure:
    return Disclosure(LATER, {name: Fact("auth/getuserdetail", LATER, value) for name, value in values.items()})


def shown(
    rules: ClaimRules = TEMPLATE,
    disclosure: Disclosure | None = None,
    *,
    names: Names | None = None,
    is_taken: bool = False,
    scopes: frozenset[str] = ALL,
    subject_type: SubjectType = SubjectType.PUBLIC,
    asked: frozenset[str] = frozenset(),
) -> dict[str, Row]:
    """Return the rows by claim, for Li Si."""
    judged = judge_email("lisi", "wwcorp", BOOK, disclosure, rules)
    email = judged if isinstance(judged, Email) and not is_taken else None
    portrait = Portrait("subject", "wwcorp", "lisi", email, BOOK, disclosure, AT)
    told = Told(claims_for(scopes, portrait, rules), portrait, rules, judged, names or Names(), subject_type, asked)
    return {row.claim: row for row in rows(told, scopes)}


def test_every_claim_of_the_scopes_has_a_row_and_no_other() -> None:
    assert set(shown(scopes=frozenset({"openid", "groups"}))) == {"sub", "groups"}
    assert len(shown()) == 14


@pytest.mark.parametrize(
    ("subject_type", "origin"), [(SubjectType.PUBLIC, Origin.MINTED), (SubjectType.PAIRWISE, Origin.PAIRWISE)]
)
def test_a_subject_says_how_it_was_made(subject_type: SubjectType, origin: Origin) -> None:
    assert shown(subject_type=subject_type)["sub"] == Row("sub", "subject", origin)


def test_a_fact_of_the_address_book_comes_with_the_call_and_its_time() -> None:
    assert shown()["name"] == Row("name", "李四", Origin.ADDRESS_BOOK, "user/get", AT)


def test_what_the_member_disclosed_comes_as_such() -> None:
    row = shown(disclosure=disclosed(gender="female", avatar="https://a.example/p.png"))["gender"]
    assert row == Row("gender", "female", Origin.DISCLOSED, "auth/getuserdetail", LATER)


def test_what_nobody_told_is_missing_for_that_reason() -> None:
    for claim in ("nickname", "gender", "address", "phone_number", "phone_number_verified"):
        assert shown()[claim] == Row(claim, None, Origin.NOTHING, notes=(Note(Remark.NOT_TOLD),))


def test_what_they_would_be_asked_for_says_so() -> None:
    told = shown(ClaimRules(), asked=frozenset({"mobile", "biz_mail"}))
    assert told["phone_number"].notes == (Note(Remark.NOT_TOLD), Note(Remark.WOULD_BE_ASKED))
    assert told["email"].notes == (Note(NoEmail.UNKNOWN), Note(Remark.WOULD_BE_ASKED))
    assert told["address"].notes == (Note(Remark.NOT_TOLD),)


def test_what_they_were_asked_for_and_did_not_give_says_so() -> None:
    declined = Disclosure(LATER, {"mobile": Fact("auth/getuserdetail", LATER, None, "skipped")})
    assert shown(disclosure=declined)["phone_number"].notes == (Note(Remark.NOT_TOLD), Note(Remark.NOT_GIVEN))


def test_what_a_claim_cannot_hold_is_missing_for_that_reason() -> None:
    row = shown()["picture"]
    assert row == Row("picture", None, Origin.ADDRESS_BOOK, "user/get", AT, (Note(Remark.UNUSABLE),))
    assert shown(disclosure=disclosed(mobile="12"))["phone_number"].notes == (Note(Remark.UNUSABLE),)


def test_a_mobile_never_counts_as_verified() -> None:
    told = shown(disclosure=disclosed(mobile="13800000000"))
    assert told["phone_number"].notes == ()
    assert told["phone_number_verified"].value is False
    assert told["phone_number_verified"].notes == (Note(Remark.NEVER_VERIFIED),)


def test_the_rest_says_where_it_comes_from() -> None:
    told = shown()
    assert told["wecom_corpid"].origin is Origin.CORP
    assert (told["updated_at"].origin, told["updated_at"].at) == (Origin.LAST_LOOK, AT)


@pytest.mark.parametrize(
    ("names", "notes"),
    [
        (Names(), ()),
        (Names(fresh=frozenset({"lisi"})), (Note(Remark.WOULD_BE_RESERVED, "lisi"),)),
        (Names(taken=("li.si", "lisi-2")), (Note(Remark.SUFFIXED, "li.si"),)),
    ],
)
def test_a_username_says_whether_it_is_theirs_already(names: Names, notes: tuple[Note, ...]) -> None:
    assert shown(names=names)["preferred_username"].notes == notes


def test_a_template_says_whether_its_mailboxes_are_owned() -> None:
    owned = replace(TEMPLATE, owns_mailboxes=True)
    for rules, remark in ((TEMPLATE, Remark.NOT_OWNED), (owned, Remark.OWNED)):
        told = shown(rules)
        assert (told["email"].origin, told["email"].source) == (Origin.TEMPLATE, "{userid}@corp.example")
        assert told["email_verified"].notes == (Note(remark),)


def test_an_email_that_is_nobodys_yet_would_be_reserved() -> None:
    told = shown(names=Names(fresh=frozenset({"lisi@corp.example"})))
    assert told["email"].notes == (Note(Remark.WOULD_BE_RESERVED, "lisi@corp.example"),)
    assert shown()["email"].notes == ()


def test_an_email_that_is_somebody_elses_is_left_out() -> None:
    told = shown(is_taken=True)
    assert told["email"].value is None
    assert told["email"].notes == told["email_verified"].notes == (Note(Remark.TAKEN, "lisi@corp.example"),)


@pytest.mark.parametrize(
    ("rules", "name", "remark"),
    [
        (
            ClaimRules(verified_domains=frozenset({"corp.example"})),
            "biz_mail",
            Note(Remark.VERIFIED_DOMAIN, "corp.example"),
        ),
        (ClaimRules(), "biz_mail", Note(Remark.OTHER_THAN_VERIFIED, "corp.example")),
        (ClaimRules(email=EmailSource.PERSONAL), "email", Note(Remark.NEVER_VERIFIED)),
    ],
)
def test_an_email_of_wecoms_says_why_it_is_verified_or_not(rules: ClaimRules, name: str, remark: Note) -> None:
    told = shown(rules, disclosed(**{name: "li@corp.example"}))
    assert (told["email"].value, told["email"].origin) == ("li@corp.example", Origin.DISCLOSED)
    assert told["email_verified"].notes == (remark,)


@pytest.mark.parametrize(
    ("rules", "why"),
    [
        (ClaimRules(), NoEmail.UNKNOWN),
        (ClaimRules(email=EmailSource.NONE), NoEmail.NOT_WANTED),
        (ClaimRules(email=EmailSource.PERSONAL), NoEmail.UNKNOWN),
    ],
)
def test_an_email_that_there_is_not_says_why(rules: ClaimRules, why: NoEmail) -> None:
    for claim in ("email", "email_verified"):
        assert shown(rules)[claim] == Row(claim, None, Origin.NOTHING, notes=(Note(why),))


@pytest.mark.parametrize(
    ("changes", "told", "notes"),
    [
        ({}, ["dept:5", "dept:4", "dept:9"], ()),
        ({"group_ids": frozenset({4})}, ["dept:4"], (Note(Remark.FILTERED, "dept:5, dept:9"),)),
        ({"group_limit": 1}, ["dept:5"], (Note(Remark.CUT_OFF, "1: dept:4, dept:9"),)),
        ({"group_names": {5: "dev"}, "group_limit": 2}, ["dev", "dept:4"], (Note(Remark.CUT_OFF, "2: dept:9"),)),
    ],
)
def test_groups_say_what_was_left_out_and_what_was_cut_off(
    changes: dict[str, object], told: list[str], notes: tuple[Note, ...]
) -> None:
    row = shown(replace(TEMPLATE, **changes))["groups"]  # type: ignore[arg-type]  # the fields of ClaimRules, by name
    assert (row.value, row.origin, row.notes) == (told, Origin.DEPARTMENTS, notes)
