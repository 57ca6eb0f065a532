"""Both twins run every case against a corner of the sandbox; its journal says what was really asked."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from gongpai.sandbox import Corner
from gongpai.wecom import (
    ApiError,
    App,
    AppTokenRejectedError,
    AsyncMemoryStore,
    CodeRejectedError,
    ConfigurationError,
    DeniedError,
    ExternalContact,
    Gender,
    Hosts,
    LinkedMember,
    Member,
    MemoryStore,
    RateLimitedError,
    Scope,
    Stranger,
    SystemBusyError,
    TicketRejectedError,
    TransportError,
    UsageError,
    WeComClient,
    WeComError,
    WrongWorldError,
)
from gongpai.wecom.jsapi import sign_jsapi
from wecom.twins import AGENTID, CORPID, Twin, app_of, open_twin

BOTH = pytest.mark.parametrize("is_async", [True, False], ids=["async", "sync"])
PAGE = "https://portal.gongpai-demo.example/page?x=1"


@pytest.fixture(params=[True, False], ids=["async", "sync"])
async def twin(request: pytest.FixtureRequest, wecom_sandbox: Corner) -> AsyncIterator[Twin]:
    async with open_twin(is_async=request.param, app=app_of(wecom_sandbox), url=wecom_sandbox.url) as opened:
        yield opened


def code_of(corner: Corner, userid: str = "zhangsan", **options: str) -> str:
    return corner.mint_code(AGENTID, userid, **options)  # type: ignore[arg-type]  # a scope given as text


async def test_from_code_to_mobile_number(twin: Twin, wecom_sandbox: Corner) -> None:
    member = await twin.do("identify", code_of(wecom_sandbox, "linwei", scope="snsapi_privateinfo"))
    assert member == Member(CORPID, "linwei")
    detail = await twin.do("get_user_detail", member.user_ticket)
    assert (detail.mobile, detail.gender, detail.biz_mail) == ("13800138001", Gender(1), "linwei@gongpai-demo.example")
    assert detail == await twin.do("get_user_detail", member.user_ticket.value)


async def test_one_silent_sign_in_costs_one_getuserinfo(twin: Twin, wecom_sandbox: Corner) -> None:
    await twin.do("identify", code_of(wecom_sandbox))
    await twin.do("identify", code_of(wecom_sandbox))
    assert wecom_sandbox.counts() == {"gettoken": 1, "auth/getuserinfo": 2}


async def test_everyone_who_is_no_member_has_a_type_of_their_own(twin: Twin, wecom_sandbox: Corner) -> None:
    world = wecom_sandbox.read_world().corps[0]
    people = [world.linked[0].members[0].userid, world.externals[0].openid, world.strangers[0].openid]
    kinds = [type(await twin.do("identify", code_of(wecom_sandbox, person))) for person in people]
    assert kinds == [LinkedMember, ExternalContact, Stranger]


async def test_the_address_book_is_read(twin: Twin) -> None:
    profile = await twin.do("get_user", "zhaomin")
    assert (profile.userid, profile.name, profile.departments) == ("zhaomin", "赵敏", (3,))
    department = await twin.do("get_department", 3)
    assert (department.id, department.parent_id) == (3, 2)
    everything, below = await twin.do("list_departments"), await twin.do("list_departments", 2)
    assert {2, 3, 4} <= {node.id for node in everything}
    assert {node.id for node in below} == {2, 3, 4}


async def test_the_app_and_the_addresses_are_read(twin: Twin) -> None:
    detail = await twin.do("get_app")
    assert (detail.agentid, detail.redirect_domain) == (AGENTID, "127.0.0.1:8000")
    assert await twin.do("get_callback_ips")
    assert await twin.do("get_api_domain_ips")


@pytest.mark.parametrize(
    ("sign", "ticket_of", "call"),
    [("sign_jsapi", "get_jsapi_ticket", "get_jsapi_ticket"), ("sign_agent", "get_agent_ticket", "ticket/get")],
)
async def test_pages_are_signed_with_a_ticket_that_is_fetched_once(
    twin: Twin, wecom_sandbox: Corner, sign: str, ticket_of: str, call: str
) -> None:
    signatures = [await twin.do(sign, PAGE) for _ in range(3)]
    ticket = await twin.do(ticket_of)
    for made in signatures:
        assert made == sign_jsapi(ticket, made.noncestr, made.timestamp, PAGE)
    assert wecom_sandbox.counts()[call] == 1
    twin.clock.advance(ticket.expires_in - timedelta(minutes=10))
    await twin.do(sign, PAGE)
    assert wecom_sandbox.counts()[call] == 2


async def test_a_used_code_is_refused_without_another_try(twin: Twin, wecom_sandbox: Corner) -> None:
    code = code_of(wecom_sandbox)
    await twin.do("identify", code)
    with pytest.raises(CodeRejectedError):
        await twin.do("identify", code)
    assert wecom_sandbox.counts()["auth/getuserinfo"] == 2


@pytest.mark.parametrize("code", ["", "x" * 513])
async def test_what_cannot_be_a_code_is_not_sent(twin: Twin, wecom_sandbox: Corner, code: str) -> None:
    with pytest.raises(UsageError):
        await twin.do("identify", code)
    assert wecom_sandbox.journal() == []


async def test_an_old_ticket_is_refused(twin: Twin, wecom_sandbox: Corner) -> None:
    ticket = wecom_sandbox.mint_ticket(AGENTID, "zhangsan")
    wecom_sandbox.advance(1801)
    with pytest.raises(TicketRejectedError):
        await twin.do("get_user_detail", ticket)


async def test_an_unknown_member_is_denied(twin: Twin) -> None:
    with pytest.raises(DeniedError):
        await twin.do("get_user", "nobody-here")


async def test_a_revoked_token_costs_one_renewal_and_one_retry_even_with_a_code(
    twin: Twin, wecom_sandbox: Corner
) -> None:
    await twin.do("identify", code_of(wecom_sandbox))
    wecom_sandbox.revoke_tokens()
    wecom_sandbox.clear_journal()
    assert await twin.do("identify", code_of(wecom_sandbox)) == Member(CORPID, "zhangsan")
    asked = [(entry.call, entry.errcode) for entry in wecom_sandbox.journal()]
    assert asked == [("auth/getuserinfo", asked[0][1]), ("gettoken", 0), ("auth/getuserinfo", 0)]
    assert asked[0][1] in {40014, 42001}


@pytest.mark.parametrize("errcode", [40014, 42001])
async def test_a_token_that_is_refused_for_ever_is_renewed_once(
    twin: Twin, wecom_sandbox: Corner, errcode: int
) -> None:
    wecom_sandbox.plan_fault("user/get", errcode=errcode, times=10)
    with pytest.raises(AppTokenRejectedError):
        await twin.do("get_user", "zhangsan")
    assert wecom_sandbox.counts() == {"gettoken": 2, "user/get": 2}


async def test_a_hundred_callers_with_a_revoked_token_cause_one_gettoken(twin: Twin, wecom_sandbox: Corner) -> None:
    await twin.do("get_user", "zhangsan")
    wecom_sandbox.revoke_tokens()
    wecom_sandbox.clear_journal()
    profiles = await asyncio.gather(*(twin.do("get_user", "zhangsan") for _ in range(100)))
    assert {profile.userid for profile in profiles} == {"zhangsan"}
    assert wecom_sandbox.counts()["gettoken"] == 1


@BOTH
async def test_a_wrong_secret_stops_and_is_not_hammered(wecom_sandbox: Corner, is_async: bool) -> None:  # noqa: FBT001
    app = App(CORPID, AGENTID, "not the secret")
    async with open_twin(is_async=is_async, app=app, url=wecom_sandbox.url) as twin:
        for _ in range(10):
            with pytest.raises(ConfigurationError) as caught:
                await twin.do("get_user", "zhangsan")
            assert caught.value.errcode == 40001
    assert wecom_sandbox.counts() == {"gettoken": 1}


async def test_a_busy_wecom_is_tried_twice_more(twin: Twin, wecom_sandbox: Corner) -> None:
    wecom_sandbox.plan_fault("user/get", errcode=-1, times=2)
    assert (await twin.do("get_user", "zhangsan")).userid == "zhangsan"
    assert wecom_sandbox.counts()["user/get"] == 3
    assert twin.clock.pauses == [timedelta(seconds=0.5), timedelta(seconds=1.5)]
    wecom_sandbox.plan_fault("user/get", errcode=-1, times=9)
    with pytest.raises(SystemBusyError):
        await twin.do("get_user", "zhangsan")
    assert wecom_sandbox.counts()["user/get"] == 6


async def test_a_broken_connection_is_tried_once_more(twin: Twin, wecom_sandbox: Corner) -> None:
    wecom_sandbox.plan_fault("user/get", cut=True)
    assert (await twin.do("get_user", "zhangsan")).userid == "zhangsan"
    wecom_sandbox.plan_fault("user/get", garble=True, times=9)
    with pytest.raises(TransportError):
        await twin.do("get_user", "zhangsan")
    assert wecom_sandbox.counts()["user/get"] == 4


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"errcode": -1}, SystemBusyError),
        ({"cut": True}, TransportError),
        ({"garble": True}, TransportError),
        ({"http_status": 502}, TransportError),
    ],
)
async def test_a_call_that_spends_a_code_is_never_tried_again(
    twin: Twin, wecom_sandbox: Corner, fault: dict[str, object], expected: type[WeComError]
) -> None:
    wecom_sandbox.plan_fault("auth/getuserinfo", **fault)  # type: ignore[arg-type]  # each fault by name
    with pytest.raises(expected):
        await twin.do("identify", code_of(wecom_sandbox))
    assert wecom_sandbox.counts()["auth/getuserinfo"] == 1
    assert twin.clock.pauses == []


async def test_a_frequency_limit_says_when_to_come_back(twin: Twin, wecom_sandbox: Corner) -> None:
    wecom_sandbox.plan_fault("user/get", errcode=45009)
    with pytest.raises(RateLimitedError) as caught:
        await twin.do("get_user", "zhangsan")
    assert caught.value.retry_after == timedelta(seconds=60)
    assert wecom_sandbox.counts()["user/get"] == 1


async def test_an_untrusted_address_is_named(twin: Twin, wecom_sandbox: Corner) -> None:
    wecom_sandbox.set_caller_ip("198.51.100.77")
    with pytest.raises(ConfigurationError) as caught:
        await twin.do("get_user", "zhangsan")
    assert (caught.value.errcode, caught.value.caller_ip) == (60020, "198.51.100.77")


async def test_a_code_nobody_knows_is_still_an_error_of_wecoms(twin: Twin, wecom_sandbox: Corner) -> None:
    wecom_sandbox.plan_fault("user/get", errcode=7654321)
    with pytest.raises(ApiError) as caught:
        await twin.do("get_user", "zhangsan")
    assert (type(caught.value), caught.value.errcode, caught.value.entry) == (ApiError, 7654321, None)


@BOTH
async def test_a_real_client_refuses_the_sandbox_at_once(wecom_sandbox: Corner, is_async: bool) -> None:  # noqa: FBT001
    app = app_of(wecom_sandbox)
    async with open_twin(is_async=is_async, app=app, url=wecom_sandbox.url, sandbox=False) as twin:
        with pytest.raises(WrongWorldError):
            await twin.do("identify", code_of(wecom_sandbox))
    assert wecom_sandbox.counts() == {"gettoken": 1}


@BOTH
async def test_clients_that_share_a_store_share_the_token(wecom_sandbox: Corner, is_async: bool) -> None:  # noqa: FBT001
    app, memory = app_of(wecom_sandbox), MemoryStore()
    for _ in range(3):
        store = AsyncMemoryStore(memory) if is_async else memory
        async with open_twin(is_async=is_async, app=app, url=wecom_sandbox.url, store=store) as twin:
            await twin.do("get_user", "zhangsan")
    assert wecom_sandbox.counts() == {"gettoken": 1, "user/get": 3}


@BOTH
async def test_a_token_that_died_after_another_process_brought_it_is_renewed_too(
    wecom_sandbox: Corner,
    is_async: bool,  # noqa: FBT001
) -> None:
    app, memory = app_of(wecom_sandbox), MemoryStore()
    store = AsyncMemoryStore(memory) if is_async else memory
    async with (
        open_twin(is_async=is_async, app=app, url=wecom_sandbox.url, store=store) as busy,
        open_twin(is_async=is_async, app=app, url=wecom_sandbox.url, store=store) as sleeping,
    ):
        await sleeping.do("get_user", "zhangsan")
        wecom_sandbox.revoke_tokens()
        await busy.do("get_user", "zhangsan")
        wecom_sandbox.revoke_tokens()
        wecom_sandbox.clear_journal()
        sleeping.clock.advance(timedelta(minutes=1))
        assert (await sleeping.do("get_user", "zhangsan")).userid == "zhangsan"
    assert wecom_sandbox.counts() == {"gettoken": 1, "user/get": 3}


async def test_two_apps_of_a_corp_never_share_a_token(wecom_sandbox: Corner) -> None:
    memory = MemoryStore()
    for agentid in (1000002, 1000003):
        app = app_of(wecom_sandbox, agentid)
        async with open_twin(is_async=False, app=app, url=wecom_sandbox.url, store=memory) as twin:
            assert (await twin.do("get_app")).agentid == agentid


async def test_a_sign_in_begins_with_the_clients_app_and_hosts(twin: Twin, wecom_sandbox: Corner) -> None:
    callback = "http://127.0.0.1:8000/cb"
    begun = twin.client.begin_in_app(callback, scope=Scope.PRIVATE_INFO, state="handle")
    assert begun.url.startswith(f"{wecom_sandbox.url}/connect/oauth2/authorize?appid={CORPID}&")
    assert f"agentid={AGENTID}" in begun.url
    web = twin.client.begin_web_login(callback, lang="en")
    assert web.url.startswith(f"{wecom_sandbox.url}/wwlogin/sso/login?login_type=CorpApp&appid={CORPID}&")
    assert twin.client.begin_qr_connect(callback).url.startswith(f"{wecom_sandbox.url}/wwopen/sso/qrConnect?")


def test_each_host_can_be_replaced_singly(wecom_sandbox: Corner) -> None:
    hosts = Hosts(api=wecom_sandbox.url)
    with WeComClient(app_of(wecom_sandbox), hosts=hosts, sandbox=True) as client:
        assert client.get_user("zhangsan").userid == "zhangsan"
        assert client.begin_in_app("https://sso.example/cb").url.startswith("https://open.weixin.qq.com/connect/")


def test_a_client_shows_no_secret(wecom_sandbox: Corner) -> None:
    app = app_of(wecom_sandbox)
    with WeComClient(app) as client:
        assert app.corpsecret not in repr(client) + repr(vars(client))
