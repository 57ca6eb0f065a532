"""T21: the fast path answers plain questions only, says what ASGI says, and never mixes two people up."""

import asyncio
import math
import random
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import pytest

import listening
from gongpai.gateway.endpoints.forward_auth import ForwardAuth
from gongpai.gateway.gate import GateCookie, seal_gate
from gongpai.gateway.gate_protocol import GateProtocol
from gongpai.gateway.news import Heard
from gongpai.gateway.protocols import BoundedProtocol
from gongpai.sandbox import Corner
from guarded import Guarded, open_guarded

AUDIENCE = b"app.corp.example"
PLAIN = [
    "Host: gate",
    "X-Forwarded-Host: app.corp.example",
    "X-Forwarded-Uri: /x",
    "X-Forwarded-Method: GET",
    "Accept: text/html",
]

LAST = b"GET /the-last HTTP/1.1\r\nHost: gate\r\nConnection: close\r\n\r\n"


@pytest.fixture
async def guarded(wecom_sandbox: Corner, tmp_path: Path) -> AsyncIterator[Guarded]:
    async with open_guarded(wecom_sandbox, tmp_path) as guarded:
        guarded.gate = replace(guarded.gate, proxies=(ip_network("127.0.0.0/8"),))
        # Nobody here has a session in the store, which is asked where the news are late, as on a busy machine.
        guarded.gate.gate._heard = Heard()
        guarded.gate.gate._heard.catch_up(math.inf)
        yield guarded


@asynccontextmanager
async def serving(gate: ForwardAuth, protocol: type[asyncio.Protocol]) -> AsyncIterator[int]:
    """Serve the gate's application on a port of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        async with listening.serving(gate, protocol, listener):
            yield listener.getsockname()[1]


def person(guarded: Guarded, name: str) -> bytes:
    """Return the gate cookie of somebody."""
    now = int(guarded.gateway.clock().timestamp())
    stamp = guarded.gate.gate.hosts["app"].stamp
    subject, username = f"subject-{name}".encode(), name.encode()
    cookie = GateCookie(f"ref-{name}", subject, username, b"", b"", 0, now, now + 900, b"", (stamp,))
    return seal_gate(guarded.gate.entry.ring, cookie, AUDIENCE) or b""


def question(*lines: str, cookie: bytes = b"", path: str = "/auth/nginx", method: str = "GET", body: str = "") -> bytes:
    """Return a question as a proxy sends it."""
    head = [f"{method} {path} HTTP/1.1", *(lines or PLAIN)]
    if cookie:
        head.append(f"Cookie: __Host-gongpai_gate={cookie.decode()}")
    return "\r\n".join([*head, "", body]).encode()


async def ask(port: int, *pieces: bytes, answers: int = 1) -> bytes:
    """Send *pieces* one after another on one connection; return all that comes.

    After as many *answers* a last question follows, which lets the gate close: one answer more would stand before its.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    came = b""
    # The gate may close while we still write: then there is nothing more to come.
    with suppress(ConnectionError):
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.002)
    async with asyncio.timeout(90):
        with suppress(ConnectionError):
            while came.count(b"HTTP/1.1 ") < answers and (chunk := await reader.read(65_536)):
                came += chunk
            writer.write(LAST)
            while chunk := await reader.read(65_536):
                came += chunk
    writer.close()
    return came


def users(answer: bytes) -> list[bytes]:
    """Return whom each answer names."""
    return re.findall(rb"x-auth-request-preferred-username: ([a-z]*)", answer)


