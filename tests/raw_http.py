"""The public listener in this process, served by uvicorn, and asked by bytes."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import uvicorn

from gateways import Gateway

HEAD = "Host: sso.gongpai.test\r\nAccept: */*\r\n"
LAST = f"GET /healthz HTTP/1.1\r\n{HEAD}Connection: close\r\n\r\n"


@asynccontextmanager
async def serving(provider: Gateway, protocol: type[asyncio.Protocol]) -> AsyncIterator[tuple[int, uvicorn.Server]]:
    """Serve the public listener on a socket of its own; yield its port and what can be told to end."""
    settings = uvicorn.Config(
        provider.app, http=protocol, lifespan="off", ws="none", log_config=None, access_log=False, date_header=False,
        proxy_headers=False, server_header=False, timeout_keep_alive=75,
    )  # fmt: skip
    settings.load()
    server = uvicorn.Server(settings)
    server.server_state.default_headers = settings.encoded_headers
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(
        lambda: settings.http_protocol_class(  # type: ignore[call-arg]  # as uvicorn makes it
            config=settings, server_state=server.server_state, app_state={}
        ),
        "127.0.0.1",
        0,
    )
    try:
        yield listening.sockets[0].getsockname()[1], server
    finally:
        listening.close()
        for connection in list(server.server_state.connections):
            connection.transport.close()
        await asyncio.sleep(0)


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
