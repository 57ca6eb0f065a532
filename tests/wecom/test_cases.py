"""The cases of the protocol that are about clients; and what the library makes of every server's answer."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from cases import CASES
from gongpai.wecom import (
    ApiError,
    App,
    Call,
    ClientKind,
    ExternalContact,
    GetAgentTicket,
    GetApiDomainIps,
    GetApp,
    GetCallbackIps,
    GetJsapiTicket,
    GetToken,
    GetUser,
    GetUserDetail,
    GetUserInfo,
    GetUserInfoLegacy,
    Identity,
    LinkedMember,
    Member,
    Request,
    TransportError,
    begin_in_app,
    begin_web_login,
    client_kind,
    in_app_url,
    sign_jsapi,
    web_login_url,
)
from gongpai.wecom.models import UserDetail

Case = dict[str, Any]
BY_ID = {case["id"]: case for case in CASES}
APP = App("wxCorpId", 1000000, "SECRET_A")


# What the library asks, by the path of the case.
CALLS: dict[str, Callable[[Mapping[str, str]], Call[object]]] = {
    "/cgi-bin/gettoken": lambda said: GetToken(App(said["corpid"], 1000000, said.get("corpsecret", ""))),
    "/cgi-bin/auth/getuserinfo": lambda said: GetUserInfo(APP, said.get("code", "")),
    "/cgi-bin/user/getuserinfo": lambda said: GetUserInfoLegacy(APP, said.get("code", "")),
    "/cgi-bin/auth/getuserdetail": lambda said: GetUserDetail(said["user_ticket"]),
    "/cgi-bin/user/get": lambda said: GetUser(said.get("userid", "")),
    "/cgi-bin/agent/get": lambda said: GetApp(int(said["agentid"])),
    "/cgi-bin/getcallbackip": lambda _said: GetCallbackIps(),
    "/cgi-bin/get_api_domain_ip": lambda _said: GetApiDomainIps(),
    "/cgi-bin/get_jsapi_ticket": lambda _said: GetJsapiTicket(),
    "/cgi-bin/ticket/get": lambda _said: GetAgentTicket(),
}
# The library never asks so: a part is missing, is in the wrong place, or is of another method.
NEVER_ASKED = {
    "gettoken-006",
    "http-002",
    "http-003",
    "http-013",
    "jsapi-005",
    "userinfo-008",
    "user-006",
    "userdetail-013",
}
ANSWERED = [case for case in CASES if case["request"]["path"] in CALLS and case["request"]["method"] in {"GET", "POST"}]


def call_of(case: Case) -> Call[object]:
    request = case["request"]
    return CALLS[request["path"]]({**request["query"], **(request["body"] or {})})


def answers_of(case: Case) -> list[dict[str, object]]:
    """Every answer that the case allows, with a value for what it only requires to be there."""
    expected = case["expect"]
    required = [*expected.get("json_present", []), *expected.get("json_regex", {})]
    samples: dict[str, object] = {"gender": "1", "department": [1], "agentid": 1000000}
    answer = {name: samples.get(name, "sample") for name in required} | expected.get("json", {})
    if case["request"]["path"] == "/cgi-bin/agent/get":
        answer["agentid"] = 1000000
    if case["id"] == "userinfo-015":
        answer["userid"] = "wpLinked/zhaoliu"
    if {"access_token", "ticket"} & answer.keys() or "ticket" in case["request"]["path"]:
        answer = {"ticket": "sample", "access_token": "sample", "expires_in": 7200, **answer}
    if case["request"]["path"] in {"/cgi-bin/gettoken", "/cgi-bin/auth/getuserdetail"}:
        answer = {"userid": "lisi", "access_token": "sample", "expires_in": 7200, **answer}
    one_of = expected.get("json_one_of", {}).get("errcode")
    return [answer] if one_of is None else [{**answer, "errcode": errcode} for errcode in one_of]


@pytest.mark.parametrize(
    "case", [each for each in ANSWERED if each["id"] not in NEVER_ASKED], ids=lambda each: each["id"]
)
def test_the_library_asks_as_the_case_does(case: Case) -> None:
    request = case["request"]
    token = request["query"].get("access_token", "")
    assert call_of(case).request(token) == Request(
        request["method"], request["path"], request["query"], request["body"]
    )


@pytest.mark.parametrize("case", ANSWERED, ids=lambda each: each["id"])
def test_the_library_understands_every_answer_that_the_case_allows(case: Case) -> None:
    for answer in answers_of(case):
        if answer["errcode"] == 0:
            assert call_of(case).parse(answer) is not None
            continue
        with pytest.raises(ApiError) as caught:
            call_of(case).parse(answer)
        assert type(caught.value) is not ApiError, "the catalogue lacks this code"
        assert caught.value.errcode == answer["errcode"]


@pytest.mark.parametrize(
    ("case_id", "identity"),
    [
        ("userinfo-001", Member("wxCorpId", "lisi")),
        ("userinfo-002", Member("wxCorpId", "lisi")),
        ("userinfo-013", ExternalContact("wxCorpId", "sample", "sample")),
        ("userinfo-015", LinkedMember("wxCorpId", "wpLinked", "zhaoliu")),
        ("userinfo-018", Member("wxCorpId", "lisi")),
    ],
)
def test_each_kind_of_person_is_told_apart(case_id: str, identity: Identity) -> None:
    assert [call_of(BY_ID[case_id]).parse(answer) for answer in answers_of(BY_ID[case_id])] == [identity]


@pytest.mark.parametrize("case_id", ["userdetail-002", "userdetail-003", "userdetail-011"])
@pytest.mark.parametrize("is_absent", [True, False])
def test_a_field_that_is_absent_or_empty_was_not_disclosed(case_id: str, is_absent: bool) -> None:  # noqa: FBT001
    case = BY_ID[case_id]
    withheld = case["expect"].get("json_absent_or_empty", ["address"])
    answer = answers_of(case)[0] | ({} if is_absent else dict.fromkeys(withheld, ""))
    detail = call_of(case).parse(answer)
    assert isinstance(detail, UserDetail)
    assert [getattr(detail, name) for name in withheld] == [None] * len(withheld)


def test_60020_says_which_address_wecom_saw() -> None:
    errmsg = "not allow to access from your ip, hint: [1], from ip: 198.51.100.99, more info at https://example.com"
    with pytest.raises(ApiError) as caught:
        call_of(BY_ID["userinfo-016"]).parse({"errcode": 60020, "errmsg": errmsg})
    assert caught.value.caller_ip == BY_ID["userinfo-016"]["given"]["caller_ip"]


def test_the_in_app_link_is_built_as_the_case_says() -> None:
    case = BY_ID["authorize-018"]
    said, expected = case["request"]["query"], case["expect"]
    url = in_app_url(said["appid"], said["redirect_uri"], said["state"])
    assert url.startswith(f"https://{case['request']['host']}{case['request']['path']}?")
    assert url.endswith(expected["url_suffix"])
    assert url.count("#") == expected["fragment_count"]
    assert expected["redirect_uri_encoded_contains"] in url
    assert dict(parse_qsl(urlsplit(url).query)) == {**said, "response_type": "code"}


def test_the_web_login_link_is_built_as_the_case_says() -> None:
    case = BY_ID["weblogin-001"]
    said = case["request"]["query"]
    url = web_login_url(App(said["appid"], int(said["agentid"]), "s"), said["redirect_uri"], said["state"])
    assert url == case["expect"]["url_equals"]


def exchange(case: Case) -> Identity:
    return GetUserInfo(APP, "CODE").parse(case["request"]["body"])


def test_an_answer_with_its_keys_in_another_order_is_read() -> None:
    case = BY_ID["userinfo-019"]
    who, expected = exchange(case), case["expect"]["client_parses"]
    assert isinstance(who, Member)
    assert who.user_ticket is not None
    assert who.userid == expected["userid"]
    assert who.user_ticket.expires_in == timedelta(seconds=expected["ticket_ttl"])


def test_an_answer_about_nobody_is_rejected() -> None:
    assert BY_ID["userinfo-020"]["expect"]["client_action"] == "reject: neither userid nor openid"
    with pytest.raises(TransportError, match="neither userid nor openid"):
        exchange(BY_ID["userinfo-020"])


def test_an_unknown_field_is_accepted() -> None:
    assert BY_ID["userinfo-021"]["expect"]["client_action"] == "accept, ignore unknown field"
    assert exchange(BY_ID["userinfo-021"]) == Member("wxCorpId", "u")


@pytest.mark.parametrize("case_id", ["jsapi-001", "jsapi-002"])
def test_a_page_is_signed_as_the_case_says(case_id: str) -> None:
    said = BY_ID[case_id]["request"]["query"]
    signed = sign_jsapi(said["jsapi_ticket"], said["noncestr"], int(said["timestamp"]), said["url"])
    assert signed.signature == BY_ID[case_id]["expect"]["signature"]


@pytest.mark.parametrize("case_id", ["ua-002", "ua-004", "ua-005"])
def test_the_client_and_its_way_are_as_the_case_says(case_id: str) -> None:
    case = BY_ID[case_id]
    client = client_kind(case["given"]["user_agent"])
    assert client.kind is ClientKind(case["expect"]["client_kind"])
    begin = begin_in_app if client.opens_in_app_link else begin_web_login
    assert f"/{case['expect']['flow']}?" in begin(APP, "https://sso.example/cb").url
