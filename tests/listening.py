"""Serves an application of the gateway in this process, as a worker does on a socket that its supervisor opened."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.types import ASGIApp


@asynccontextmanager
async def serving(
    app: ASGIApp, protocol: type[asyncio.Protocol], listener: socket.socket
) -> AsyncIterator[uvicorn.Server]:
    """Serve *app* with *protocol* on *listener* until the block ends; yield what can be told to end."""
    settings = uvicorn.Config(
        app,
        http=protocol,
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,
        date_header=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=75,
    )
    settings.load()
    server = uvicorn.Server(settings)
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(
        lambda: settings.http_protocol_class(  # type: ignore[call-arg]  # as uvicorn makes it
            config=settings, server_state=server.server_state, app_state={}
        ),
        sock=listener,
    )
    try:
        yield server
    finally:
        listening.close()
        for connection in list(server.server_state.connections):
            connection.transport.close()
        await asyncio.sleep(0)
