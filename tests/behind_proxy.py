"""A protected app behind a real proxy, and a browser that signs in through it; every byte is the test's own."""

import http.client
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlencode, urlsplit

from echo_app import echo_app
from gateways import WECOM_UA, csrf_token
from gongpai.sandbox import Corner
from programs import free_port
from served import PUBLIC_URL, Served, served, until, write_config

Proxy = Callable[..., AbstractContextManager[None]]
Relay = Callable[[str], AbstractContextManager[str]]
APP, OTHER = "app.localhost", "other.localhost"
NOTHING_MORE: Mapping[str, object] = MappingProxyType({})
_MOST_REDIRECTS = 12
# What a gateway interface such as CGI may fold.
_NO_LETTER = re.compile("[^a-z0-9]")


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: list[tuple[str, str]]
    body: str

    def header(self, name: str) -> str:
        """Return a header; empty if there is none."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    def seen(self, name: str) -> list[str]:
        """Return the values that the app got for a header, with whatever stands there for its dashes."""
        told = json.loads(self.body)["headers"]
        return [value for key, value in told if _NO_LETTER.sub("-", key.lower()) == name.lower()]


@dataclass
class Behind:
    """Two hosts of one app behind one proxy."""

    gateway: Served
    port: int
    jars: dict[str, dict[str, str]] = field(default_factory=dict)

    def url(self, path: str = "/", host: str = APP) -> str:
        """Return the address of a page of the app."""
        return f"http://{host}:{self.port}{path}"

    def send(
        self, target: str, *headers: tuple[str, str], host: str = APP, method: str = "GET", body: str = ""
    ) -> Answer:
        """Send a request to the proxy as it stands, and no header that is not named."""
        return send(self.port, method, target, [("Host", f"{host}:{self.port}"), *headers], body)

    def cookie(self, host: str = APP) -> tuple[str, str]:
        """Return the Cookie header of the browser on *host*."""
        return "Cookie", "; ".join(f"{name}={value}" for name, value in self._kept(f"{host}:{self.port}").items())

    def browse(self, url: str) -> Answer:
        """Load a page as a browser does: follow redirects everywhere, and keep each host's cookies apart."""
        for _ in range(_MOST_REDIRECTS):
            parts = urlsplit(url)
            kept = self._kept(parts.netloc)
            where = urlsplit(self.gateway.url).netloc if url.startswith(f"{PUBLIC_URL}/") else parts.netloc
            headers = [("Host", parts.netloc), ("User-Agent", WECOM_UA), ("Accept", "text/html")]
            if kept:
                headers.append(("Cookie", "; ".join(f"{name}={value}" for name, value in kept.items())))
            target = f"{parts.path}?{parts.query}" if parts.query else parts.path
            answer = send(int(where.rpartition(":")[2]), "GET", target, headers)
            for name, value in answer.headers:
                if name.lower() == "set-cookie":
                    self._keep(parts.netloc, value)
            location = answer.header("location")
            if not location:
                return answer
            url = f"{parts.scheme}://{parts.netloc}{location}" if location.startswith("/") else location
        raise AssertionError(f"too many redirects, the last one to {url}")

    def sign_out(self) -> None:
        """Press the button at gongpai."""
        page = self.browse(f"{PUBLIC_URL}/me")
        assert page.status == 200, page
        here = urlsplit(PUBLIC_URL).netloc
        form = urlencode({"csrf_token": csrf_token(page.body)})
        cookies = "; ".join(f"{name}={value}" for name, value in self.jars[here].items())
        headers = [("Host", here), ("Cookie", cookies), ("Content-Type", "application/x-www-form-urlencoded")]
        port = int(self.gateway.url.rpartition(":")[2])
        assert send(port, "POST", "/signout", headers, form).status in {200, 303}

    def _kept(self, netloc: str) -> dict[str, str]:
        host = netloc.partition(":")[0]
        shared = {
            name: value for domain, jar in self.jars.items() if host.endswith(domain) for name, value in jar.items()
        }
        return shared | self.jars.get(netloc, {})

    def _keep(self, netloc: str, set_cookie: str) -> None:
        cookie, *attributes = set_cookie.split("; ")
        name, _, content = cookie.partition("=")
        domain = next((each.partition("=")[2] for each in attributes if each.lower().startswith("domain=")), None)
        self.jars.setdefault(netloc if domain is None else f".{domain}", {})[name] = content


def send(port: int, method: str, target: str, headers: list[tuple[str, str]], body: str = "") -> Answer:
    """Send a request to what listens on *port*, with no header that is not named."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value.encode("latin-1"))
        if body:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body.encode() or None)
        answer = connection.getresponse()
        return Answer(answer.status, answer.getheaders(), answer.read().decode("utf-8", "replace"))
    finally:
        connection.close()


@contextmanager
def behind(
    proxy: Proxy,
    folder: Path,
    corner: Corner,
    *,
    hosts: tuple[str, str] = (APP, OTHER),
    workers: int = 1,
    relay: Relay = nullcontext,
    settings: Mapping[str, object] = NOTHING_MORE,
) -> Iterator[Behind]:
    """Run the gateway, the proxy and the app until the block ends; *relay* may stand between proxy and gate."""
    corner.hold_phone("lisi")
    port = free_port()
    gate: dict[str, object] = {
        "trusted_proxies": ["127.0.0.1"],
        "gate.listen": "127.0.0.1:0",
        "gate.hosts.app.origin": f"http://{hosts[0]}:{port}",
        "gate.hosts.app.rules": ["skip /public/", "deny /internal/"],
        "gate.hosts.other.origin": f"http://{hosts[1]}:{port}",
        **settings,
    }
    with (
        echo_app() as app,
        served(write_config(folder, corner, **gate), workers) as gateway,
        relay(gateway.gate) as between,
        proxy(folder, between, app, port, *hosts),
    ):
        await_port(port, hosts[0])
        yield Behind(gateway, port)


def await_port(port: int, host: str) -> None:
    """Return once the proxy answers for *host*; some accept before they have read whose host that is, and say 404."""
    until(lambda: _knows(port, host))


def _knows(port: int, host: str) -> bool:
    try:
        return send(port, "GET", "/public/", [("Host", f"{host}:{port}")]).status != HTTPStatus.NOT_FOUND
    except OSError:
        return False
