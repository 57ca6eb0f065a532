"""A request whose gate cookie is checked, against a bare ASGI answer: both served by uvicorn, each in its own process.

One second of CPU divided by the figure is the checks a second and core.
"""

import asyncio
import http.cookies
import multiprocessing
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from benchmarks.harness import Bar, Row, Side, compare, cpu_clock_of
from benchmarks.seal import AUDIENCE, COOKIE, START, make_ring
from gongpai.gateway.gate import GATE_COOKIE_NAME, Pass, check, seal_gate
from gongpai.gateway.news import Heard


def measure() -> Iterator[Row]:
    with _serving(_checked) as (ours_pid, ours_port), _serving(_bare) as (peer_pid, peer_port):
        ours = Side("checked", _asker(ours_port, b"204"), cpu_clock_of(ours_pid))
        peer = Side("bare ASGI", _asker(peer_port, b"204"), cpu_clock_of(peer_pid))
        yield compare("session check over HTTP", ours, peer, Bar())


def _bare() -> ASGIApp:
    async def answer(scope: Scope, _receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body"})

    return answer


def _checked() -> ASGIApp:
    ring, heard = make_ring(), Heard()
    name = f"{GATE_COOKIE_NAME}=".encode()

    async def answer(scope: Scope, _receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        at = time.monotonic()
        heard.catch_up(at)  # stands for the feed, which does it four times a second
        cookie = next((value for header, value in scope["headers"] if header == b"cookie"), b"")
        sealed = next((part[len(name) :] for part in cookie.split(b"; ") if part.startswith(name)), None)
        verdict = check(sealed, AUDIENCE, ring, heard, START, at)
        status = 204 if isinstance(verdict, Pass) else 401
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body"})

    return answer


@contextmanager
def _serving(make: Callable[[], ASGIApp]) -> Iterator[tuple[int, int]]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(make, theirs), daemon=True)
    process.start()
    try:
        yield process.pid or 0, ours.recv()
    finally:
        process.terminate()
        process.join()


def _serve(make: Callable[[], ASGIApp], parent: Connection) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(make(), log_level="error", access_log=False, lifespan="off"))
    parent.send(listener.getsockname()[1])
    asyncio.run(server.serve(sockets=[listener]))


def _asker(port: int, status: bytes) -> Callable[[int], None]:
    connection = socket.create_connection(("127.0.0.1", port))
    cookie = http.cookies.SimpleCookie({GATE_COOKIE_NAME: (seal_gate(make_ring(), COOKIE, AUDIENCE) or b"").decode()})
    request = f"GET / HTTP/1.1\r\nHost: app.example.com\r\nCookie: {cookie.output(header='').strip()}\r\n\r\n".encode()

    def ask(count: int) -> None:
        for _ in range(count):
            connection.sendall(request)
            answer = b""
            while not answer.endswith(b"\r\n\r\n"):
                answer += connection.recv(4096)
            assert answer.startswith(b"HTTP/1.1 " + status), answer

    return ask
