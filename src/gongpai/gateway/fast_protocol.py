"""What the fast paths share: some requests are answered where their bytes arrive, without a task."""

import asyncio
import time
from typing import Any, ClassVar

from uvicorn.config import Config
from uvicorn.server import ServerState

from gongpai.gateway.metrics import Tally
from gongpai.gateway.protocols import BoundedProtocol

_WRITE_COUNTS_EVERY_SECONDS = 0.25


class FastProtocol(BoundedProtocol):
    """Knows when a request may be answered at once, and what goes with an answer; all else goes the long way.

    Its heirs read a head with ``plain_heads.py`` while nothing before it on this connection is unanswered.
    """

    counts: ClassVar[Tally]
    _answered_at = 0.0

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._default_headers: list[tuple[bytes, bytes]] = []
        self._default_lines = b""
        self.prepare(config.app)

    def prepare(self, app: object) -> None:
        """Take from the served *app* what this path answers with."""
        raise NotImplementedError

    def connection_lost(self, exc: Exception | None) -> None:
        """Write down what was counted: the last connection may be the end of this worker."""
        self.counts.write()
        super().connection_lost(exc)

    def timeout_keep_alive_handler(self) -> None:
        """Close an idle connection; a fast path moves no timer, it only notes when it answered."""
        left = self._answered_at + self.timeout_keep_alive - time.monotonic()
        if left > 0:
            self.timeout_keep_alive_task = self.loop.call_later(left, self.timeout_keep_alive_handler)
        else:
            super().timeout_keep_alive_handler()

    def may_answer(self) -> bool:
        """Whether nothing is under way here, and an answer could be written."""
        is_idle = self._is_between_messages and not self._is_ending and not self._is_answering()
        is_open = not self._is_refused and not self.flow.write_paused and not self.transport.is_closing()
        return is_idle and is_open and not self.pipeline

    def server_lines(self) -> bytes:
        """Return the lines that the server adds to every head."""
        if self.server_state.default_headers is not self._default_headers:
            self._default_headers = self.server_state.default_headers
            self._default_lines = b"".join(b"%b: %b\r\n" % header for header in self._default_headers)
        return self._default_lines

    def note_answer(self, labels: tuple[str, ...], at: float) -> None:
        """Count an answer that was just written, at the monotonic moment *at*."""
        if self._deadline is not None:
            self._expect_nothing()
        self.keep_alive_from(at)
        if self.counts.add(labels):
            self.loop.call_later(_WRITE_COUNTS_EVERY_SECONDS, self.counts.write)

    def keep_alive_from(self, at: float) -> None:
        """Keep the connection for as long as an idle one is kept, from the monotonic moment *at* on."""
        self._answered_at = at
        if self.timeout_keep_alive_task is None:
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )
