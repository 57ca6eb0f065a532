from collections.abc import Mapping
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongpai.wecom import (
    ApiError,
    App,
    AppDetail,
    Call,
    Department,
    DepartmentNode,
    GetAgentTicket,
    GetApiDomainIps,
    GetApp,
    GetCallbackIps,
    GetDepartment,
    GetJsapiTicket,
    GetToken,
    GetUser,
    GetUserDetail,
    GetUserInfo,
    GetUserInfoLegacy,
    IssuedAppToken,
    JsapiTicket,
    ListDepartments,
    Member,
    RateLimitedError,
    Request,
    TransportError,
    UserTicket,
    WeComError,
    check,
)

APP = App("wwCorp", 1000000, "corp-secret")
TICKET = UserTicket("user-ticket", timedelta(seconds=1800))
CALLS: list[tuple[Call[object], str, str, dict[str, str], dict[str, object] | None]] = [
    (GetToken(APP), "GET", "gettoken", {"corpid": "wwCorp", "corpsecret": "corp-secret"}, None),
    (GetUserInfo(APP, "a-code"), "GET", "auth/getuserinfo", {"access_token": "T", "code": "a-code"}, None),
    (GetUserInfoLegacy(APP, "a-code"), "GET", "user/getuserinfo", {"access_token": "T", "code": "a-code"}, None),
    (GetUserDetail(TICKET), "POST", "auth/getuserdetail", {"access_token": "T"}, {"user_ticket": "user-ticket"}),
    (GetUserDetail("user-ticket"), "POST", "auth/getuserdetail", {"access_token": "T"}, {"user_ticket": "user-ticket"}),
    (GetUser("lisi"), "GET", "user/get", {"access_token": "T", "userid": "lisi"}, None),
    (GetDepartment(7), "GET", "department/get", {"access_token": "T", "id": "7"}, None),
    (ListDepartments(), "GET", "department/simplelist", {"access_token": "T"}, None),
    (ListDepartments(7), "GET", "department/simplelist", {"access_token": "T", "id": "7"}, None),
    (GetApp(1000000), "GET", "agent/get", {"access_token": "T", "agentid": "1000000"}, None),
    (GetCallbackIps(), "GET", "getcallbackip", {"access_token": "T"}, None),
    (GetApiDomainIps(), "GET", "get_api_domain_ip", {"access_token": "T"}, None),
    (GetJsapiTicket(), "GET", "get_jsapi_ticket", {"access_token": "T"}, None),
    (GetAgentTicket(), "GET", "ticket/get", {"access_token": "T", "type": "agent_config"}, None),
]
EVERY_CALL = [call for call, *_ in CALLS]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
KEYS = st.sampled_from(
    """errcode errmsg access_token expires_in userid UserId openid external_userid user_ticket department status gender
    mobile is_leader_in_dept direct_leader department_id agentid allow_userinfos allow_partys ip_list ticket""".split()  # noqa: SIM905  a list of words reads better
)


@pytest.mark.parametrize(("call", "method", "name", "query", "body"), CALLS)
def test_each_call_asks_as_documented(
    call: Call[object], method: str, name: str, query: Mapping[str, str], body: Mapping[str, object] | None
) -> None:
    assert call.request("T") == Request(method, f"/cgi-bin/{name}", query, body)
    assert call.name == name


@pytest.mark.parametrize("call", EVERY_CALL)
def test_no_secret_is_in_the_repr_of_a_call_or_of_its_request(call: Call[object]) -> None:
    shown = repr(call) + repr(call.request("app-token"))
    assert not any(secret in shown for secret in ("corp-secret", "a-code", "user-ticket", "app-token"))


@pytest.mark.parametrize("call", EVERY_CALL)
def test_only_the_exchange_of_a_code_must_not_be_repeated(call: Call[object]) -> None:
    assert call.spends_code is ("getuserinfo" in call.name)


@pytest.mark.parametrize("call", EVERY_CALL)
def test_every_call_raises_what_wecom_refused(call: Call[object]) -> None:
    with pytest.raises(ApiError) as caught:
        call.parse({"errcode": 60020, "errmsg": "from ip: 203.0.113.9", "ip_list": [], "department": []})
    assert caught.value.caller_ip == "203.0.113.9"


@pytest.mark.parametrize("call", EVERY_CALL)
@given(payload=st.dictionaries(KEYS | st.text(), JSON, max_size=6))
def test_hostile_answers_raise_nothing_but_our_errors(call: Call[object], payload: dict[str, object]) -> None:
    try:
        call.parse(payload)
    except WeComError as error:
        assert str(error)  # noqa: PT017  either outcome is right


@pytest.mark.parametrize("payload", [{}, {"errcode": 0}, {"errcode": 0, "errmsg": "ok"}])
def test_success_is_an_absent_or_zero_errcode(payload: dict[str, object]) -> None:
    assert check(payload) is payload


