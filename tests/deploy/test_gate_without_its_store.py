"""With the store down every real proxy shows a page that says so, and send nobody round in circles."""

import asyncio
import socket
from dataclasses import replace
from functools import partial
from ipaddress import ip_network
from pathlib import Path

import pytest

from behind_proxy import APP, Answer, Proxy, await_port, send
from dead_store import without_store
from echo_app import echo_app
from gongpai.gateway.gate_protocol import GateProtocol
from gongpai.sandbox import Corner
from guarded import cookie_line, gate_config, guarded_host, open_guarded
from listening import serving
from programs import free_port
from proxies import caddy, envoy, nginx, traefik

PAGE_LOAD = [("Accept", "text/html"), ("Accept-Language", "en")]


@pytest.mark.parametrize(("proxy", "status"), [(nginx, 403), (caddy, 503), (traefik, 503), (envoy, 503)])
async def test_105_with_the_store_down_whoever_needs_it_reads_so_and_goes_nowhere(
    proxy: Proxy, status: int, wecom_sandbox: Corner, tmp_path: Path
) -> None:
    port = free_port()
    origin = f"http://{APP}:{port}"
    config = gate_config(guarded_host(origin=origin))
    async with open_guarded(wecom_sandbox, tmp_path, config) as guarded:
        browser = guarded.gateway.browser()
        await browser.sign_in()
        cookie = "Cookie", cookie_line(await guarded.enter(browser, origin))
        gate = replace(
            guarded.gate, sessions=without_store(guarded.gate.sessions), proxies=(ip_network("127.0.0.1/32"),)
        )

        async def ask(*headers: tuple[str, str]) -> Answer:
            return await asyncio.to_thread(send, port, "GET", "/x", [("Host", f"{APP}:{port}"), *headers])

        with socket.create_server(("127.0.0.1", 0)) as listener, echo_app() as app:
            async with serving(gate, GateProtocol, listener):
                with proxy(tmp_path, f"127.0.0.1:{listener.getsockname()[1]}", app, port, APP):
                    await asyncio.to_thread(partial(await_port, port, APP))
                    # Past five minutes the store is asked.
                    guarded.gateway.clock.advance(minutes=6)
                    page = await ask(cookie, *PAGE_LOAD)
                    script = await ask(cookie, ("Accept", "application/json"))
                    unknown = await ask(("Accept", "application/json"))
    assert (page.status, script.status, unknown.status) == (status, status, 401)
    assert "right now" in page.body
    for answer in (page, script):
        assert answer.header("location") == ""
        assert answer.header("set-cookie") == ""
        assert '"headers"' not in answer.body
