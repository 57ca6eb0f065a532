"""T21: on a Unix socket too plain questions are answered at once, and say what ASGI says."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import fields, replace
from pathlib import Path

import pytest
from starlette.types import Receive, Scope, Send

import listening
from gongpai.gateway.endpoints.forward_auth import ForwardAuth
from gongpai.gateway.gate_protocol import GateProtocol
from gongpai.gateway.listeners import listen
from gongpai.gateway.protocols import BoundedProtocol
from gongpai.sandbox import Corner
from guarded import Guarded, cookie_line, open_guarded

HEAD = (
    "Host: gate\r\nX-Forwarded-Host: app.corp.example\r\nX-Forwarded-Uri: /x\r\nX-Forwarded-Method: GET\r\n"
    "X-Forwarded-For: 192.0.2.7\r\nAccept: text/html\r\n"
)


class Deaf(ForwardAuth):
    """A gate whose long way is closed: what it answers, the fast path has answered."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del receive
        raise AssertionError((scope["path"], send))


@pytest.fixture
async def guarded(wecom_sandbox: Corner, tmp_path: Path) -> AsyncIterator[Guarded]:
    async with open_guarded(wecom_sandbox, tmp_path) as guarded:
        yield guarded


@asynccontextmanager
async def serving(gate: ForwardAuth, protocol: type[asyncio.Protocol]) -> AsyncIterator[Path]:
    """Serve the gate's application on a Unix socket."""
    # A path of pytest's own may be longer than a Unix socket's address.
    with tempfile.TemporaryDirectory(prefix="gate-") as folder, listen(Path(folder) / "gate.sock") as listener:
        async with listening.serving(gate, protocol, listener):
            yield Path(folder) / "gate.sock"


async def ask(path: Path, *questions: str) -> list[bytes]:
    """Ask one after another on one connection; return the answers' heads."""
    reader, writer = await asyncio.open_unix_connection(path)
    answers = []
    async with asyncio.timeout(90):
        for each in questions:
            writer.write(each.encode())
            answers.append(await reader.readuntil(b"\r\n\r\n"))
    writer.close()
    return answers


async def test_the_fast_path_answers_on_the_socket_what_asgi_answers(guarded: Guarded) -> None:
    browser = guarded.gateway.browser()
    await browser.sign_in()
    cookies = cookie_line(await guarded.enter(browser))
    gate = replace(guarded.hearing_nothing(), proxies=(), is_on_socket=True)
    plain = [
        f"GET /auth/nginx HTTP/1.1\r\n{HEAD}Cookie: {cookies}\r\n\r\n",
        f"GET /auth/nginx HTTP/1.1\r\n{HEAD}\r\n",
        f"HEAD /auth/caddy HTTP/1.1\r\n{HEAD}Cookie: {cookies}\r\n\r\n",
        f"GET /auth/traefik HTTP/1.1\r\n{HEAD}\r\n",
    ]
    deaf = Deaf(**{each.name: getattr(gate, each.name) for each in fields(ForwardAuth)})
    async with serving(deaf, GateProtocol) as fast, serving(gate, BoundedProtocol) as slow:
        answers = await ask(fast, *plain)
        assert answers == await ask(slow, *plain)
    assert [answer[9:12] for answer in answers] == [b"200", b"401", b"200", b"302"]
    assert b"x-auth-request-preferred-username: lisi\r\n" in answers[0]


async def test_a_gate_on_a_port_believes_nobody_without_an_address(guarded: Guarded) -> None:
    gate = replace(guarded.gate, is_on_socket=False)
    async with serving(gate, GateProtocol) as path:
        (answer,) = await ask(path, f"GET /auth/nginx HTTP/1.1\r\n{HEAD}\r\n")
    assert answer.startswith(b"HTTP/1.1 403 ")
