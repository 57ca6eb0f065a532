"""A relying party's listener for the end of sessions, at an address of loopback with a certificate."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import trustme

AUTHORITY = trustme.CA()


@dataclass
class Listener:
    """A relying party that hears of logouts; *status* is what it answers."""

    url: str = ""
    status: int = 200
    heard: list[str] = field(default_factory=list)


@asynccontextmanager
async def listening() -> AsyncIterator[Listener]:
    """Listen until the block ends."""
    listener = Listener()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    AUTHORITY.issue_cert("localhost", "127.0.0.1").configure_cert(context)

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        body = await reader.readexactly(length)
        listener.heard.append(parse_qs(body.decode())["logout_token"][0])
        writer.write(f"HTTP/1.1 {listener.status} X\r\ncontent-length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(meet, "127.0.0.1", 0, ssl=context)
    async with server:
        listener.url = f"https://localhost:{server.sockets[0].getsockname()[1]}/logout"
        yield listener
