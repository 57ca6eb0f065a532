"""The fast path of discovery and the keys says what the long way says, and stays out of everything else."""

import asyncio
import re
from dataclasses import replace

import pytest

from gateways import Gateway
from gongpai.gateway import metrics
from gongpai.gateway.app import GatewayApp
from gongpai.gateway.document_protocol import DocumentProtocol
from gongpai.gateway.protocols import BoundedProtocol
from gongpai.gateway.web.machine import Answer, Call
from gongpai.gateway.web.machines import Endpoint
from memory import until
from raw_http import HEAD, ask, serving

PLAIN = f"GET /jwks HTTP/1.1\r\n{HEAD}\r\n"


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
        async with serving(provider, protocol) as (port, _):
            said.append(await ask(port, *pieces))
    assert said[0] == said[1]
    assert said[0].startswith(b"HTTP/1.")


async def test_what_is_answered_at_once_is_counted_by_the_time_the_connection_ends(provider: Gateway) -> None:
    counter = metrics.requests.labels("/jwks", "GET", "200")
    before = counter._value.get()
    async with serving(provider, DocumentProtocol) as (port, _):
        await ask(port, PLAIN, PLAIN)
    assert counter._value.get() == before + 2


async def test_who_does_not_read_gets_no_more_until_they_do(provider: Gateway) -> None:
    async with serving(provider, DocumentProtocol) as (port, server), asyncio.timeout(60):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(PLAIN.encode())
        first = await reader.readuntil(b"]}")
        (connection,) = server.server_state.connections
        assert isinstance(connection, DocumentProtocol)
        # As the transport does once more waits to be sent than it may.
        connection.flow.pause_writing()
        writer.write(PLAIN.encode())
        await until(lambda: bool(server.server_state.tasks))
        connection.flow.resume_writing()
        assert await reader.readuntil(b"]}") == first
        writer.close()


async def test_a_question_behind_a_call_under_way_is_answered_after_it(provider: Gateway) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def answer_late(_call: Call) -> Answer:
        begun.set()
        await go_on.wait()
        return Answer(b"late")

    assert isinstance(provider.app, GatewayApp)
    endpoints = {**provider.app.public.endpoints, "/introspect": Endpoint(answer_late, ("POST",))}
    late = replace(provider, app=replace(provider.app, public=replace(provider.app.public, endpoints=endpoints)))
    async with serving(late, DocumentProtocol) as (port, server), asyncio.timeout(90):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"POST /introspect HTTP/1.1\r\n{HEAD}Content-Length: 0\r\n\r\n".encode())
        await begun.wait()
        (connection,) = server.server_state.connections
        writer.write(PLAIN.encode())
        await until(lambda: bool(connection.pipeline))  # type: ignore[union-attr]  # uvicorn's own waiting line
        go_on.set()
        came = await reader.readuntil(b'{"keys":')
        writer.close()
    assert came.count(b"HTTP/1.1 ") == 2
    assert b"late" in came


async def test_who_has_a_document_already_is_told_so(provider: Gateway) -> None:
    async with serving(provider, DocumentProtocol) as (port, _), asyncio.timeout(90):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(PLAIN.encode())
        tag = re.search(rb'etag: (".+?")', await reader.readuntil(b"\r\n\r\n"))
        assert tag is not None
        await reader.readuntil(b"]}")
        # Alone on the way, so that nothing but this header keeps it from being answered at once.
        writer.write(f"GET /jwks HTTP/1.1\r\n{HEAD}If-None-Match: {tag[1].decode()}\r\n\r\n".encode())
        answer = await reader.readuntil(b"\r\n\r\n")
        writer.close()
    assert answer.startswith(b"HTTP/1.1 304")
