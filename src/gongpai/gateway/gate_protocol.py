"""The fast path of forward-auth: a plain question is answered where its bytes arrive (T21)."""

import asyncio
import time
from functools import lru_cache
from typing import ClassVar, cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from gongpai.gateway import metrics
from gongpai.gateway.endpoints.forward_auth import ForwardAuth
from gongpai.gateway.fast_protocol import FastProtocol
from gongpai.gateway.gate import FAMILIES, AskStore, Form, Outcome
from gongpai.gateway.plain_heads import PlainHeads

_QUESTIONS = {
    f"{method} {path} HTTP/1.1".encode(): family for path, family in FAMILIES.items() for method in ("GET", "HEAD")
}
# A refusal of another kind may have a page, and goes the long way.
_ANSWERED_HERE = frozenset({Outcome.PASSED, Outcome.SKIPPED, Outcome.NO_SESSION})


class GateProtocol(FastProtocol):
    """Answers a plain question of a proxy at once, without a task; everything else goes the long way.

    Plain is what `plain_heads.py` reads, with nothing before it on this connection that is unanswered.
    """

    counts: ClassVar[metrics.Tally] = metrics.Tally(
        metrics.gate_decisions, [(outcome.value, "memory") for outcome in sorted(_ANSWERED_HERE)]
    )

    def prepare(self, app: object) -> None:
        """Take the gate."""
        self._forward_auth = cast("ForwardAuth", app)
        self._is_trusted = False
        self._heads = PlainHeads(_QUESTIONS.get)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Learn once who asks."""
        super().connection_made(transport)
        self._is_trusted = self._forward_auth.trusts(self.client[0] if self.client else None)

    def data_received(self, data: bytes) -> None:
        """Answer, or pass the bytes on untouched."""
        if self._is_trusted and self.may_answer():
            question = self._heads.read(data)
            if question is not None:
                at = time.monotonic()
                decided = self._forward_auth.gate.decide(*question, self._forward_auth.seconds(), at)
                if not isinstance(decided, AskStore) and decided.form.outcome in _ANSWERED_HERE:
                    self.transport.write(_pattern(decided.form) % (self.server_lines(), *decided.values))
                    self.note_answer((decided.form.outcome, "memory"), at)
                    return
        self._is_between_messages = False
        super().data_received(data)


@lru_cache(maxsize=64)
def _pattern(form: Form) -> bytes:
    """Return an answer of this *form* as it is written, with places for the server's own headers and for each value."""
    named = b"".join(name + b": %b\r\n" for name in form.names)
    fixed = b"".join(b"%b: %b\r\n" % header for header in form.fixed)
    return STATUS_LINE[form.status] + b"%b" + named + b"content-length: 0\r\n" + fixed + b"\r\n"
