"""The public listener in this process, served by uvicorn, and asked by bytes."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import uvicorn

import listening
from gateways import Gateway

HEAD = "Host: sso.gongpai.test\r\nAccept: */*\r\n"
LAST = f"GET /healthz HTTP/1.1\r\n{HEAD}Connection: close\r\n\r\n"


@asynccontextmanager
async def serving(provider: Gateway, protocol: type[asyncio.Protocol]) -> AsyncIterator[tuple[int, uvicorn.Server]]:
    """Serve the public listener on a port of its own; yield it and what can be told to end."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        async with listening.serving(provider.app, protocol, listener) as server:
            yield listener.getsockname()[1], server


async def ask(port: int, *pieces: str) -> bytes:
    """Send *pieces* on one connection, and a last question that closes it; return all that comes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    came = b""
    # The server may close while we still write: then there is nothing more to come.
    with suppress(ConnectionError):
        for piece in (*pieces, LAST):
            writer.write(piece.encode())
            await writer.drain()
    async with asyncio.timeout(90):
        with suppress(ConnectionError):
            while chunk := await reader.read(65_536):
                came += chunk
    writer.close()
    # Each answer that is no document has an id of its own.
    return re.sub(rb"x-request-id: [0-9a-f]+", b"", came)
