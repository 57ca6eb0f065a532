"""A whole sign-in at DEBUG, and failing ones of each sort; every secret is searched for in all that was said."""

import http.client
import logging
import traceback
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, quote_plus, urlsplit

import pytest

from gongpai.sandbox import Corner
from gongpai.wecom import (
    App,
    AppTokenKey,
    AsyncMemoryStore,
    AsyncWeComClient,
    Hosts,
    MemoryStore,
    Scope,
    Timeout,
    UserTicket,
    WeComClient,
    WeComError,
    parse_callback,
)
from wecom.clocks import JumpingClock
from wecom.loopback import Act, answering, hang_up, say, send, stay_silent
from wecom.secrecy import reveal
from wecom.twins import AGENTID, CORPID, app_of

WECOM_UA = "Mozilla/5.0 (Linux) Mobile Safari/537.36 wxwork/4.1.36 MicroMessenger/7.0.1 Language/zh"
CALLBACK = "http://127.0.0.1:8000/signin/callback/main"
CORPSECRET, TOKEN, CODE, TICKET = "S3CRET-OF-THE-CORP", "T0KEN-OF-THE-APP", "C0DE-OF-THE-MEMBER", "T1CKET-OF-THE-MEMBER"
LOOPBACK_SECRETS = [CORPSECRET, TOKEN, CODE, TICKET]


@dataclass
class Watched:
    """One of the twins, and everything that was said while it worked."""

    client: AsyncWeComClient | WeComClient
    memory: MemoryStore
    log: pytest.LogCaptureFixture
    said: list[str] = field(default_factory=list)

    async def do(self, name: str, *arguments: object) -> Any:  # noqa: ANN401 - whatever the method returns
        """Call the method in this very thread: other frames would hold the arguments themselves."""
        answer = getattr(self.client, name)(*arguments)
        answer = await answer if isinstance(self.client, AsyncWeComClient) else answer
        self.said.append(repr(answer))
        return answer

    async def fail(self, name: str, *arguments: object) -> BaseException:
        try:
            await self.do(name, *arguments)
        except WeComError as error:
            # As an application logs it, and as the most curious crash reporter would.
            logging.getLogger("application").exception("the sign-in failed")
            self.said += [reveal(error), "".join(traceback.format_exception(error))]
            return error
        pytest.fail(f"{name} did not fail")

    def tokens(self) -> list[str]:
        token = self.memory.get(AppTokenKey(CORPID, AGENTID))
        return [] if token is None else [token.value]

    def assert_kept(self, *secrets: str) -> None:
        """Assert that none of *secrets* was said, in whatever spelling."""
        said = [*self.said, repr(self.client), repr(vars(self.client)), repr(self.memory)]
        for record in self.log.records:
            if not record.name.startswith("uvicorn"):  # the sandbox's server: it is the one who is told the secrets
                said += [self.log.handler.format(record), repr(vars(record))]
        everything = "\n".join(said)
        for secret in [*secrets, *self.tokens()]:
            assert len(secret) > 8, "too short to be searched for"
            assert secret not in everything
            assert quote_plus(secret) not in everything


Watch = Callable[..., Watched]


