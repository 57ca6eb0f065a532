"""T10: groups go by the ids of departments; a name counts only where a party's own map gives it."""

from datetime import UTC, datetime

from gongpai.gateway.oidc.claims import groups_of
from gongpai.gateway.records import Fact, Profile
from gongpai.gateway.records_provider import ClaimRules

_NOW = datetime(2026, 11, 22, tzinfo=UTC)


def _profile(name: str) -> Profile:
    facts = {"departments": Fact("user/get", _NOW, ("2", "5")), "department_name": Fact("department/get", _NOW, name)}
    return Profile(facts, (2, 5))


def test_a_department_named_like_another_gains_nothing() -> None:
    for rules in (ClaimRules(), ClaimRules(group_names={5: "admins"})):
        assert groups_of(_profile("研发"), rules) == groups_of(_profile("admins"), rules)


def test_groups_are_ids_unless_the_partys_map_names_them() -> None:
    assert groups_of(_profile("admins"), ClaimRules()) == ["dept:2", "dept:5"]
    assert groups_of(_profile("admins"), ClaimRules(group_names={5: "finance"})) == ["dept:2", "finance"]
