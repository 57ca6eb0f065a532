"""A call of the library against the same request by the bare HTTP library, and against wechatpy.

The server is a few lines in a process of its own, so only the caller's CPU counts. All keep one connection open.
"""

import asyncio
import json
import multiprocessing
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

import httpx2
from wechatpy.enterprise import WeChatClient

from benchmarks.harness import Bar, Row, Side, compare
from gongpai.wecom import App, AsyncWeComClient, Hosts, WeComClient

_APP = App("wwgongpaidemo", 1000002, "SECRET")
_TOKEN = "t" * 214  # as long as WeCom's
_CODE = "c" * 43
_LIMIT = Bar(max_ratio=1.15)


def measure() -> Iterator[Row]:
    with _answering_server() as url:
        yield from _blocking_rows(url)
        yield from _awaiting_rows(url)


def _blocking_rows(url: str) -> Iterator[Row]:
    ours = WeComClient(_APP, hosts=Hosts.at(url), sandbox=True)
    bare = httpx2.Client()
    wechatpy = _wechatpy(url)
    with ours, bare:
        side = Side("WeComClient.identify", _repeat(lambda: ours.identify(_CODE)))
        asked = Side("httpx2.Client.get", _repeat(lambda: _checked(bare.get(_address(url), params=_query()))))
        yield compare("library call, sync", side, asked, _LIMIT)
        foreign = Side("wechatpy oauth.get_user_info", _repeat(lambda: wechatpy.oauth.get_user_info(_CODE)))
        yield compare("library call, sync, against wechatpy", side, foreign, Bar())


def _awaiting_rows(url: str) -> Iterator[Row]:
    with asyncio.Runner() as runner:
        ours, bare = AsyncWeComClient(_APP, hosts=Hosts.at(url), sandbox=True), httpx2.AsyncClient()

        async def ask() -> None:
            _checked(await bare.get(_address(url), params=_query()))

        side = Side("AsyncWeComClient.identify", _await_repeatedly(runner, lambda: ours.identify(_CODE)))
        yield compare(
            "library call, async", side, Side("httpx2.AsyncClient.get", _await_repeatedly(runner, ask)), _LIMIT
        )
        runner.run(ours.aclose())
        runner.run(bare.aclose())


def _repeat(call: Callable[[], object]) -> Callable[[int], None]:
    def run(count: int) -> None:
        for _ in range(count):
            call()

    return run


def _await_repeatedly(runner: asyncio.Runner, call: Callable[[], Awaitable[object]]) -> Callable[[int], None]:
    async def repeat(count: int) -> None:
        for _ in range(count):
            await call()

    return lambda count: runner.run(repeat(count))


def _address(url: str) -> str:
    return f"{url}/cgi-bin/auth/getuserinfo"


def _query() -> dict[str, str]:
    return {"access_token": _TOKEN, "code": _CODE}


def _checked(answer: httpx2.Response) -> None:
    """Do the least that anybody does with an answer."""
    if answer.json()["errcode"] != 0:
        raise RuntimeError(answer.text)


def _wechatpy(url: str) -> WeChatClient:
    client = WeChatClient("wwgongpaidemo", "SECRET", access_token=_TOKEN)
    client.API_BASE_URL = f"{url}/cgi-bin/"
    client.expires_at = 2**33
    return client


@contextmanager
def _answering_server() -> Iterator[str]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    theirs.close()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.kill()
        process.join()


def _serve(pipe: Connection) -> None:
    async def forever() -> None:
        server = await asyncio.get_running_loop().create_server(_Answering, "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(forever())


class _Answering(asyncio.Protocol):
    """Answers each request at once; a request of this measurement always fits one segment."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._transport.write(_TOKEN_ANSWER if b"/gettoken?" in data else _IDENTITY_ANSWER)


def _answer(payload: dict[str, object]) -> bytes:
    body = json.dumps({"errcode": 0, "errmsg": "ok", **payload}).encode()
    head = (
        "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=UTF-8\r\nGongpai-Sandbox: 1\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


_TOKEN_ANSWER = _answer({"access_token": _TOKEN, "expires_in": 7200})
_IDENTITY_ANSWER = _answer({"userid": "lisi"})
