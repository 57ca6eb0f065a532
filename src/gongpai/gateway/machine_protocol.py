"""The fast path of machines: a call that came whole is answered without the server's own cycle around it."""

import asyncio
import time
from typing import cast

from starlette.types import Message, Scope
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from gongpai.gateway.app import GatewayApp
from gongpai.gateway.document_protocol import DocumentProtocol
from gongpai.gateway.plain_heads import PlainHeads

_CALLS = {
    f"{method} {path} HTTP/1.1".encode(): (method, path)
    for method, path in (
        ("GET", "/userinfo"),
        ("POST", "/userinfo"),
        ("POST", "/token"),
        ("POST", "/introspect"),
        ("POST", "/revoke"),
    )
}
_MOST_HELD_BYTES = 65_536


class MachineProtocol(DocumentProtocol):
    """Answers the calls that come most; what comes on the connection meanwhile waits until it was answered."""

    def prepare(self, app: object) -> None:
        """Take the endpoints, too."""
        super().prepare(app)
        self._machines = cast("GatewayApp", app).public
        self._calls = PlainHeads(_CALLS)
        self._call: asyncio.Task[None] | None = None
        self._held = b""

    def data_received(self, data: bytes) -> None:
        """Answer, or pass the bytes on untouched."""
        if self._call is not None:
            self._held += data
            if len(self._held) > _MOST_HELD_BYTES:
                self.flow.pause_reading()
            return
        question = self._calls.read_whole(data) if self.may_answer() else None
        if question is None:
            super().data_received(data)
            return
        self._expect_nothing()
        self._answered_at = time.monotonic()
        self._call = self.loop.create_task(self._answer(*question))
        self.tasks.add(self._call)
        self._call.add_done_callback(self.tasks.discard)

    def shutdown(self) -> None:
        """Let a call be answered first."""
        if self._call is None:
            super().shutdown()
        self._is_ending = True

    def _is_answering(self) -> bool:
        return self._call is not None or super()._is_answering()

    async def _answer(self, line: tuple[str, str], headers: dict[bytes, bytes], body: bytes) -> None:
        method, path = line
        scope: Scope = {"type": "http", "method": method, "path": path, "query_string": b"", "client": self.client}
        scope["headers"] = list(headers.items())

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        try:
            answer, lines = await self._machines.answer(self._machines.endpoints[path], scope, receive)
        except BaseException:
            # Broken off: who asks shall not wait for ever, nor what stands behind the call be taken for its answer.
            self.transport.abort()
            raise
        if self._is_ending:
            lines.append((b"connection", b"close"))
        if not self.transport.is_closing():
            head = b"".join(b"%b: %b\r\n" % line for line in lines)
            self.transport.write(b"%b%b%b\r\n%b" % (STATUS_LINE[answer.status], self.server_lines(), head, answer.body))
        self._call = None
        self._go_on()

    def _go_on(self) -> None:
        if self._is_ending:
            self.transport.close()
            return
        self.keep_alive_from(time.monotonic())
        held, self._held = self._held, b""
        if held:
            self.flow.resume_reading()
            self.data_received(held)
