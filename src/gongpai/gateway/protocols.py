"""How bytes become requests: uvicorn's protocol, with limits."""

import asyncio
from contextvars import Context
from typing import cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from gongpai.gateway.messages import LANGUAGES, text

# Eight times what browsers send; a cookie jar full of other hosts' cookies cannot reach a __Host- cookie's host.
_MAX_HEAD_BYTES = 65_536
_END_OF_HEAD = b"\r\n\r\n"
# The parser does not tell where in a piece a head ends, so a long one is read in parts: none above the bound is taken,
# and none that is shorter by more than a part is refused, whatever came with it.
_PART_BYTES = 8_192
# A request of ours is at most a form of a few kilobytes: only who means harm sends it more slowly.
_ARRIVE_WITHIN_SECONDS = 30.0
# A proxy may be sending on a connection that looks idle to us. One that is used at all is used again before this.
_IDLE_TO_THE_END_SECONDS = 2.0
# In both languages: the header that would say which one is somewhere in what was not read.
_TOO_LONG = "\n".join(f"{text(language, 'bad_request.head_too_long')}\n" for language in LANGUAGES).encode()
_REFUSAL = (
    b"content-type: text/plain; charset=utf-8\r\nx-content-type-options: nosniff\r\n"
    b"cache-control: no-store\r\nconnection: close\r\n"
)


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which itself limits neither the head of a request nor the time that one takes to arrive."""

    arrive_within_seconds = _ARRIVE_WITHIN_SECONDS
    idle_to_the_end_seconds = _IDLE_TO_THE_END_SECONDS
    _is_ending = False
    _is_between_messages = True
    _is_refused = False
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
        for begins in range(0, len(data), _PART_BYTES):
            if self._is_refused or self.transport.is_closing():
                return
            self._receive(data[begins : begins + _PART_BYTES])

    def on_message_begin(self) -> None:
        """Expect the rest."""
        self._expect_request()
        self._is_between_messages = False
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Count no body."""
        self._is_in_head = False
        super().on_headers_complete()
        # After a wish for another protocol, which we do not fulfil, the parser reads no further request.
        if self._is_ending or self.parser.should_upgrade():
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        """Count the next head, and leave an idle connection to uvicorn's own limit."""
        self._expect_nothing()
        self._is_between_messages = True
        self._head_bytes, self._is_in_head = 0, True
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Begin what waited behind this request, in a context where the id of none is bound."""
        Context().run(super().on_response_complete)

    def shutdown(self) -> None:
        """Answer what is under way, or one request more, and then close."""
        self._is_ending = True
        if self._is_answering():
            super().shutdown()
        else:
            self.loop.call_later(self.idle_to_the_end_seconds, self._close_if_idle)

    def _receive(self, part: bytes) -> None:
        self._expect_request()
        if self._is_in_head:
            self._head_bytes += len(part)
            if self._head_bytes > _MAX_HEAD_BYTES:
                self._refuse()
                return
        super().data_received(part)
        if self._is_in_head and self._head_bytes == 0 and not self._is_between_messages:
            # It began behind another message, at the earliest behind the last head that ended here.
            self._head_bytes = len(part) - max(part.rfind(_END_OF_HEAD), 0)

    def _refuse(self) -> None:
        """Say why, and close our side only: who is still sending would lose the answer with the connection.

        What comes now is dropped, for as long as a request may take to arrive.
        """
        # Never between messages again: what follows must not be taken for a request, on no path.
        self._is_refused, self._is_between_messages = True, False
        if self._is_answering():
            self.transport.close()
            return
        lines = [STATUS_LINE[431]]
        for name, value in self.server_state.default_headers:
            lines += (name, b": ", value, b"\r\n")
        lines += (_REFUSAL, b"content-length: %d\r\n\r\n" % len(_TOO_LONG), _TOO_LONG)
        self.transport.write(b"".join(lines))
        self.transport.write_eof()

    def _is_answering(self) -> bool:
        cycle = cast("RequestResponseCycle | None", self.cycle)
        return cycle is not None and not cycle.response_complete

    def _close_if_idle(self) -> None:
        if self._is_refused or (not self._is_answering() and self._is_between_messages):
            self.transport.close()

    def _expect_request(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.arrive_within_seconds, self.transport.close)

    def _expect_nothing(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
