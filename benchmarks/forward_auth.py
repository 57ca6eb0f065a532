"""Forward-auth direct: the fast path against the same route in ASGI and Starlette, on the same server.

Both ask the same of each request: that its peer is a proxy, that no header is said twice, and that the cookie opens and
its session lives; and both count it. One worker each, over the same number of kept connections.
"""

import asyncio
import math
import multiprocessing
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from ipaddress import ip_network
from multiprocessing.connection import Connection

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from benchmarks.connections import Connections
from benchmarks.harness import Bar, Row, Side, compare, cpu_clock_of
from benchmarks.seal import make_ring
from gongpai.gateway.config.checking_gate import PRESETS
from gongpai.gateway.config.settings import Address, GateConfig, GateHost
from gongpai.gateway.endpoints.forward_auth import ForwardAuth
from gongpai.gateway.gate import Family, Gate, GateCookie, seal_gate
from gongpai.gateway.gate.answers import host_gate
from gongpai.gateway.gate_protocol import GateProtocol
from gongpai.gateway.news import Heard

HOST = GateHost("app", "https://app.example.com", ("main",))
NAME = b"%E6%9D%8E%E5%9B%9B"
GROUPS = b",".join(b"dept:%d" % number for number in range(8))


def measure() -> Iterator[Row]:
    with _serving(_fast) as (ours_pid, ours_port), _serving(_starlette) as (peer_pid, peer_port):
        ours = Side("fast path", Connections(ours_port).repeat(_question()), cpu_clock_of(ours_pid))
        peer = Side("ASGI + Starlette", Connections(peer_port).repeat(_question()), cpu_clock_of(peer_pid))
        yield compare("forward-auth, direct", ours, peer, Bar(max_ratio=1 / 2.5))


def _question() -> bytes:
    lines = [
        "GET /auth/nginx HTTP/1.1",
        "Host: gongpai_gate",
        "X-Forwarded-Host: app.example.com",
        "X-Forwarded-Uri: /reports?year=2026",
        "X-Forwarded-Method: GET",
        "X-Forwarded-For: 192.0.2.7",
        "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0",
        "Accept: text/html,application/xhtml+xml",
        "Accept-Language: zh-CN,zh;q=0.9,en;q=0.8",
        f"Cookie: theme=dark; __Host-gongpai_gate={_cookie()}",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _cookie() -> str:
    now = int(time.time())
    stamp = host_gate(HOST).stamp
    cookie = GateCookie("0" * 64, b"s" * 22, b"lisi", b"lisi@example.com", GROUPS, 0, now, now + 43_200, NAME, (stamp,))
    return (seal_gate(make_ring(), cookie, b"app.example.com") or b"").decode()


def _forward_auth() -> ForwardAuth:
    settings = GateConfig(Address("127.0.0.1", 0), {"app": HOST}, PRESETS["oauth2-proxy"])
    heard = Heard()
    heard.catch_up(math.inf)  # stands for the feed, which does it four times a second
    gate = Gate(settings, "https://sso.example.com", make_ring(), heard, lambda _claims: "")
    return ForwardAuth(
        gate,
        # No question here needs the store.
        entry=None,  # type: ignore[arg-type]  # see above
        sessions=None,  # type: ignore[arg-type]  # see above
        proxies=(ip_network("127.0.0.0/8"),),
        is_on_socket=False,
        steps={},
        clock=lambda: datetime.now(UTC),
        seconds=time.time,
    )


def _fast() -> uvicorn.Config:
    return uvicorn.Config(_forward_auth(), http=GateProtocol)


def _starlette() -> uvicorn.Config:
    forward_auth = _forward_auth()

    async def ask(request: Request) -> Response:
        asked: dict[bytes, bytes] = {}
        for name, value in request.scope["headers"]:
            if asked.setdefault(name, value) is not value:
                return Response(status_code=403)
        if request.client is None or not forward_auth.trusts(request.client.host):
            return Response(status_code=403)
        answer = await forward_auth.answer(Family.NGINX, asked)
        headers = {name.decode(): value.decode() for name, value in answer.headers}
        return Response(status_code=answer.status, headers=headers)

    return uvicorn.Config(Starlette(routes=[Route("/auth/nginx", ask)]), http=HttpToolsProtocol)


@contextmanager
def _serving(make: Callable[[], uvicorn.Config]) -> Iterator[tuple[int, int]]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(make, theirs), daemon=True)
    process.start()
    try:
        yield process.pid or 0, ours.recv()
    finally:
        process.terminate()
        process.join()


def _serve(make: Callable[[], uvicorn.Config], parent: Connection) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    config = make()
    config.access_log, config.lifespan, config.ws, config.log_level = False, "off", "none", "error"
    config.proxy_headers = False
    config.configure_logging()
    parent.send(listener.getsockname()[1])
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(uvicorn.Server(config).serve(sockets=[listener]))
