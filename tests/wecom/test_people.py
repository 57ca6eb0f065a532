from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongpai.wecom import (
    App,
    ExternalContact,
    Gender,
    Identity,
    LinkedMember,
    Member,
    Status,
    Stranger,
    TransportError,
    UserDetail,
    UserProfile,
)
from gongpai.wecom.people import parse_detail, parse_identity, parse_profile

APP = App("wwCorp", 1, "s")
ENCRYPTED = App("wpCorp", 1, "s", encrypted_ids=True)
DETAIL: dict[str, object] = {
    "errcode": 0,
    "errmsg": "ok",
    "userid": "lisi",
    "gender": "1",
    "avatar": "http://shp.qpic.cn/bizmp/xxxxxxxxxxx/0",
    "qr_code": "https://open.work.weixin.qq.com/wwopen/userQRCode?vcode=vcfc13b01dfs78e981c",
    "mobile": "13800000000",
    "email": "zhangsan@gzdev.com",
    "biz_mail": "zhangsan@qyycs2.wecom.work",
    "address": "广州市海珠区新港中路",
}


@pytest.mark.parametrize(
    ("payload", "identity"),
    [
        ({"userid": "lisi"}, Member("wwCorp", "lisi")),
        ({"UserId": "lisi", "DeviceId": "D"}, Member("wwCorp", "lisi")),
        ({"userid": "wpB/Li"}, LinkedMember("wwCorp", "wpB", "Li")),
        ({"openid": "o", "external_userid": "wm"}, ExternalContact("wwCorp", "o", "wm")),
        ({"OpenId": "o"}, Stranger("wwCorp", "o")),
        ({"openid": "o", "external_userid": ""}, Stranger("wwCorp", "o")),
        ({"userid": "", "openid": "o"}, Stranger("wwCorp", "o")),
    ],
)
def test_each_answer_is_one_of_four_kinds(payload: dict[str, object], identity: Identity) -> None:
    assert parse_identity({"errcode": 0, "errmsg": "ok", **payload}, APP) == identity


def test_a_ticket_comes_with_its_life_or_with_the_documented_one() -> None:
    for extra, life in (({}, 1800), ({"expires_in": 900}, 900)):
        member = parse_identity({"userid": "li", "user_ticket": "T", **extra}, APP)
        assert isinstance(member, Member)
        assert member.user_ticket is not None
        assert (member.user_ticket.value, member.user_ticket.expires_in) == ("T", timedelta(seconds=life))


def test_unknown_fields_are_kept_aside() -> None:
    assert parse_identity({"userid": "li", "user_doc_ticket": "x"}, APP).extra == {"user_doc_ticket": "x"}


def test_whether_ids_are_encrypted_is_the_apps_setting() -> None:
    assert parse_identity({"userid": "woAb"}, ENCRYPTED) != parse_identity({"userid": "woaB"}, ENCRYPTED)
    assert parse_identity({"userid": "woAb"}, APP) == parse_identity({"userid": "woaB"}, APP)


@pytest.mark.parametrize("userid", ["/", "wpB/", "/li", "a/b/c d", "李四", "li si", "x" * 65, "x" * 130, "a\n"])
def test_a_userid_that_cannot_be_is_no_answer(userid: str) -> None:
    with pytest.raises(TransportError, match="WeCom's answer"):
        parse_identity({"userid": userid}, APP)


def test_a_linked_id_is_split_at_the_first_stroke_only() -> None:
    linked = parse_identity({"userid": "wpB/a/b"}, APP)
    assert isinstance(linked, LinkedMember)
    assert (linked.home_corpid, linked.userid) == ("wpB", "a/b")


@pytest.mark.parametrize("payload", [{}, {"userid": ""}, {"openid": None}, {"external_userid": "wm"}])
def test_an_answer_without_anybody_is_no_answer(payload: dict[str, object]) -> None:
    with pytest.raises(TransportError, match="neither userid nor openid"):
        parse_identity({"errcode": 0, "errmsg": "ok", **payload}, APP)


