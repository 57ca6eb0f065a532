"""The outermost layer of every request."""

import pytest
from starlette.types import Message, Receive, Scope, Send
from structlog.testing import capture_logs

from gongpai.gateway.records import SeenCode
from gongpai.gateway.web.headers import PagePolicy
from gongpai.gateway.web.http import Pages
from gongpai.gateway.web.shell import Shell, find_values

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


async def test_what_is_no_request_passes_through() -> None:
    passed: list[str] = []

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        passed.append(scope["type"])

    async def send(_message: Message) -> None: ...

    await Shell(app, _PAGES, (), _see)({"type": "lifespan"}, _receive, send)
    assert passed == ["lifespan"]


async def test_a_failure_becomes_a_page_and_a_line_with_a_trace() -> None:
    sent: list[Message] = []

    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise RuntimeError("a bug")

    async def send(message: Message) -> None:
        sent.append(message)

    with capture_logs() as events:
        await Shell(app, _PAGES, (), _see)(_scope(), _receive, send)
    assert sent[0]["status"] == 500
    assert b"a bug" not in sent[1]["body"]
    assert [event["event"] for event in events] == ["failure", "request"]
    assert events[1]["address"] == "unknown"


async def test_a_failure_after_the_answer_began_closes_the_connection() -> None:
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("a bug")

    async def send(_message: Message) -> None: ...

    with capture_logs() as events, pytest.raises(RuntimeError):
        await Shell(app, _PAGES, (), _see)(_scope(), _receive, send)
    assert [event["event"] for event in events] == ["failure_after_answer_began", "request"]


async def test_a_method_that_nobody_knows_is_no_label_of_its_own() -> None:
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 405, "headers": []})

    async def send(_message: Message) -> None: ...

    with capture_logs() as events:
        await Shell(app, _PAGES, (), _see)(_scope(method="BREW", path="/" + "a" * 1000), _receive, send)
    assert events[0]["method"] == "other"
    assert len(events[0]["path"]) == 200
