"""The fast path says what the long way says, in the same order, and ends as gracefully."""

import asyncio
import re
import socket
from contextlib import suppress
from dataclasses import replace
from urllib.parse import urlencode

import pytest
from starlette.responses import Response
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from gateways import Gateway
from gongpai.gateway.app import GatewayApp
from gongpai.gateway.plain_protocol import PlainProtocol
from gongpai.gateway.protocols import BoundedProtocol
from gongpai.gateway.web.machine import Answer, Call
from gongpai.gateway.web.machines import Endpoint
from gongpai.gateway.web.visit import Visit
from memory import until
from raw_http import ask, serving
from relying_party import Party

HOST = "Host: sso.gongpai.test\r\n"
FORM = "Content-Type: application/x-www-form-urlencoded\r\n"


def call(path: str, body: str = "", *lines: str, method: str = "POST", length: int | None = None) -> str:
    """Return a call as a party's server sends it; ``{token}`` and ``{basic}`` stand for what is good."""
    head = [f"{method} {path} HTTP/1.1", HOST.strip(), *lines]
    if method == "POST":
        head += [FORM.strip(), f"Content-Length: {len(body) if length is None else length}"]
    return "\r\n".join([*head, "", body])


BASIC = "Authorization: {basic}"
BEARER = "Authorization: Bearer {token}"
USERINFO = call("/userinfo", "", BEARER, method="GET")
UNKNOWN = urlencode({"grant_type": "authorization_code", "code": "x", "redirect_uri": "x"})


@pytest.mark.parametrize(
    "pieces",
    [
        (USERINFO,),
        (call("/userinfo", "", "Authorization: Bearer bad", method="GET"),),
        (call("/userinfo", "", "authorization: bearer {token}", "Origin: https://wiki.example.com", method="GET"),),
        (call("/userinfo", "", BEARER, BEARER, method="GET"),),
        (call("/userinfo", "", BEARER, "X-Forwarded-For: 203.0.113.9", method="GET"),),
        (call("/userinfo", "access_token=bad"),),
        (call("/userinfo?x=1", "", BEARER, method="GET"),),
        (call("/introspect", "token=unknown", BASIC),),
        (call("/introspect", "", BASIC),),
        (call("/introspect", "token=unknown", BASIC, length=5),),
        (call("/introspect", "token=\r\n\r\n", BASIC),),
        (call("/introspect", "token=unknown", BASIC, "Expect: 100-continue"),),
        (call("/introspect", "token=unknown", BASIC, "Connection: close"),),
        (call("/introspect", "token=unknown", BASIC)[:-4], "nown"),
        (call("/introspect", "token=unknown", BASIC)[:30], call("/introspect", "token=unknown", BASIC)[30:]),
        (call("/token", UNKNOWN, BASIC),),
        (call("/token", "x" * 70_000, BASIC),),
        (call("/token", "x=%ff", BASIC),),
        (call("/token", UNKNOWN).replace(FORM, "Content-Type: application/json\r\n"),),
        (call("/token", "", BASIC, method="GET"),),
        (call("/revoke", "token=unknown", BASIC),),
        (USERINFO, call("/introspect", "token=unknown", BASIC), USERINFO),
        (USERINFO + call("/introspect", "token=unknown", BASIC) + USERINFO,),
        (call("/introspect", "token=unknown", BASIC), f"GET /jwks HTTP/1.1\r\n{HOST}\r\n" * 3, USERINFO),
        (call("/token", UNKNOWN, BASIC), f"GET /signin HTTP/1.1\r\n{HOST}\r\n"[:9]),
        (call("/authorize?client_id=nobody&state=%E4%B8%AD", "", method="GET"),),
        (call("/authorize?client_id=nobody#state=a", "", method="GET"),),
        (call("/authorize", "client_id=nobody"),),
        (call("/signin", "x=1", "Cookie: a=b"),),
        (call("/", "", method="GET"), call("/healthz", "", method="GET"), call("/readyz?x=1", "", method="GET")),
        (call("/healthz", "", method="HEAD"), call("/static/unknown.css", "", method="GET")),
        (call("/nowhere", "", "Accept-Language: zh", method="GET"), call("/healthz", "x=1")),
        (call("//authorize", "", method="GET"), call("/%61uthorize", "", method="GET"), call("/a/../me", method="GET")),
        (call("/language/zh?return_to=/me", "", method="GET"), call("/device?user_code=1\xe4", "", method="GET")),
        (call("/healthz", "", method="GET").replace("HTTP/1.1", "HTTP/1.0"),),
        (call("http://sso.gongpai.test/healthz", "", method="GET"),),
    ],
)
async def test_both_ways_say_the_same(provider: Gateway, pieces: tuple[str, ...]) -> None:
    party = Party(provider)
    token = (await party.tokens(provider.browser()))["access_token"]
    good = [piece.replace("{token}", token).replace("{basic}", party.basic) for piece in pieces]
    said = []
    for protocol in (PlainProtocol, BoundedProtocol):
        async with serving(provider, protocol) as (port, _):
            # Pages have a reference, a nonce and a token of their own.
            said.append(re.sub(rb"[A-Za-z0-9_-]{12,}", b"", await ask(port, *good)))
    assert said[0] == said[1]
    assert said[0].startswith(b"HTTP/1.")