@pytest.fixture(params=[True, False], ids=["async", "sync"])
async def watch(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> AsyncIterator[Watch]:
    """Make watched clients; every logger of every library speaks from now on."""
    caplog.set_level(logging.DEBUG)
    for name in ("asyncio", "httpx2", "httpcore2", "gongpai"):
        caplog.set_level(logging.DEBUG, name)
    made: list[AsyncWeComClient | WeComClient] = []

    def make(app: App, url: str, **settings: Any) -> Watched:  # noqa: ANN401 - as the clients
        memory = MemoryStore()
        options = {"hosts": Hosts.at(url), "sandbox": True, "clock": JumpingClock(), **settings}
        if request.param:
            made.append(AsyncWeComClient(app, store=AsyncMemoryStore(memory), **options))
        else:
            made.append(WeComClient(app, store=memory, **options))
        return Watched(made[-1], memory, caplog)

    yield make
    for client in made:
        if isinstance(client, AsyncWeComClient):
            await client.aclose()
        else:
            client.close()


async def test_a_whole_sign_in_tells_no_secret(watch: Watch, wecom_sandbox: Corner) -> None:
    app = app_of(wecom_sandbox)
    watched = watch(app, wecom_sandbox.url)
    wecom_sandbox.hold_phone("linwei")
    wecom_sandbox.set_consent(AGENTID, "linwei", ["mobile"])
    begun = watched.client.begin_in_app(CALLBACK, scope=Scope.PRIVATE_INFO)
    callback = parse_callback(urlsplit(_open_in_wecom(begun.url)).query)
    assert callback.code is not None
    member = await watched.do("identify", callback.code)
    detail = await watched.do("get_user_detail", member.user_ticket)
    ticket = await watched.do("get_jsapi_ticket")
    assert detail.mobile == "13800138001"
    assert watched.tokens()
    watched.said += [repr(begun), repr(callback), repr(app)]
    watched.assert_kept(app.corpsecret, callback.code, member.user_ticket.value, begun.browser_secret, ticket.value)


@pytest.mark.parametrize(
    "fault",
    [
        {"errcode": -1},
        {"errcode": 40001},
        {"errcode": 40014, "times": 2},
        {"errcode": 40029},
        {"errcode": 45009},
        {"errcode": 60020},
        {"errcode": 7654321},
        {"http_status": 502},
        {"cut": True},
        {"garble": True},
    ],
    ids=str,
)
async def test_a_sign_in_that_fails_tells_no_secret(
    watch: Watch, wecom_sandbox: Corner, fault: dict[str, object]
) -> None:
    app = app_of(wecom_sandbox)
    watched = watch(app, wecom_sandbox.url)
    code = wecom_sandbox.mint_code(AGENTID, "linwei", scope="snsapi_privateinfo")
    wecom_sandbox.plan_fault("auth/getuserinfo", **fault)  # type: ignore[arg-type]  # each fault by name
    await watched.fail("identify", code)
    watched.assert_kept(app.corpsecret, code)


async def test_a_used_code_and_an_old_ticket_tell_no_secret(watch: Watch, wecom_sandbox: Corner) -> None:
    app = app_of(wecom_sandbox)
    watched = watch(app, wecom_sandbox.url)
    code = wecom_sandbox.mint_code(AGENTID, "linwei", scope="snsapi_privateinfo")
    ticket = (await watched.do("identify", code)).user_ticket
    assert isinstance(ticket, UserTicket)
    wecom_sandbox.advance(1801)
    await watched.fail("identify", code)
    await watched.fail("get_user_detail", ticket)
    await watched.fail("get_user_detail", ticket.value)
    watched.assert_kept(app.corpsecret, code, ticket.value)


async def test_the_wrong_secret_and_the_wrong_world_tell_no_secret(watch: Watch, wecom_sandbox: Corner) -> None:
    secret = "a-secret-that-fits-nowhere"
    watched = watch(App(CORPID, AGENTID, secret), wecom_sandbox.url)
    await watched.fail("identify", CODE)
    watched.assert_kept(secret, CODE)
    elsewhere = watch(App(CORPID, AGENTID, secret), wecom_sandbox.url, sandbox=False)
    await elsewhere.fail("identify", CODE)
    elsewhere.assert_kept(secret, CODE)


@pytest.mark.parametrize(
    "act",
    [
        hang_up,
        stay_silent,
        send(f"HTTP/1.1 {TOKEN} {CODE}\r\n\r\n".encode()),
        say({"errcode": "0", "access_token": TOKEN, "code": CODE}),
        say({"errcode": 0, "access_token": TOKEN, "expires_in": TOKEN}),
        say({"errcode": 0, "access_token": TOKEN * 99, "expires_in": 7200}),
        say({"access_token": TOKEN, "user_ticket": TICKET, "userid": [TICKET]}),
        say(f'{{"access_token": "{TOKEN}", "user_ticket": "{TICKET}"'.encode()),
        say([TOKEN, TICKET, CODE]),
        say(TOKEN.encode(), "500 Internal Server Error"),
        say({"access_token": TOKEN}, headers="Gongpai-Sandbox: 0\r\n"),
    ],
)
@pytest.mark.parametrize("is_token_known", [True, False], ids=["call", "gettoken"])
async def test_an_answer_out_of_shape_tells_no_secret(watch: Watch, act: Act, is_token_known: bool) -> None:  # noqa: FBT001
    token = say({"errcode": 0, "access_token": TOKEN, "expires_in": 7200})
    with answering(*([token] if is_token_known else []), act) as server:
        watched = watch(App(CORPID, AGENTID, CORPSECRET), server.url, timeout=Timeout(0.5, 0.1))
        await watched.fail("identify", CODE)
        await watched.fail("get_user_detail", TICKET)
        await watched.fail("get_user_detail", UserTicket(TICKET, timedelta(seconds=1800)))
    watched.assert_kept(*LOOPBACK_SECRETS)


async def test_nobody_there_and_a_dead_proxy_tell_no_secret(watch: Watch) -> None:
    with answering(hang_up) as server:
        url = server.url
    for settings in ({}, {"proxy": url.replace("//", "//user:PASSW0RD-OF-THE-PROXY@")}):
        watched = watch(App(CORPID, AGENTID, CORPSECRET), url, **settings)
        await watched.fail("identify", CODE)
        watched.assert_kept(CORPSECRET, CODE, "PASSW0RD-OF-THE-PROXY")


async def test_a_code_that_cannot_be_one_is_not_repeated_to_the_log(watch: Watch) -> None:
    watched = watch(App(CORPID, AGENTID, CORPSECRET), "http://127.0.0.1:9")
    await watched.fail("identify", CODE * 99)
    watched.assert_kept(CORPSECRET, CODE)


def _open_in_wecom(url: str) -> str:
    """Open the link as WeCom's client would, and return where it sends the browser; a library that logs nothing."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
    connection.request("GET", f"{parts.path}?{parts.query}", headers={"User-Agent": WECOM_UA})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    location = answer.headers["Location"] or ""
    assert parse_qs(urlsplit(location).query)["code"], answer.status
    return str(location)
