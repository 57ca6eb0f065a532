"""An answer as a whole, before any byte of it is on its way."""

from typing import NamedTuple

from starlette.types import ASGIApp, Message, Receive, Scope, Send

Header = tuple[bytes, bytes]


class Whole(NamedTuple):
    """A status, the headers and the body."""

    status: int
    headers: list[Header]
    body: bytes

    async def send(self, scope: Scope, send: Send) -> None:
        """Give the answer to a server by ASGI."""
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else self.body})


async def collect(app: ASGIApp, scope: Scope, receive: Receive) -> Whole:
    """Return all that *app* answers; only for one whose answers are small and end."""
    started: Message = {}
    body = bytearray()

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            started.update(message)
        else:
            body.extend(message.get("body", b""))

    await app(scope, receive, send)
    return Whole(started["status"], list(started["headers"]), bytes(body))
