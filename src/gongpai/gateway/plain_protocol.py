"""The fast path of requests that come whole: they are answered without the server's own cycle around them."""

import asyncio
import re
import time
from contextvars import Context
from typing import cast

from starlette.types import Message, Scope
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from gongpai.gateway.app import GatewayApp
from gongpai.gateway.document_protocol import DocumentProtocol
from gongpai.gateway.plain_heads import PlainHeads
from gongpai.gateway.web.whole import Whole

# Any other spelling of a path or of a query is the server's to read.
_LINE = re.compile(rb"(GET|POST) (/(?:[A-Za-z0-9._~-][A-Za-z0-9._~/-]*)?)(?:\?([!\"$-~]*))? HTTP/1\.1")
_MOST_HELD_BYTES = 65_536


class PlainProtocol(DocumentProtocol):
    """Answers plain requests; what comes on the connection meanwhile waits until it was answered."""

    def prepare(self, app: object) -> None:
        """Take what answers."""
        super().prepare(app)
        self._app = cast("GatewayApp", app).public
        self._requests = PlainHeads(_LINE.fullmatch)
        self._under_way: asyncio.Task[None] | None = None
        self._held = b""

    def data_received(self, data: bytes) -> None:
        """Answer, or pass the bytes on untouched."""
        if self._under_way is not None:
            self._held += data
            if len(self._held) > _MOST_HELD_BYTES:
                self.flow.pause_reading()
            return
        request = None
        if self.may_answer():
            if self.answer_document(data):
                return
            request = self._requests.read_whole(data)
        if request is None:
            super().data_received(data)
            return
        self._expect_nothing()
        self._answered_at = time.monotonic()
        self._under_way = self.loop.create_task(self._answer(*request))
        self.tasks.add(self._under_way)
        self._under_way.add_done_callback(self.tasks.discard)

    def shutdown(self) -> None:
        """Let a request be answered first."""
        if self._under_way is None:
            super().shutdown()
        self._is_ending = True

    def _is_answering(self) -> bool:
        return self._under_way is not None or super()._is_answering()

    async def _answer(self, line: re.Match[bytes], headers: dict[bytes, bytes], body: bytes) -> None:
        method, path, query = line.groups(b"")
        scope: Scope = {
            "type": "http",
            "method": method.decode(),
            "path": path.decode(),
            "query_string": query,
            "headers": list(headers.items()),
            "client": self.client,
        }

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        try:
            answer = await self._app.answer(scope, receive)
            wire = _wire(answer, self.server_lines(), is_last=self._is_ending)
        except BaseException:
            # Broken off: who asks shall not wait for ever, nor what stands behind the request be taken for its answer.
            self.transport.abort()
            raise
        if not self.transport.is_closing():
            self.transport.write(wire)
        self._under_way = None
        self._go_on()

    def _go_on(self) -> None:
        if self._is_ending:
            self.transport.close()
            return
        self.keep_alive_from(time.monotonic())
        held, self._held = self._held, b""
        if held:
            self.flow.resume_reading()
            # Not in the context of the request before, whose id is bound there.
            Context().run(self.data_received, held)


def _wire(answer: Whole, server_lines: bytes, *, is_last: bool) -> bytes:
    """Return *answer* as it is written.

    Raises:
        RuntimeError: a header would begin a line of its own.
    """
    lines = [b"%b: %b\r\n" % header for header in answer.headers]
    if is_last:
        lines.append(b"connection: close\r\n")
    head = b"".join(lines)
    if head.count(b"\n") != len(lines) or head.count(b"\r") != len(lines):
        message = "a header holds a line break"
        raise RuntimeError(message)
    return b"%b%b%b\r\n%b" % (STATUS_LINE[answer.status], server_lines, head, answer.body)
