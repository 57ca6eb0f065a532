"""What comes while a machine's call is under way waits, and not without a bound."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest

from gateways import Gateway
from gongpai.gateway.app import GatewayApp
from gongpai.gateway.plain_protocol import PlainProtocol
from gongpai.gateway.web.machine import Answer, Call
from gongpai.gateway.web.machines import Endpoint
from memory import until
from raw_http import serving

FORM = "Host: sso.gongpai.test\r\nContent-Type: application/x-www-form-urlencoded\r\n"
CALL = f"POST /introspect HTTP/1.1\r\n{FORM}Content-Length: 7\r\n\r\ntoken=x".encode()
# A few of them fill what is held; all of them are more than a server that reads no more takes in.
LONG = CALL.replace(b"Host:", b"X-Long: " + b"x" * 40_000 + b"\r\nHost:", 1)
FLOOD = LONG * 400
# What is held, and one piece of the loop's beyond it.
MOST_HELD = 65_536 + 262_144


@dataclass
class Late:
    """An endpoint that answers no call before it is let."""

    asked: int = 0
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, _call: Call) -> Answer:
        self.asked += 1
        await self.may_answer.wait()
        return Answer(b"{}")


@dataclass(frozen=True)
class Waiting:
    """A connection whose first call is under way, and the client's side of it."""

    protocol: PlainProtocol
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter


@pytest.fixture
async def late() -> Late:
    return Late()


@asynccontextmanager
async def waiting(provider: Gateway, late: Late) -> AsyncIterator[Waiting]:
    """Send a call that is not answered yet."""
    assert isinstance(provider.app, GatewayApp)
    machines = replace(provider.app.public, endpoints={"/introspect": Endpoint(late, ("POST",))})
    served = replace(provider, app=replace(provider.app, public=machines))
    async with serving(served, PlainProtocol) as (port, server), asyncio.timeout(90):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(CALL)
        await until(lambda: late.asked == 1)
        (protocol,) = server.server_state.connections
        assert isinstance(protocol, PlainProtocol)
        yield Waiting(protocol, reader, writer)
        writer.close()


async def test_past_a_bound_nothing_more_is_read_until_the_call_was_answered(provider: Gateway, late: Late) -> None:
    async with waiting(provider, late) as connection:
        protocol = connection.protocol
        connection.writer.write(FLOOD)
        await until(lambda: protocol.flow.read_paused)
        assert 65_536 < len(protocol._held) <= MOST_HELD
        assert late.asked == 1
        late.may_answer.set()
        came = b""
        while came.count(b"200 OK") <= FLOOD.count(b"POST "):
            part = await connection.reader.read(65_536)
            assert part, "hung up on"
            came += part
        assert late.asked == came.count(b"200 OK")
        assert not protocol._held


async def test_what_waits_behind_the_call_of_one_who_hung_up_is_not_done(provider: Gateway, late: Late) -> None:
    async with waiting(provider, late) as connection:
        protocol = connection.protocol
        connection.writer.write(CALL + CALL)
        await until(lambda: len(protocol._held) == len(CALL + CALL))
        connection.writer.transport.abort()
        await until(protocol.transport.is_closing)
        late.may_answer.set()
        await until(lambda: not protocol.tasks)
    assert late.asked == 1
