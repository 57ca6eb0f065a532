"""The outermost layer of every request."""

from collections.abc import Mapping

import pytest
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.testing import capture_logs

from gongpai.gateway.records import SeenCode
from gongpai.gateway.store import StoreError, Trouble
from gongpai.gateway.web.headers import PagePolicy
from gongpai.gateway.web.http import Pages
from gongpai.gateway.web.shell import Handler, Shell, find_values
from gongpai.gateway.web.visit import Visit

_PAGES = Pages(PagePolicy((), "https://login.example"), is_sandbox=True)


async def _see(_codes: object, _state: str, _browser_secret: str | None) -> list[SeenCode]:
    return []


def _scope(**parts: object) -> Scope:
    scope: Scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [], "client": None}
    return {**scope, **parts}


async def _receive() -> Message:
    return {"type": "http.request"}


@pytest.mark.parametrize(
    ("query", "values"),
    [
        (b"code=a", ["a"]),
        (b"x=1&code=a%2Bb&state=s", ["a+b"]),
        (b"c%6Fde=a&code=b", ["a", "b"]),
        (b"x;code=a", ["a"]),
        (b"code=&code", []),
        (b"encode=a&codes=b", []),
        (b"code=%ff", ["\ufffd"]),
    ],
)
def test_codes_are_found_in_any_query(query: bytes, values: list[str]) -> None:
    assert find_values(query, b"code") == values


def _shell(router: ASGIApp, handlers: Mapping[tuple[str, str], Handler] | None = None) -> Shell:
    return Shell(handlers or {}, router, _PAGES, (), _see)


async def test_a_failure_becomes_a_page_and_a_line_with_a_trace() -> None:
    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise RuntimeError("a bug")

    with capture_logs() as events:
        answer = await _shell(app).answer(_scope(), _receive)
    assert answer.status == 500
    assert b"a bug" not in answer.body
    assert [event["event"] for event in events] == ["failure", "request"]
    assert events[1]["address"] == "unknown"


@pytest.mark.parametrize(
    ("asked", "again"),
    [
        ({"path": "/authorize", "query_string": b'client_id=a"b&x=1'}, 'href="/authorize?client_id=a&#34;b&amp;x=1"'),
        ({"path": "/me"}, 'href="/me"'),
        ({"path": "/signin/callback/main", "query_string": b"code=c0de"}, 'href="/signin"'),
        ({"path": "/device", "method": "POST"}, None),
        ({"path": "//elsewhere.example"}, None),
    ],
)
async def test_a_store_that_is_gone_is_a_page_to_try_again_from_and_a_line_that_says_what_to_do(
    asked: dict[str, object], again: str | None
) -> None:
    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise StoreError("ConnectionRefusedError", Trouble.UNREACHABLE)

    with capture_logs() as events:
        answer = await _shell(app).answer(_scope(**asked), _receive)
    assert answer.status == 503
    assert answer.body.decode().count("weui-btn_primary") == (again is not None)
    assert again is None or again in answer.body.decode()
    (told,) = [event for event in events if event["event"] == "unavailable"]
    assert told["cause"] == "ConnectionRefusedError"
    assert told["meaning"] == "the database server does not answer: ConnectionRefusedError"
    assert told["remedy"].startswith("start it; check the host and port in storage")
    assert "exc_info" not in told


async def test_of_an_answer_that_breaks_off_nothing_is_sent() -> None:
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x-half", b"1")]})
        raise RuntimeError("a bug")

    with capture_logs():
        answer = await _shell(app).answer(_scope(), _receive)
    assert answer.status == 500
    assert b"x-half" not in dict(answer.headers)


async def test_a_whole_path_is_answered_without_the_router_and_counted_by_its_name() -> None:
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": b"no", "more_body": True})
        await send({"type": "http.response.body", "body": b"thing"})

    async def handle(_visit: Visit) -> Response:
        return Response("hello", headers={"cache-control": "max-age=1"})

    shell = _shell(app, {("GET", "/hello"): handle})
    with capture_logs() as events:
        answer = await shell.answer(_scope(path="/hello"), _receive)
        other = await shell.answer(_scope(path="/hello", method="POST"), _receive)
    assert (answer.status, answer.body) == (200, b"hello")
    assert [value for name, value in answer.headers if name == b"cache-control"] == [b"max-age=1"]
    assert (other.status, other.body) == (404, b"nothing")
    assert [event["status"] for event in events] == [200, 404]


async def test_a_method_that_nobody_knows_is_no_label_of_its_own() -> None:
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 405, "headers": []})

    with capture_logs() as events:
        await _shell(app).answer(_scope(method="BREW", path="/" + "a" * 1000), _receive)
    assert events[0]["method"] == "other"
    assert len(events[0]["path"]) == 200
