"""How bytes become requests: uvicorn's protocol with a limit, and the fast path of forward-auth (T21)."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, cast

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from gongpai.gateway import metrics
from gongpai.gateway.endpoints.forward_auth import ForwardAuth
from gongpai.gateway.gate import FAMILIES, Answer, AskStore, Family, Outcome

# Eight times what browsers send; a cookie jar full of other hosts' cookies cannot reach a __Host- cookie's host.
_MAX_HEAD_BYTES = 65_536
# A request of ours is at most a form of a few kilobytes: only who means harm sends it more slowly.
_ARRIVE_WITHIN_SECONDS = 30.0
# A proxy may be sending on a connection that looks idle to us. One that is used at all is used again before this.
_IDLE_TO_THE_END_SECONDS = 2.0


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which itself limits neither the head of a request nor the time that one takes to arrive."""

    arrive_within_seconds = _ARRIVE_WITHIN_SECONDS
    idle_to_the_end_seconds = _IDLE_TO_THE_END_SECONDS
    _is_ending = False
    _is_between_messages = True
    _head_bytes = 0
    _is_in_head = True
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._expect_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._expect_nothing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Refuse a head that does not end."""
        self._expect_request()
        if self._is_in_head:
            self._head_bytes += len(data)
            if self._head_bytes > _MAX_HEAD_BYTES:
                self.send_400_response("The request's head is too long.")
                return
        super().data_received(data)

    def on_message_begin(self) -> None:
        """Begin to count."""
        self._expect_request()
        self._is_between_messages = False
        self._head_bytes, self._is_in_head = 0, True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Count no body."""
        self._is_in_head = False
        super().on_headers_complete()
        if self._is_ending:
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        """Leave an idle connection to uvicorn's own limit."""
        self._expect_nothing()
        self._is_between_messages = True
        super().on_message_complete()

    def shutdown(self) -> None:
        """Answer what is under way, or one request more, and then close."""
        self._is_ending = True
        if self._is_answering():
            super().shutdown()
        else:
            self.loop.call_later(self.idle_to_the_end_seconds, self._close_if_idle)

    def _is_answering(self) -> bool:
        cycle = cast("RequestResponseCycle | None", self.cycle)
        return cycle is not None and not cycle.response_complete

    def _close_if_idle(self) -> None:
        if not self._is_answering() and self._is_between_messages:
            self.transport.close()

    def _expect_request(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.arrive_within_seconds, self.transport.close)

    def _expect_nothing(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class GateProtocol(BoundedProtocol):
    """Answers a plain question of a proxy at once, without a task; everything else goes the long way.

    Plain is a whole head in one piece, with nothing before it unanswered and nothing after it; the same parser as on
    the long way reads it, on its own. What is known of one question is gone before the next one is read.
    """

    _answered_at = 0.0

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._forward_auth = cast("ForwardAuth", config.app)
        self._is_trusted = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Learn once who asks."""
        super().connection_made(transport)
        self._is_trusted = self._forward_auth.trusts(self.client[0] if self.client else None)

    def data_received(self, data: bytes) -> None:
        """Answer, or pass the bytes on untouched."""
        if self._may_answer() and data.endswith(b"\r\n\r\n"):
            head = _Head()
            family = head.read(data)
            if family is not None:
                answer = self._decide(family, head.headers)
                if answer is not None:
                    self._write(answer)
                    return
        self._is_between_messages = False
        super().data_received(data)

    def timeout_keep_alive_handler(self) -> None:
        """Close an idle connection; the fast path moves no timer, it only notes when it answered."""
        left = self._answered_at + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self.timeout_keep_alive_task = self.loop.call_later(left, self.timeout_keep_alive_handler)
        else:
            super().timeout_keep_alive_handler()

    def _may_answer(self) -> bool:
        is_idle = self._is_between_messages and not self._is_answering() and not self._is_ending
        is_open = not self.flow.write_paused and not self.transport.is_closing()
        return self._is_trusted and is_idle and is_open and not self.pipeline

    def _decide(self, family: Family, headers: dict[bytes, bytes]) -> Answer | None:
        forward_auth = self._forward_auth
        now = forward_auth.clock().timestamp()
        decided = forward_auth.gate.decide(family, headers, now, time.monotonic())
        if isinstance(decided, AskStore):
            return None
        count = _COUNT.get(decided.outcome)
        if count is None:
            return None
        count()
        return decided

    def _write(self, answer: Answer) -> None:
        self._expect_nothing()
        lines = [STATUS_LINE[answer.status]]
        for name, value in self.server_state.default_headers:
            lines += (name, b": ", value, b"\r\n")
        for name, value in answer.headers:
            lines += (name, b": ", value, b"\r\n")
        lines.append(b"content-length: 0\r\n\r\n" if answer.status == _OK else _REFUSED_END)
        self.transport.write(b"".join(lines))
        self._answered_at = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )


class _Head:
    """The head of one question."""

    __slots__ = ("_is_plain", "_is_whole", "_parser", "_target", "headers")

    def __init__(self) -> None:
        self.headers: dict[bytes, bytes] = {}
        self._target = b""
        self._is_plain = False
        self._is_whole: bool | None = None
        self._parser: httptools.HttpRequestParser | None = None

    def read(self, data: bytes) -> Family | None:
        """Return the kind of proxy that asks; None if this is not one plain question and no more."""
        if len(data) > _MAX_HEAD_BYTES:
            return None
        self._parser = httptools.HttpRequestParser(self)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            return None
        finally:
            # The two hold each other, which would leave them to the garbage collector.
            self._parser = None
        return _FAMILIES.get(self._target) if self._is_plain and self._is_whole else None

    def on_url(self, url: bytes) -> None:
        """Take the target, which comes in one piece or is not plain."""
        self._is_whole = None if not self._target else False
        self._target = url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; one that comes twice is not plain."""
        name = name.lower()
        if name in self.headers:
            self._is_whole = False
        self.headers[name] = value

    def on_headers_complete(self) -> None:
        """Say whether it is plain so far; only here does the parser know all of this message."""
        parser = self._parser
        self._is_plain = (
            parser is not None
            and parser.get_method() in _METHODS
            and parser.get_http_version() == "1.1"
            and parser.should_keep_alive()
            and b"host" in self.headers
            and self.headers.get(b"content-length", b"0") == b"0"
            and self.headers.keys().isdisjoint(_NOT_PLAIN)
        )

    def on_message_complete(self) -> None:
        """Note the end; a second one is not plain."""
        self._is_whole = self._is_whole is None


_OK = 200
_METHODS = frozenset({b"GET", b"HEAD"})
_NOT_PLAIN = frozenset({b"transfer-encoding", b"upgrade", b"expect", b"trailer"})
_FAMILIES = {path.encode(): family for path, family in FAMILIES.items()}
_REFUSED_END = b"content-length: 0\r\ncache-control: no-store\r\n\r\n"
# What the fast path says by itself; a refusal of another kind may have a page, and goes the long way.
_COUNT: dict[Outcome, Callable[[], None]] = {
    outcome: metrics.gate_decisions.labels(outcome.value, "memory").inc
    for outcome in (Outcome.PASSED, Outcome.SKIPPED, Outcome.NO_SESSION)
}
