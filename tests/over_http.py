"""A gateway that is asked over HTTP, through the protocol of a worker; its clock is the test's."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx2
from starlette.types import Receive, Scope, Send

from gateways import Gateway, open_gateway
from gongpai.gateway.config import Config
from gongpai.gateway.plain_protocol import PlainProtocol
from gongpai.sandbox import Corner
from listening import serving

_PATIENCE_SECONDS = 120.0
# What belongs to one connection and not to the answer.
_OF_THE_CONNECTION = {b"connection", b"transfer-encoding"}


@dataclass(frozen=True, slots=True)
class Wire:
    """Carries what browsers and parties of tests ask to where the gateway listens, byte for byte."""

    port: int
    http: httpx2.AsyncHTTPTransport

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Carry one request there and its answer back."""
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        query: bytes = scope["query_string"]
        request = httpx2.Request(
            scope["method"],
            f"http://127.0.0.1:{self.port}/",
            headers=scope["headers"],
            content=body or None,
            extensions={
                "target": scope["raw_path"] + (b"?" + query if query else b""),
                "timeout": httpx2.Timeout(_PATIENCE_SECONDS).as_dict(),
            },
        )
        answer = await self.http.handle_async_request(request)
        content = b"".join([chunk async for chunk in answer.aiter_raw()])
        await answer.aclose()
        headers = [pair for pair in answer.headers.raw if pair[0].lower() not in _OF_THE_CONNECTION]
        await send({"type": "http.response.start", "status": answer.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": content})


@asynccontextmanager
async def open_over_http(corner: Corner, config: Config) -> AsyncIterator[Gateway]:
    """Open a gateway on an empty database, and serve it."""
    async with open_gateway(corner, config) as inside, httpx2.AsyncHTTPTransport() as http:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            async with serving(inside.app, PlainProtocol, listener):
                gateway = Gateway(Wire(port, http), corner, config, inside.clock)
                yield gateway
                for browser in gateway.browsers:
                    await browser.http.aclose()
