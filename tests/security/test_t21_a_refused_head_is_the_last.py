"""T21: no bytes of a head, be it refused or unfinished, are taken for a question."""

import asyncio
import socket
from collections.abc import AsyncIterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any, ClassVar

import pytest

import listening
from gateways import Gateway, gateway_config, open_gateway
from gongpai.gateway.app import GatewayApp
from gongpai.gateway.document_protocol import DocumentProtocol
from gongpai.gateway.gate_protocol import GateProtocol
from gongpai.sandbox import Corner
from guarded import gate_config
from memory import until

# In pieces that arrive whole, so that the head is too long with the last byte of the last one.
ENDLESS = (b"GET /x HTTP/1.1\r\nHost: gate\r\nX-Long: ", b"x" * 40_000, b"x" * 40_000)
DOCUMENT = b"GET /jwks HTTP/1.1\r\nHost: sso\r\n\r\n"
GATE = (
    b"GET /auth/nginx HTTP/1.1\r\nHost: gate\r\nX-Forwarded-Host: app.corp.example\r\n"
    b"X-Forwarded-Uri: /x\r\nX-Forwarded-Method: GET\r\n\r\n"
)


class Watched:
    """A protocol that says how much it has heard, and what went wrong then."""

    heard: ClassVar[int]
    faults: ClassVar[list[Exception]]

    def data_received(self, data: bytes) -> None:
        try:
            super().data_received(data)  # type: ignore[misc]  # of the protocol that stands beside it
        except Exception as fault:
            self.faults.append(fault)
            raise
        finally:
            type(self).heard += len(data)


class WatchedDocuments(Watched, DocumentProtocol):
    """Discovery and keys."""


class WatchedGate(Watched, GateProtocol):
    """Forward-auth."""


@pytest.fixture
async def gateway(wecom_sandbox: Corner, tmp_path: Path) -> AsyncIterator[Gateway]:
    proxies = (ip_network("127.0.0.0/8"),)
    config = gateway_config(wecom_sandbox, tmp_path, trusted_proxies=proxies, gate=gate_config())
    async with open_gateway(wecom_sandbox, config) as opened:
        yield opened


BOTH = pytest.mark.parametrize(("protocol", "question"), [(WatchedDocuments, DOCUMENT), (WatchedGate, GATE)])


async def told(gateway: Gateway, protocol: type[WatchedDocuments | WatchedGate], *pieces: bytes) -> bytes:
    """Send *pieces* so that each arrives by itself; return all that comes until the connection ends."""
    protocol.heard, protocol.faults = 0, []
    assert isinstance(gateway.app, GatewayApp)
    app: Any = gateway.app.gate if protocol is WatchedGate else gateway.app
    with socket.create_server(("127.0.0.1", 0)) as listener:
        async with listening.serving(app, protocol, listener), asyncio.timeout(90):
            reader, writer = await asyncio.open_connection("127.0.0.1", listener.getsockname()[1])
            sent = 0
            for piece in pieces:
                writer.write(piece)
                sent += len(piece)
                await until(lambda sent=sent: protocol.heard == sent)  # type: ignore[misc]  # bound in this round
            came = await reader.read()
            writer.close()
            await writer.wait_closed()
    assert protocol.faults == []
    return came


@BOTH
async def test_what_follows_a_refused_head_is_dropped(
    gateway: Gateway, protocol: type[WatchedDocuments | WatchedGate], question: bytes
) -> None:
    came = await told(gateway, protocol, question, *ENDLESS, question, question)
    assert came.count(b"HTTP/1.1 ") == len(["the question", "the refusal"])


@BOTH
async def test_a_question_inside_an_unfinished_head_is_a_part_of_it(
    gateway: Gateway, protocol: type[WatchedDocuments | WatchedGate], question: bytes
) -> None:
    unfinished = b"GET /nothing HTTP/1.1\r\nConnection: close\r\nX-Long: "
    came = await told(gateway, protocol, unfinished, question)
    assert came.startswith(b"HTTP/1.1 404")
    assert came.count(b"HTTP/1.1 ") == 1