@pytest.mark.parametrize("errcode", ["0", 0.0, True, False, None, [], {}])
def test_an_errcode_that_is_not_an_integer_is_no_answer(errcode: object) -> None:
    with pytest.raises(TransportError, match="errcode is not an integer"):
        check({"errcode": errcode})


def test_the_text_of_an_error_can_be_written_down() -> None:
    with pytest.raises(ApiError) as caught:
        GetToken(APP).parse({"errcode": -1, "errmsg": "busy \ud83d"})
    assert str(caught.value).encode().endswith("busy \ufffd".encode())


def test_an_error_without_a_text_is_an_error() -> None:
    with pytest.raises(ApiError, match="40029"):
        check({"errcode": 40029})


@pytest.mark.parametrize(
    ("call", "pause"),
    [
        (GetUser("lisi"), timedelta(seconds=60)),
        (GetToken(APP), timedelta(hours=1)),
        (GetJsapiTicket(), timedelta(hours=1)),
        (GetAgentTicket(), timedelta(hours=1)),
    ],
)
def test_a_limit_says_when_to_come_back(call: Call[object], pause: timedelta) -> None:
    with pytest.raises(RateLimitedError) as caught:
        call.parse({"errcode": 45009, "errmsg": "api freq out of limit"})
    assert caught.value.retry_after == pause


def test_a_token_is_read_with_its_life() -> None:
    issued = GetToken(APP).parse({"errcode": 0, "errmsg": "ok", "access_token": "T", "expires_in": 7200})
    assert issued == IssuedAppToken("T", timedelta(hours=2))


@pytest.mark.parametrize(
    "payload", [{}, {"access_token": "T"}, {"expires_in": 7200}, {"access_token": "T" * 513, "expires_in": 7200}]
)
def test_a_token_without_value_or_life_or_too_long_is_no_answer(payload: dict[str, object]) -> None:
    with pytest.raises(TransportError):
        GetToken(APP).parse(payload)


@pytest.mark.parametrize("exchange", [GetUserInfo(APP, "c"), GetUserInfoLegacy(APP, "c")])
@pytest.mark.parametrize("key", ["userid", "UserId"])
def test_both_paths_read_both_spellings(exchange: GetUserInfo | GetUserInfoLegacy, key: str) -> None:
    assert exchange.parse({"errcode": 0, key: "LiSi"}) == Member("wwCorp", "lisi")


def test_a_department_is_read_with_its_leaders() -> None:
    row = {"id": 2, "name": "研发", "name_en": "R&D", "parentid": 1, "order": 9, "department_leader": ["li"], "new": 1}
    assert GetDepartment(2).parse({"errcode": 0, "department": row}) == Department(
        2, "研发", 1, 9, "R&D", ("li",), {"new": 1}
    )
    assert GetDepartment(1).parse({"department": {"id": 1}}) == Department(1, "", 0)
    with pytest.raises(TransportError, match="id is missing"):
        GetDepartment(1).parse({"department": {}})


def test_the_tree_of_departments_is_read() -> None:
    rows = [{"id": 1, "parentid": 0, "order": 5}, {"id": 2, "parentid": 1, "order": 4, "new": "x"}]
    assert ListDepartments().parse({"errcode": 0, "department_id": rows}) == (
        DepartmentNode(1, 0, 5),
        DepartmentNode(2, 1, 4, {"new": "x"}),
    )
    assert ListDepartments().parse({"errcode": 0}) == ()


def test_an_apps_settings_are_read() -> None:
    found = GetApp(1000000).parse(
        {
            "errcode": 0,
            "errmsg": "ok",
            "agentid": 1000000,
            "name": "工牌",
            "close": 0,
            "redirect_domain": "sso.example.com",
            "allow_userinfos": {"user": [{"userid": "zhangsan"}, {"userid": "lisi"}]},
            "allow_partys": {"partyid": [1]},
            "allow_tags": {"tagid": [1, 2]},
            "home_url": "https://sso.example.com",
        }
    )
    assert found == AppDetail(
        agentid=1000000,
        name="工牌",
        closed=False,
        redirect_domain="sso.example.com",
        visible_userids=("zhangsan", "lisi"),
        visible_departments=(1,),
        visible_tags=(1, 2),
        extra={"home_url": "https://sso.example.com"},
    )
    assert GetApp(1).parse({"agentid": 1, "close": 1}) == AppDetail(1, "", closed=True)


@pytest.mark.parametrize("call", [GetCallbackIps(), GetApiDomainIps()])
def test_wecoms_addresses_are_listed_as_they_come(call: GetCallbackIps | GetApiDomainIps) -> None:
    assert call.parse({"errcode": 0, "ip_list": ["182.254.11.176", "101.226.103.*"]}) == (
        "182.254.11.176",
        "101.226.103.*",
    )


@pytest.mark.parametrize("call", [GetJsapiTicket(), GetAgentTicket()])
def test_a_ticket_is_read_with_its_life(call: GetJsapiTicket | GetAgentTicket) -> None:
    assert call.parse({"errcode": 0, "ticket": "K", "expires_in": 7200}) == JsapiTicket("K", timedelta(hours=2))
