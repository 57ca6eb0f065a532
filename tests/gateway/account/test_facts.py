from datetime import UTC, datetime

from gongpai.gateway import records
from gongpai.gateway.account.facts import has_given, profile_facts, sensitive_facts, session_line
from gongpai.gateway.records import Disclosure, Profile
from gongpai.gateway.web.pages import Fact
from gongpai.wecom.models import Field
from memory import make_session

NOW = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)


def test_a_department_is_shown_by_its_name_where_the_app_may_read_it() -> None:
    facts = {
        "departments": records.Fact("user/get", NOW, ("2", "7")),
        "main_department": records.Fact("user/get", NOW, "7"),
    }
    shown = {fact.field: fact for fact in profile_facts(make_session("s", profile=Profile(facts)), {2: "技术部"})}
    assert shown["departments"] == Fact("departments", "技术部 (2), 7", "user/get", NOW)
    assert shown["main_department"] == Fact("main_department", "7", "user/get", NOW)


def test_what_the_profile_does_not_have_is_named_with_the_reason() -> None:
    facts = {"name": records.Fact("user/get", NOW, None, "not_in_profile")}
    shown = {fact.field: fact for fact in profile_facts(make_session("s", profile=Profile(facts)), {})}
    assert shown["name"] == Fact("name", None, "user/get", NOW, "not_in_profile")
    assert shown["departments"] == Fact("departments", None, reason="not_in_profile")


def test_before_anything_was_asked_every_sensitive_field_says_so() -> None:
    assert sensitive_facts(None) == tuple(Fact(name.value, None, reason="not_asked") for name in Field)


def test_what_was_disclosed_is_shown_with_its_source_and_the_rest_with_the_reason() -> None:
    facts = {name.value: records.Fact("auth/getuserdetail", NOW, None, "not_given") for name in Field}
    facts["mobile"] = records.Fact("auth/getuserdetail", NOW, "13800138001")
    shown = {fact.field: fact for fact in sensitive_facts(Disclosure(NOW, facts))}
    assert shown["mobile"] == Fact("mobile", "13800138001", "auth/getuserdetail", NOW)
    assert shown["email"] == Fact("email", None, "auth/getuserdetail", NOW, "not_given")


def test_a_field_that_was_not_asked_for_with_the_others_says_so() -> None:
    disclosure = Disclosure(NOW, {"mobile": records.Fact("auth/getuserdetail", NOW, None, "skipped")})
    shown = {fact.field: fact.reason for fact in sensitive_facts(disclosure)}
    assert (shown["mobile"], shown["email"]) == ("skipped", "not_asked")


def test_only_a_field_with_a_value_was_given() -> None:
    refused = records.Fact("auth/getuserdetail", NOW, None, "member_refused")
    assert not has_given(None)
    assert not has_given(Disclosure(NOW, {"mobile": refused}))
    given = records.Fact("auth/getuserdetail", NOW, "13800138001")
    assert has_given(Disclosure(NOW, {"email": refused, "mobile": given}))


def test_a_session_says_which_browser_it_is_and_whether_it_is_this_one() -> None:
    here = make_session("s", user_agent="Mozilla/5.0 (iPhone) wxwork/4.1.30 MicroMessenger/7.0.1")
    there = make_session("s", user_agent="curl")
    assert (session_line(here, here).is_current, session_line(there, here).is_current) == (True, False)
    assert (session_line(here, here).client, session_line(here, here).platform) == ("wecom", "ios")
    assert (session_line(there, here).client, session_line(there, here).platform) == ("browser", None)
