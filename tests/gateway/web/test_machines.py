"""What a machine gets whatever happens: JSON, the headers of every answer, and no word of the cause."""

import json

import pytest
from starlette.types import Message, Receive, Scope, Send

from gongpai.gateway.oidc.errors import BearerError, ErrorCode
from gongpai.gateway.records import SeenCode
from gongpai.gateway.store import StoreError
from gongpai.gateway.web.headers import PagePolicy
from gongpai.gateway.web.http import Pages
from gongpai.gateway.web.machine import Answer, Call
from gongpai.gateway.web.machines import Endpoint, Machines
from gongpai.gateway.web.shell import Shell
from gongpai.wecom.errors import TransportError

SEEN: list[tuple[list[str], str]] = []
PASSED: list[str] = []


async def _see(codes: object, state: str, _browser_secret: str | None) -> list[SeenCode]:
    SEEN.append((list(codes), state))  # type: ignore[call-overload]  # codes are a sequence of texts
    return []


async def _pages(scope: Scope, _receive: Receive, send: Send) -> None:
    PASSED.append(scope["type"])
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 418, "headers": []})


_SHELL = Shell({}, _pages, Pages(PagePolicy((), "https://login.example"), is_sandbox=True), (), _see)


async def ask(handler: object, *, method: str = "POST", query: bytes = b"", path: str = "/x") -> list[Message]:
    endpoint = Endpoint(handler, ("POST",), is_cross_origin=True)  # type: ignore[arg-type]  # a handler of the test
    machines = Machines({"/x": endpoint}, _SHELL, (), _see)
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    head = [(b"content-type", b"application/x-www-form-urlencoded")]
    scope = {"type": "http", "method": method, "path": path, "query_string": query, "headers": head, "client": None}
    await machines(scope, receive, send)
    return sent


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (StoreError("the disk is full"), 503, "temporarily_unavailable"),
        (TransportError("timed out"), 503, "temporarily_unavailable"),
        (RuntimeError("a secret"), 500, "server_error"),
        (BearerError(ErrorCode.INVALID_TOKEN, "no", status=401), 401, "invalid_token"),
    ],
)
async def test_a_failure_is_json_without_its_cause(error: Exception, status: int, code: str) -> None:
    async def fail(_call: Call) -> Answer:
        raise error

    start, body = await ask(fail)
    assert start["status"] == status
    assert json.loads(body["body"])["error"] == code
    assert str(error) not in body["body"].decode()
    names = {name for name, _ in start["headers"]}
    assert {b"strict-transport-security", b"cache-control", b"x-content-type-options"} <= names


async def test_a_body_that_ends_early_is_a_bad_request() -> None:
    async def read(call: Call) -> Answer:
        await call.form()
        return Answer()

    start, _ = await ask(read)
    assert start["status"] == 400


async def test_another_method_is_told_which_is_right_and_another_path_is_a_page() -> None:
    async def never(_call: Call) -> Answer:
        return Answer()

    start, _ = await ask(never, method="TRACE")
    assert start["status"] == 405
    assert (b"allow", b"POST") in start["headers"]
    assert (await ask(never, path="/y"))[0]["status"] == 418


async def test_what_is_no_request_passes_through() -> None:
    async def receive() -> Message:
        return {"type": "lifespan.startup"}

    async def send(_message: Message) -> None: ...

    PASSED.clear()
    await Machines({}, _SHELL, (), _see)({"type": "lifespan"}, receive, send)
    assert PASSED == ["lifespan"]


async def test_a_code_in_a_query_is_seen_before_anything_else() -> None:
    async def never(_call: Call) -> Answer:
        return Answer()

    SEEN.clear()
    await ask(never, query=b"code=abc&state=s")
    await ask(never, query=b"code=abc&state=s&state=t")
    await ask(never, query=b"x=1")
    assert SEEN == [(["abc"], "s"), (["abc"], "")]
