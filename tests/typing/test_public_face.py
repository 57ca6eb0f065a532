"""What a type checker tells the library's users: mypy reads this file, and running it proves that it runs."""

from collections.abc import Mapping
from datetime import timedelta
from typing import assert_never, assert_type

import gongpai.wecom
from gongpai.wecom import (
    Accepted,
    AccountKey,
    ApiError,
    App,
    AppDetail,
    AsyncWeComClient,
    Begun,
    Callback,
    Client,
    Department,
    DepartmentNode,
    DomainVerdict,
    ErrorEntry,
    ExternalContact,
    Gender,
    GetUser,
    Hosts,
    Identity,
    JsapiSignature,
    JsapiTicket,
    LinkedMember,
    Member,
    RateLimitedError,
    Refused,
    RestartOnce,
    SentMessage,
    Stranger,
    TextCard,
    UserDetail,
    UserProfile,
    UserTicket,
    Verdict,
    WeComClient,
    begin_in_app,
    begin_qr_connect,
    begin_web_login,
    client_kind,
    describe,
    explain_domain,
    finish,
    panel_params,
    parse_callback,
    require_code,
    sign_jsapi,
)

APP = App("wwCorp", 1000000, "secret")


def blocks(wecom: WeComClient) -> None:
    assert_type(wecom.identify("code"), Identity)
    assert_type(wecom.get_user_detail("ticket"), UserDetail)
    assert_type(wecom.get_user("lisi"), UserProfile)
    assert_type(wecom.get_department(1), Department)
    assert_type(wecom.list_departments(), tuple[DepartmentNode, ...])
    assert_type(wecom.get_app(), AppDetail)
    assert_type(wecom.send_text_card("lisi", TextCard("T", "D", "https://sso.example/")), SentMessage)
    assert_type(wecom.get_callback_ips(), tuple[str, ...])
    assert_type(wecom.get_api_domain_ips(), tuple[str, ...])
    assert_type(wecom.get_jsapi_ticket(), JsapiTicket)
    assert_type(wecom.sign_jsapi("https://sso.example/"), JsapiSignature)
    assert_type(wecom.call(GetUser("lisi")), UserProfile)
    assert_type(wecom.begin_in_app("https://sso.example/cb"), Begun)
    with wecom as entered:
        assert_type(entered, WeComClient)


async def awaits(wecom: AsyncWeComClient) -> None:
    assert_type(await wecom.identify("code"), Identity)
    assert_type(await wecom.get_user_detail("ticket"), UserDetail)
    assert_type(await wecom.get_user("lisi"), UserProfile)
    assert_type(await wecom.get_department(1), Department)
    assert_type(await wecom.list_departments(), tuple[DepartmentNode, ...])
    assert_type(await wecom.get_app(), AppDetail)
    assert_type(await wecom.send_text_card("lisi", TextCard("T", "D", "https://sso.example/")), SentMessage)
    assert_type(await wecom.get_agent_ticket(), JsapiTicket)
    assert_type(await wecom.sign_agent("https://sso.example/"), JsapiSignature)
    assert_type(await wecom.call(GetUser("lisi")), UserProfile)
    async with wecom as entered:
        assert_type(entered, AsyncWeComClient)


def tell(who: Identity) -> AccountKey:
    match who:
        case Member():
            assert_type(who.user_ticket, UserTicket | None)
            return who.key
        case LinkedMember(_, home_corpid, userid):
            assert_type((home_corpid, userid), tuple[str, str])
            return who.key
        case ExternalContact() | Stranger():
            assert_type(who.openid, str)
            return who.key
        case _:
            assert_never(who)


def judge(verdict: Verdict) -> str | None:
    match verdict:
        case Accepted(code):
            return assert_type(code, str)
        case RestartOnce():
            return None
        case Refused(reason):
            return reason.value
        case _:
            assert_never(verdict)


def test_links_and_verdicts_are_what_they_say() -> None:
    begun = assert_type(begin_web_login(APP, "https://sso.example/cb"), Begun)
    assert_type(begin_in_app(APP, "https://sso.example/cb"), Begun)
    assert_type(begin_qr_connect(APP, "https://sso.example/cb"), Begun)
    assert_type(panel_params(APP, "https://sso.example/cb", begun.state), dict[str, str])
    callback = assert_type(parse_callback(f"code=C&state={begun.state}"), Callback)
    verdict = assert_type(finish(begun.attempt, callback, browser_secret=begun.browser_secret), Verdict)
    assert assert_type(require_code(verdict), str) == judge(verdict)


def test_everything_else_is_what_it_says() -> None:
    assert_type(client_kind(""), Client)
    assert_type(explain_domain("https://a.example", "a.example"), DomainVerdict)
    assert_type(describe(40029), ErrorEntry | None)
    assert_type(sign_jsapi("ticket", "nonce", 1, "https://a.example"), JsapiSignature)
    assert_type(Hosts.at("http://127.0.0.1:1"), Hosts)
    assert_type(RateLimitedError(45009).retry_after, timedelta)
    assert_type(ApiError(1).caller_ip, str | None)
    detail = UserDetail("lisi")
    assert_type(detail.mobile, str | None)
    assert_type(detail.gender, Gender)
    assert_type(detail.extra, Mapping[str, object])
    assert tell(Member("ww", "li")) == Member("ww", "li").key


def test_every_public_name_is_there() -> None:
    assert sorted(set(gongpai.wecom.__all__)) == sorted(gongpai.wecom.__all__)
    assert all(hasattr(gongpai.wecom, name) for name in gongpai.wecom.__all__)
