"""A gateway with hosts behind forward-auth, and proxies that ask it: what the tests of forward-auth share."""

import math
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
from starlette.types import Receive, Scope, Send

from gateways import Browser, Gateway, app_config, gateway_config, open_gateway
from gongpai.gateway.app import GatewayApp
from gongpai.gateway.config import Address, AppConfig, GateConfig, GateHost, PathAction, PathRule
from gongpai.gateway.config.checking_gate import PRESETS
from gongpai.gateway.endpoints.forward_auth import ForwardAuth
from gongpai.gateway.gate import Gate
from gongpai.gateway.news import Heard
from gongpai.sandbox import Corner

APP = "https://app.corp.example"
OTHER = "https://other.example.net"
RULES = (PathRule(PathAction.SKIP, "/public/"), PathRule(PathAction.DENY, "/internal/"))
PROXY = ("10.9.8.7", 40000)
PAGE_LOAD = {"accept": "text/html", "sec-fetch-mode": "navigate"}


def guarded_host(name: str = "app", origin: str = APP, **settings: object) -> GateHost:
    """Return a protected host that everybody who signed in may enter."""
    return GateHost(**{"name": name, "origin": origin, "apps": ("main",), "rules": RULES, **settings})  # type: ignore[arg-type]  # the fields of GateHost, by name


def gate_config(*hosts: GateHost, preset: str = "oauth2-proxy") -> GateConfig:
    """Return the settings of forward-auth for *hosts*."""
    chosen = hosts or (guarded_host(), guarded_host("other", OTHER))
    return GateConfig(Address("127.0.0.1", 0), {host.name: host for host in chosen}, PRESETS[preset])


@dataclass
class Guarded:
    """A running gateway with forward-auth."""

    gateway: Gateway
    gate: ForwardAuth
    jar: dict[str, dict[str, str]] = field(default_factory=dict)

    def hearing_nothing(self) -> ForwardAuth:
        """Return the gate with news that never grow stale, however busy the machine is, so that it asks no store."""
        entry, heard = self.gate.entry, Heard()
        heard.catch_up(math.inf)
        assert entry.config.gate is not None
        gate = Gate(entry.config.gate, entry.config.public_url, entry.ring, heard, lambda _claims: "")
        return replace(self.gate, gate=gate)

    async def ask(
        self,
        path: str = "/",
        *,
        origin: str = APP,
        kind: str = "nginx",
        method: str = "GET",
        peer: tuple[str, int] | None = PROXY,
        cookie: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx2.Response:
        """Ask as a proxy does that got a request for *path* at *origin*."""
        said = {
            "x-forwarded-host": urlsplit(origin).netloc,
            "x-forwarded-uri": path,
            "x-forwarded-method": method,
            **({} if cookie is None else {"cookie": cookie}),
            **(headers or {}),
        }
        async with self.http(peer) as http:
            return await http.get(f"http://gate/auth/{kind}", headers=said)

    def http(self, peer: tuple[str, int] | None = PROXY) -> httpx2.AsyncClient:
        """Return a client of the gate's listener, as *peer*."""

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await self.gate({**scope, "client": peer}, receive, send)

        return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://gate")

    async def visit(self, url: str, cookies: dict[str, str], **headers: str) -> httpx2.Response:
        """Follow *url* on a protected host, as its proxy passes it on, and keep new *cookies*."""
        parts = urlsplit(url)
        said = {"x-forwarded-host": parts.netloc, "x-forwarded-uri": parts.path, "x-forwarded-method": "GET", **headers}
        if cookies:
            said["cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        async with self.http() as http:
            answer = await http.get(f"http://gate{parts.path}?{parts.query}", headers=said)
        for line in answer.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            cookies[name] = value
        return answer

    async def enter(self, browser: Browser, origin: str = APP, path: str = "/") -> dict[str, str]:
        """Walk a browser that is signed in with us over to *origin*; return the cookies that it has there."""
        cookies: dict[str, str] = {}
        asked = await self.ask(path, origin=origin, headers={"accept": "text/html"})
        assert asked.status_code == 401, asked.status_code
        begun = await self.visit(asked.headers["location"], cookies)
        assert begun.status_code == 303, begun.text
        crossed = await browser.get(begun.headers["location"])
        assert crossed.status_code == 303, crossed.text
        done = await self.visit(crossed.headers["location"], cookies)
        assert done.status_code == 303, done.text
        assert done.headers["location"] == f"{origin}{path}"
        return cookies


def cookie_line(cookies: Mapping[str, str]) -> str:
    """Return *cookies* as a browser sends them."""
    return "; ".join(f"{name}={value}" for name, value in cookies.items())


@asynccontextmanager
async def open_guarded(
    corner: Corner, storage: Path, config: GateConfig | None = None, *others: AppConfig
) -> AsyncIterator[Guarded]:
    """Open a gateway with forward-auth on an empty database; *others* are apps beside the one that is used."""
    settings = gateway_config(
        corner,
        storage,
        app_config(corner),
        *others,
        trusted_proxies=(ip_network("10.0.0.0/8"),),
        gate=config or gate_config(),
    )
    async with open_gateway(corner, settings) as gateway:
        assert isinstance(gateway.app, GatewayApp)
        assert gateway.app.gate is not None
        yield Guarded(gateway, gateway.app.gate)