@given(st.text(max_size=140), st.booleans())
def test_no_userid_becomes_a_bare_or_malformed_id(userid: str, encrypted: bool) -> None:  # noqa: FBT001
    try:
        identity = parse_identity({"userid": userid}, ENCRYPTED if encrypted else APP)
    except TransportError:
        return
    assert isinstance(identity, LinkedMember if "/" in userid else Member)
    assert identity.key.userid
    assert identity.key.userid.isascii()


def test_disclosed_fields_are_read() -> None:
    assert parse_detail({**DETAIL, "new_field": 1}) == UserDetail(
        userid="lisi",
        gender=Gender.MALE,
        avatar="http://shp.qpic.cn/bizmp/xxxxxxxxxxx/0",
        qr_code="https://open.work.weixin.qq.com/wwopen/userQRCode?vcode=vcfc13b01dfs78e981c",
        mobile="13800000000",
        email="zhangsan@gzdev.com",
        biz_mail="zhangsan@qyycs2.wecom.work",
        address="广州市海珠区新港中路",
        extra={"new_field": 1},
    )


def test_absent_and_empty_both_mean_not_disclosed() -> None:
    empty = dict.fromkeys(("avatar", "qr_code", "mobile", "email", "biz_mail", "address"), "")
    assert parse_detail({"userid": "lisi", "gender": "0", **empty}) == parse_detail({"userid": "lisi"})
    assert parse_detail({"userid": "lisi"}) == UserDetail("lisi")


@pytest.mark.parametrize(
    ("value", "gender"),
    [("0", Gender.UNDEFINED), (1, Gender.MALE), ("2", Gender.FEMALE), (9, Gender.UNDEFINED), ("", Gender.UNDEFINED)],
)
def test_gender_comes_as_text_or_number(value: object, gender: Gender) -> None:
    assert parse_detail({"userid": "li", "gender": value}).gender is gender


def test_a_detail_belongs_to_somebody() -> None:
    with pytest.raises(TransportError, match="userid is missing"):
        parse_detail({"mobile": "13800000000"})


def test_a_profile_of_a_new_app_has_no_sensitive_field() -> None:
    profile = parse_profile(
        {
            "errcode": 0,
            "errmsg": "ok",
            "userid": "lisi",
            "name": "李四",
            "department": [1, 2],
            "order": [1, 2],
            "main_department": 1,
            "position": "后台工程师",
            "alias": "Jack",
            "status": 1,
            "is_leader_in_dept": [0, 1],
            "direct_leader": ["zhangsan"],
        }
    )
    assert profile == UserProfile(
        userid="lisi",
        name="李四",
        departments=(1, 2),
        status=Status.ACTIVE,
        main_department=1,
        position="后台工程师",
        alias="Jack",
        leads=(2,),
        direct_leaders=("zhangsan",),
        detail=None,
        extra={"order": [1, 2]},
    )


def test_a_profile_of_an_old_app_has_what_wecom_still_gives() -> None:
    profile = parse_profile({**DETAIL, "name": "李四", "department": [1], "status": 1, "new": 1})
    assert profile.detail is not None
    assert (profile.detail.mobile, profile.detail.gender) == ("13800000000", Gender.MALE)
    assert profile.extra == {"new": 1}
    assert profile.detail.extra == {}


@pytest.mark.parametrize(
    ("value", "status"),
    [(1, Status.ACTIVE), (2, Status.DISABLED), (4, Status.NOT_ACTIVATED), (5, Status.LEFT), (3, Status.UNKNOWN)],
)
def test_a_status_that_nobody_documented_is_unknown_and_never_active(value: int, status: Status) -> None:
    assert parse_profile({"userid": "li", "status": value}).status is status


def test_a_bare_profile_is_read_with_an_unknown_status() -> None:
    assert parse_profile({"userid": "li"}) == UserProfile("li", "", (), Status.UNKNOWN)
