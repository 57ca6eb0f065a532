"""What a party is told: within its scopes, from what is known, by its rules."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gongpai.gateway.oidc.claims import BY_SCOPE, Portrait, allowed_claims, claims_for, groups_of, scopes_of
from gongpai.gateway.oidc.names import Email
from gongpai.gateway.records import Disclosure, Fact, Profile
from gongpai.gateway.records_provider import ClaimRules

_NOW = datetime(2026, 11, 22, tzinfo=UTC)
_RULES = ClaimRules()
_ALL = frozenset(BY_SCOPE)


def _facts(**values: str | None) -> dict[str, Fact]:
    return {name: Fact("user/get", _NOW, value) for name, value in values.items()}


_PROFILE = Profile(_facts(name="李四", alias="Jackie", main_department="7"), (3, 7, 12))
_PORTRAIT = Portrait(
    subject="s",
    corpid="wwcorp",
    username="lisi",
    email=Email("lisi@corp.example", is_verified=True),
    profile=_PROFILE,
    disclosure=Disclosure(
        _NOW,
        _facts(
            avatar="http://shp.qpic.cn/bizmp/x/0",
            gender="female",
            mobile="13800000000",
            address="广州市海珠区新港中路",
            qr_code="https://open.work.weixin.qq.com/x",
        ),
    ),
    updated_at=_NOW,
)


def test_all_scopes_tell_all_that_is_known() -> None:
    assert claims_for(_ALL, _PORTRAIT, _RULES) == {
        "name": "李四",
        "nickname": "Jackie",
        "preferred_username": "lisi",
        "picture": "http://shp.qpic.cn/bizmp/x/0",
        "gender": "female",
        "updated_at": int(_NOW.timestamp()),
        "wecom_corpid": "wwcorp",
        "email": "lisi@corp.example",
        "email_verified": True,
        "phone_number": "+8613800000000",
        "phone_number_verified": False,
        "address": {"formatted": "广州市海珠区新港中路"},
        "groups": ["dept:7", "dept:3", "dept:12"],
    }


@pytest.mark.parametrize("scope", BY_SCOPE)
def test_a_scope_tells_its_own_claims_only(scope: str) -> None:
    assert tuple(claims_for(frozenset({scope}), _PORTRAIT, _RULES)) == BY_SCOPE[scope]


def test_openid_alone_tells_nothing() -> None:
    assert claims_for(frozenset({"openid", "offline_access"}), _PORTRAIT, _RULES) == {}


def test_what_is_not_known_is_left_out() -> None:
    bare = Portrait("s", "wwcorp", "lisi", None, Profile())
    expected = {"preferred_username": "lisi", "wecom_corpid": "wwcorp", "groups": []}
    assert claims_for(_ALL, bare, _RULES) == expected


@pytest.mark.parametrize(
    ("mobile", "number"),
    [
        ("13800000000", "+8613800000000"),
        ("+44 20 7946 0958", "+442079460958"),
        ("138-0000-0000", "+8613800000000"),
        ("0755-1234567", None),
        ("+0123456789", None),
        ("+861380000000012345", None),
        ("+86138x", None),
        ("", None),
    ],
)
def test_a_number_is_told_as_it_is_dialled_or_not_at_all(mobile: str, number: str | None) -> None:
    portrait = replace(_PORTRAIT, disclosure=Disclosure(_NOW, _facts(mobile=mobile)))
    told = claims_for(frozenset({"phone"}), portrait, _RULES)
    assert told == ({} if number is None else {"phone_number": number, "phone_number_verified": False})


@pytest.mark.parametrize("avatar", ["javascript:alert(1)", "data:image/png;base64,AA", "https://x/" + "y" * 2048])
def test_a_picture_is_an_address_of_the_web(avatar: str) -> None:
    portrait = replace(_PORTRAIT, disclosure=Disclosure(_NOW, _facts(avatar=avatar, gender="undefined")))
    assert not claims_for(frozenset({"profile"}), portrait, _RULES).keys() & {"picture", "gender"}


@pytest.mark.parametrize(
    ("rules", "groups"),
    [
        (ClaimRules(group_names={7: "engineering"}), ["engineering", "dept:3", "dept:12"]),
        (ClaimRules(group_names={7: "all", 12: "all"}), ["all", "dept:3"]),
        (ClaimRules(group_ids=frozenset({12, 3})), ["dept:3", "dept:12"]),
        (ClaimRules(group_ids=frozenset()), []),
        (ClaimRules(group_limit=2), ["dept:7", "dept:3"]),
        (ClaimRules(group_limit=0), []),
    ],
)
def test_groups_are_named_filtered_and_limited_by_id(rules: ClaimRules, groups: list[str]) -> None:
    assert groups_of(_PROFILE, rules) == groups


def test_a_department_that_is_named_anew_stays_the_same_group() -> None:
    # T10: no name of WeCom's is read.
    renamed = replace(_PROFILE, facts={**_PROFILE.facts, "department_names": Fact("x", _NOW, ("管理员",))})
    assert groups_of(renamed, _RULES) == groups_of(_PROFILE, _RULES)


def test_without_a_main_department_groups_go_by_id() -> None:
    assert groups_of(Profile({}, (12, 3, 3)), _RULES) == ["dept:3", "dept:12"]


def test_single_claims_are_told_beside_the_scopes() -> None:
    told = claims_for(frozenset({"openid"}), _PORTRAIT, _RULES, frozenset({"name", "acr", "password"}))
    assert told == {"name": "李四"}


def test_single_claims_belong_to_scopes() -> None:
    wanted = frozenset({"name", "email", "acr"})
    assert scopes_of(wanted) == {"profile", "email"}
    assert allowed_claims(wanted, frozenset({"openid", "email"})) == {"email"}


def test_a_portrait_stays_out_of_the_log() -> None:
    assert "13800000000" not in repr(_PORTRAIT)
    assert "李四" not in repr(_PORTRAIT)