async def test_a_code_is_redeemed_and_its_token_opens_userinfo(provider: Gateway) -> None:
    party = Party(provider)
    code = (await party.sign_in(provider.browser()))["code"]
    fields = {"grant_type": "authorization_code", "code": code, "code_verifier": party.verifier}
    body = urlencode({**fields, "redirect_uri": party.record.redirect_uris[0]})
    async with serving(provider, PlainProtocol) as (port, _):
        answer = await ask(port, call("/token", body, f"Authorization: {party.basic}"))
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert b'"access_token"' in answer


async def test_a_call_under_way_is_answered_before_the_worker_ends(provider: Gateway) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def answer_late(_call: Call) -> Answer:
        begun.set()
        await go_on.wait()
        return Answer(b"{}")

    assert isinstance(provider.app, GatewayApp)
    machines = replace(provider.app.public, endpoints={"/introspect": Endpoint(answer_late, ("POST",))})
    late = replace(provider, app=replace(provider.app, public=machines))
    # Less than an idle connection is kept.
    async with serving(late, PlainProtocol) as (port, server), asyncio.timeout(60):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(call("/introspect", "token=x").encode())
        await begun.wait()
        (connection,) = server.server_state.connections
        connection.shutdown()
        go_on.set()
        answer = await reader.read(-1)
        writer.close()
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert b"connection: close" in answer
    assert answer.endswith(b"{}")


async def test_a_call_that_is_broken_off_ends_its_connection(provider: Gateway) -> None:
    async def break_off(_call: Call) -> Answer:
        raise asyncio.CancelledError

    assert isinstance(provider.app, GatewayApp)
    machines = replace(provider.app.public, endpoints={"/introspect": Endpoint(break_off, ("POST",))})
    broken = replace(provider, app=replace(provider.app, public=machines))
    async with serving(broken, PlainProtocol) as (port, _), asyncio.timeout(90):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(call("/introspect", "token=x").encode())
        with suppress(ConnectionResetError):
            assert await reader.read(-1) == b""
        writer.close()


async def test_no_header_begins_a_line_of_its_own(provider: Gateway) -> None:
    async def split(_call: Call) -> Answer:
        return Answer(b"{}", headers=((b"location", b"/x\r\nset-cookie: a=b"),))

    assert isinstance(provider.app, GatewayApp)
    machines = replace(provider.app.public, endpoints={"/introspect": Endpoint(split, ("POST",))})
    splitting = replace(provider, app=replace(provider.app, public=machines))
    async with serving(splitting, PlainProtocol) as (port, _), asyncio.timeout(90):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(call("/introspect", "token=x").encode())
        with suppress(ConnectionResetError):
            assert await reader.read(-1) == b""
        writer.close()


async def test_a_call_that_comes_while_a_page_is_made_has_not_the_page_s_id_in_the_log(provider: Gateway) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def answer_late(_visit: Visit) -> Response:
        begun.set()
        await go_on.wait()
        return Response()

    assert isinstance(provider.app, GatewayApp)
    pages = replace(provider.app.public.pages, handlers={("GET", "/late"): answer_late})
    late = replace(provider, app=replace(provider.app, public=replace(provider.app.public, pages=pages)))
    async with serving(late, PlainProtocol) as (port, server), asyncio.timeout(90):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        with capture_logs([merge_contextvars]) as events:
            writer.write(call("/late", "", method="GET").encode())
            await begun.wait()
            (connection,) = server.server_state.connections
            assert isinstance(connection, PlainProtocol)
            writer.write(call("/introspect", "token=x").encode())
            await until(lambda: bool(connection._held))
            go_on.set()
            await reader.readuntil(b'{"error"')
        writer.close()
    (refused,) = (event for event in events if event["event"] == "refused")
    assert "request_id" not in refused
    assert any("request_id" in event for event in events)


async def test_calls_that_come_in_one_piece_with_a_page_have_not_its_id_in_the_log(provider: Gateway) -> None:
    async with serving(provider, PlainProtocol) as (port, _), asyncio.timeout(90):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        with capture_logs([merge_contextvars]) as events:
            writer.write((call("/nowhere", method="GET") + call("/introspect", "token=x") * 2).encode())
            for _ in range(2):
                await reader.readuntil(b'{"error"')
        writer.close()
    assert ["request_id" in event for event in events if event["event"] == "refused"] == [False, False]
    assert any("request_id" in event for event in events)


async def test_one_who_hangs_up_hinders_nobody(provider: Gateway) -> None:
    request = call("/introspect", "token=unknown", f"Authorization: {Party(provider).basic}").encode()
    async with serving(provider, PlainProtocol) as (port, _):
        for _ in range(5):
            with socket.create_connection(("127.0.0.1", port)) as connection:
                connection.sendall(request)
        answer = await ask(port, request.decode())
    assert b'{"active":false}' in answer