async def test_the_fast_path_says_what_asgi_says(guarded: Guarded) -> None:
    lisi = person(guarded, "lisi")
    old = question(cookie=lisi).replace(lisi, lisi[:-6])
    asked = [
        question(cookie=lisi),
        question(),
        question(method="HEAD", cookie=lisi),
        question(path="/auth/caddy"),
        question(path="/auth/traefik", cookie=lisi),
        question(path="/auth/envoy/x", cookie=lisi),
        question(path="/auth/nginx?x=1", cookie=lisi),
        question(path="/auth/other", cookie=lisi),
        question(path="/.gongpai/begin"),
        old,
        question(*PLAIN, "X-Forwarded-Uri: /public/", cookie=lisi),
        question(*PLAIN, "X-Forwarded-Host: other.example.net", cookie=lisi),
        question(*PLAIN, "Accept: text/html", cookie=lisi),
        question(*PLAIN, "Cookie: a=b", cookie=lisi),
        question(*PLAIN, f"Cookie: __Host-gongpai_gate={lisi.decode()}", cookie=lisi),
        question(*PLAIN, "Content-Length: 0", cookie=lisi),
        question(*PLAIN, "Connection: close", cookie=lisi),
        question(*PLAIN, "Connection: keep-alive", cookie=lisi),
        question(*PLAIN, "Expect: 100-continue", cookie=lisi),
        question(*PLAIN, "Upgrade: websocket", "Connection: Upgrade", cookie=lisi),
        question(*PLAIN[1:], cookie=lisi),
        question(*PLAIN, " folded: x", cookie=lisi),
        question(method="POST", cookie=lisi),
        question(*PLAIN, "Content-Length: 4", body="body", cookie=lisi),
        question(*PLAIN, "Transfer-Encoding: chunked", body="0\r\n\r\n", cookie=lisi),
        question(cookie=lisi).replace(b"HTTP/1.1", b"HTTP/1.0"),
        question(*[line.replace("/x", "/internal/") for line in PLAIN], cookie=lisi),
        question(*[line.replace("/x", "/public/a") for line in PLAIN], cookie=lisi),
        question(*[line.replace("app.corp", "unknown") for line in PLAIN], cookie=lisi),
        b"NONSENSE\r\n\r\n",
        b"GET /auth/nginx HTTP/1.1\r\n\r\n",
        b"\r\n" + question(cookie=lisi),
    ]
    async with serving(guarded.gate, GateProtocol) as fast, serving(guarded.gate, BoundedProtocol) as slow:
        for each in asked:
            assert _steady(await ask(fast, each)) == _steady(await ask(slow, each)), each


def _steady(answer: bytes) -> bytes:
    """Return *answer* without what is random in every one: nonces, sealed ones and those of a page's style."""
    return re.sub(rb"(gongpai_nonce=|/handover/|nonce-|nonce=\")[A-Za-z0-9_-]+", rb"\1", answer)


async def test_two_people_on_one_connection_never_get_each_others_answer(guarded: Guarded) -> None:
    chance = random.Random(21)
    people = {name: person(guarded, name) for name in ("lisi", "zhangsan")}
    kinds = [
        lambda cookie: question(cookie=cookie),
        lambda cookie: question(method="HEAD", cookie=cookie),
        lambda cookie: question(*PLAIN, "Accept-Language: zh", "Accept-Language: en", cookie=cookie),
        lambda cookie: question(path="/auth/caddy", cookie=cookie),
        lambda cookie: question(path="/auth/caddy", method="POST", cookie=cookie),
        lambda cookie: question(*PLAIN, "Content-Length: 0", cookie=cookie),
    ]
    async with serving(guarded.gate, GateProtocol) as port:
        for _ in range(40):
            names = [chance.choice(["lisi", "zhangsan", ""]) for _ in range(8)]
            stream = b"".join(chance.choice(kinds)(people.get(name, b"")) for name in names)
            cuts = sorted(chance.sample(range(1, len(stream)), chance.randint(0, 9)))
            pieces = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
            answer = await ask(port, *pieces, answers=len(names))
            assert users(answer) == [name.encode() for name in names]


@pytest.mark.parametrize("chunked", [False, True])
async def test_what_a_body_holds_is_never_answered(guarded: Guarded, chunked: bool) -> None:  # noqa: FBT001
    smuggled = question(cookie=person(guarded, "zhangsan")).decode()
    if chunked:
        body = f"{len(smuggled):x}\r\n{smuggled}\r\n0\r\n\r\n"
        first = question(*PLAIN, "Transfer-Encoding: chunked", cookie=person(guarded, "lisi"), body=body)
    else:
        length = f"Content-Length: {len(smuggled)}"
        first = question(*PLAIN, length, cookie=person(guarded, "lisi"), body=smuggled)
    async with serving(guarded.gate, GateProtocol) as port:
        for pieces in ([first], [first[: -len(smuggled)], first[-len(smuggled) :]], [first[:50], first[50:]]):
            answer = await ask(port, *pieces)
            # What was not read when the connection closed may cost the answer too.
            assert users(answer) in ([b"lisi"], [])
            # It is the only one: the last question, whose own answer would say so too, comes too late.
            assert not answer or b"connection: close" in answer.partition(b"\r\n\r\n")[0]
            assert answer.count(b"HTTP/1.1 ") <= 1


async def test_a_peer_that_is_no_proxy_is_refused_on_both_paths(guarded: Guarded) -> None:
    stranger = replace(guarded.gate, proxies=(ip_network("10.0.0.0/8"),))
    async with serving(stranger, GateProtocol) as port:
        answer = await ask(port, question(cookie=person(guarded, "lisi")))
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert users(answer) == [b""]


async def test_a_head_without_end_and_an_idle_connection_are_closed(guarded: Guarded) -> None:
    async with serving(guarded.gate, GateProtocol) as port:
        long = question(*PLAIN, f"X-Long: {'x' * 70_000}")
        assert (await ask(port, long)).startswith(b"HTTP/1.1 431 ")
