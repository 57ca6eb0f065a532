"""The fast path of forward-auth: a plain question is answered where its bytes arrive (T21)."""

import asyncio
import time
from functools import lru_cache
from typing import Any, cast

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE
from uvicorn.server import ServerState

from gongpai.gateway import metrics
from gongpai.gateway.endpoints.forward_auth import ForwardAuth
from gongpai.gateway.gate import FAMILIES, Answer, AskStore, Form, Outcome
from gongpai.gateway.plain_heads import PlainHeads
from gongpai.gateway.protocols import BoundedProtocol

_QUESTIONS = {
    f"{method} {path} HTTP/1.1".encode(): family for path, family in FAMILIES.items() for method in ("GET", "HEAD")
}
# A refusal of another kind may have a page, and goes the long way.
_ANSWERED_HERE = frozenset({Outcome.PASSED, Outcome.SKIPPED, Outcome.NO_SESSION})
_WRITE_COUNTS_EVERY_SECONDS = 0.25

_counts = metrics.Tally(metrics.gate_decisions, [(outcome.value, "memory") for outcome in sorted(_ANSWERED_HERE)])


class GateProtocol(BoundedProtocol):
    """Answers a plain question of a proxy at once, without a task; everything else goes the long way.

    Plain is what `plain_heads.py` reads, with nothing before it on this connection that is unanswered.
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
        self._heads = PlainHeads(_QUESTIONS)
        self._default_headers: list[tuple[bytes, bytes]] = []
        self._default_lines = b""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Learn once who asks."""
        super().connection_made(transport)
        self._is_trusted = self._forward_auth.trusts(self.client[0] if self.client else None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Write down what was counted: the last connection may be the end of this worker."""
        _counts.write()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Answer, or pass the bytes on untouched."""
        if self._may_answer():
            question = self._heads.read(data)
            if question is not None:
                at = time.monotonic()
                decided = self._forward_auth.gate.decide(*question, self._forward_auth.seconds(), at)
                if not isinstance(decided, AskStore) and decided.form.outcome in _ANSWERED_HERE:
                    self._write(decided, at)
                    return
        self._is_between_messages = False
        super().data_received(data)

    def timeout_keep_alive_handler(self) -> None:
        """Close an idle connection; the fast path moves no timer, it only notes when it answered."""
        left = self._answered_at + self.timeout_keep_alive - time.monotonic()
        if left > 0:
            self.timeout_keep_alive_task = self.loop.call_later(left, self.timeout_keep_alive_handler)
        else:
            super().timeout_keep_alive_handler()

    def _may_answer(self) -> bool:
        is_idle = self._is_between_messages and not self._is_ending and not self._is_answering()
        is_open = not self.flow.write_paused and not self.transport.is_closing()
        return is_idle and is_open and self._is_trusted and not self.pipeline

    def _write(self, answer: Answer, at: float) -> None:
        if self._deadline is not None:
            self._expect_nothing()
        if self.server_state.default_headers is not self._default_headers:
            self._default_headers = self.server_state.default_headers
            self._default_lines = b"".join(b"%b: %b\r\n" % header for header in self._default_headers)
        self.transport.write(_pattern(answer.form) % (self._default_lines, *answer.values))
        self._answered_at = at
        if self.timeout_keep_alive_task is None:
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )
        if _counts.add((answer.form.outcome, "memory")):
            self.loop.call_later(_WRITE_COUNTS_EVERY_SECONDS, _counts.write)


@lru_cache(maxsize=64)
def _pattern(form: Form) -> bytes:
    """Return an answer of this *form* as it is written, with places for the server's own headers and for each value."""
    named = b"".join(name + b": %b\r\n" for name in form.names)
    fixed = b"".join(b"%b: %b\r\n" % header for header in form.fixed)
    return STATUS_LINE[form.status] + b"%b" + named + b"content-length: 0\r\n" + fixed + b"\r\n"
