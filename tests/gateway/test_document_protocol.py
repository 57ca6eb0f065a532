"""The fast path of discovery and the keys says what the long way says, and stays out of everything else."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn

from gateways import Gateway
from gongpai.gateway import metrics
from gongpai.gateway.document_protocol import DocumentProtocol
from gongpai.gateway.protocols import BoundedProtocol

HEAD = "Host: sso.gongpai.test\r\nAccept: */*\r\n"
LAST = f"GET /healthz HTTP/1.1\r\n{HEAD}Connection: close\r\n\r\n"
PLAIN = f"GET /jwks HTTP/1.1\r\n{HEAD}\r\n"


@asynccontextmanager
async def serving(provider: Gateway, protocol: type[asyncio.Protocol]) -> AsyncIterator[int]:
    """Serve the public listener on a socket of its own."""
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
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()
        for connection in list(server.server_state.connections):
            connection.transport.close()
        await asyncio.sleep(0)


async def ask(port: int, *pieces: str) -> bytes:
    """Send *pieces* on one connection, and a last question that closes it; return all that comes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for piece in (*pieces, LAST):
        writer.write(piece.encode())
        await writer.drain()
    async with asyncio.timeout(90):
        came = await reader.read(-1)
    writer.close()
    # Each answer that is no document has an id of its own.
    return re.sub(rb"x-request-id: [0-9a-f]+", b"", came)


@pytest.mark.parametrize(
    "pieces",
    [
        (PLAIN,),
        (f"GET /.well-known/openid-configuration HTTP/1.1\r\n{HEAD}\r\n",),
        (f"GET /.well-known/oauth-authorization-server HTTP/1.1\r\n{HEAD}\r\n",),
        (PLAIN, PLAIN, PLAIN),
        (PLAIN + PLAIN,),
        (PLAIN[:20], PLAIN[20:]),
        (f"HEAD /jwks HTTP/1.1\r\n{HEAD}\r\n",),
        (f"POST /jwks HTTP/1.1\r\n{HEAD}Content-Length: 1\r\n\r\nx",),
        (f"GET /jwks?x=1 HTTP/1.1\r\n{HEAD}\r\n",),
        (f"GET /jwks HTTP/1.1\r\n{HEAD}If-None-Match: *\r\n\r\n",),
        (f'GET /jwks HTTP/1.1\r\n{HEAD}If-None-Match: "other"\r\n\r\n',),
        (f"GET /jwks HTTP/1.0\r\n{HEAD}\r\n",),
        (f"OPTIONS /jwks HTTP/1.1\r\n{HEAD}Origin: https://wiki.example.com\r\n\r\n",),
        (f"POST /introspect HTTP/1.1\r\n{HEAD}Content-Length: 1\r\n\r\nx", PLAIN),
    ],
)
async def test_both_ways_say_the_same(provider: Gateway, pieces: tuple[str, ...]) -> None:
    said = []
    for protocol in (DocumentProtocol, BoundedProtocol):
        async with serving(provider, protocol) as port:
            said.append(await ask(port, *pieces))
    assert said[0] == said[1]
    assert said[0].startswith(b"HTTP/1.")


async def test_what_is_answered_at_once_is_counted_by_the_time_the_connection_ends(provider: Gateway) -> None:
    counter = metrics.requests.labels("/jwks", "GET", "200")
    before = counter._value.get()
    async with serving(provider, DocumentProtocol) as port:
        await ask(port, PLAIN, PLAIN)
    assert counter._value.get() == before + 2
