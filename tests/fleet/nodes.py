"""Gateways that are one: two nodes behind nginx on one PostgreSQL, with or without Redis, or one with three workers."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx2

from echo_app import echo_app
from fleet.balancer import balancer
from gateways import PORTAL
from gongpai.sandbox import Corner
from programs import free_port
from served import Served, launched, until, write_config

APP_HOST = "app.localhost"
WIKI, LUNCH, TELLY = "wiki", "lunch", "telly"
SECRET = "the secret of a party of tests, and long"


@dataclass(frozen=True)
class Oddity:
    """In what the second node differs from the first: settings of its own, and variables of its environment."""

    settings: Mapping[str, object] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)


_NONE = Oddity()


@dataclass
class Node:
    """One `gongpai serve`, always at the same addresses."""

    name: str
    config: Path
    address: str
    gate: str
    workers: int = 1
    environment: Mapping[str, str] = field(default_factory=dict)
    _starts: int = 0
    _stack: ExitStack = field(default_factory=ExitStack)
    _served: Served | None = None

    @property
    def served(self) -> Served:
        """What runs."""
        assert self._served is not None
        return self._served

    def launch(self) -> Callable[[], None]:
        """Start it; return what waits until it is ready."""
        self._starts += 1
        name = f"{self.name}-{self._starts}"
        await_ready = self._stack.enter_context(launched(self.config, self.workers, name, self.environment))

        def keep() -> None:
            self._served = await_ready()

        return keep

    def start(self) -> None:
        """Start it, and wait until it is ready."""
        self.launch()()

    def stop(self) -> None:
        """Send it SIGTERM, and wait until it has ended."""
        self._stack.close()

    def counted(self) -> list[float]:
        """Return how many requests it answered, and how many questions its gate did."""
        lines = httpx2.get(self.served.metrics_url, timeout=120).text.splitlines()
        return [
            sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"gongpai_{name}_total{{"))
            for name in ("requests", "gate_decisions")
        ]

    def command(self, *words: str) -> "subprocess.Popen[str]":
        """Begin a command of `gongpai` on this node."""
        command = [sys.executable, "-m", "gongpai.cli", *words, "--config", str(self.config)]
        around = {**os.environ, **self.environment}
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=around)


@dataclass
class Fleet:
    """The nodes, and the addresses at which people and parties know them."""

    corner: Corner
    issuer: str
    app_url: str
    nodes: list[Node]
    storage: str

    def is_balanced(self) -> bool:
        """Whether there is an nginx in front."""
        return len(self.nodes) > 1

    def reaches(self, node: Node) -> bool:
        """Ask both of nginx's hosts as often as there are nodes; whether *node* and its gate answered."""
        before = node.counted()
        app = urlsplit(self.app_url)
        for _ in self.nodes:
            assert httpx2.get(f"{self.issuer}/healthz", timeout=120).is_success
            httpx2.get(f"http://127.0.0.1:{app.port}/", headers={"host": app.netloc}, timeout=120)
        return all(more > less for more, less in zip(node.counted(), before, strict=True))


@contextmanager
def running_fleet(
    corner: Corner,
    folder: Path,
    storage: str | None = None,
    tickets: str | None = None,
    workers: int = 3,
    oddity: Oddity = _NONE,
) -> Iterator[Fleet]:
    """Run two nodes on *storage* behind nginx, or without one a node with *workers* on SQLite."""
    corner.hold_phone("lisi")
    port, app_port = free_port(), free_port()
    issuer, app_url = f"http://127.0.0.1:{port}", f"http://{APP_HOST}:{app_port}"
    settings = {
        **_parties(),
        "public_url": issuer,
        "trusted_proxies": ["127.0.0.1"],
        "gate.hosts.app.origin": app_url,
        **({} if storage is None else {"storage": storage}),
        **({} if tickets is None else {"tickets": tickets}),
    }
    with ExitStack() as stack:
        if storage is None:
            nodes = [_node(folder, "alone", corner, settings, f"127.0.0.1:{port}", workers)]
        else:
            nodes = [
                _node(folder, "one", corner, settings, f"127.0.0.1:{free_port()}"),
                _node(folder, "two", corner, {**settings, **oddity.settings}, f"127.0.0.1:{free_port()}"),
            ]
            nodes[1].environment = oddity.environment
        corner.update_app(PORTAL, oauth_domain=f"127.0.0.1:{port}", callback_domain=f"127.0.0.1:{port}")
        for node in nodes:
            stack.callback(node.stop)
        for await_ready in [node.launch() for node in nodes]:
            await_ready()
        fleet = Fleet(corner, issuer, app_url, nodes, storage or f"sqlite://{folder}/alone/gongpai.db")
        if fleet.is_balanced():
            app = stack.enter_context(echo_app())
            public = port, [node.address for node in nodes]
            gates = [node.gate for node in nodes]
            stack.enter_context(balancer(folder, public, gates, (APP_HOST, app_port, app)))
            until(lambda: _is_listening(issuer))
        yield fleet


def _node(folder: Path, name: str, corner: Corner, settings: dict[str, object], address: str, workers: int = 1) -> Node:
    gate = f"127.0.0.1:{free_port()}"
    home = folder / name
    home.mkdir()
    config = write_config(home, corner, **{**settings, "listen": address, "gate.listen": gate})
    return Node(name, config, address, gate, workers)


def _parties() -> dict[str, object]:
    wiki: dict[str, object] = {
        "name": "The Wiki",
        "client_secret": SECRET,
        "redirect_uris": ["https://wiki.example.com/cb"],
        "scopes": ["openid", "profile", "offline_access"],
        "grant_types": ["authorization_code", "refresh_token"],
        "trusted": True,
        "id_token_alg": "ES256",
    }
    lunch = {**wiki, "name": "Lunch", "redirect_uris": ["https://lunch.example.com/cb"], "trusted": False}
    telly: dict[str, object] = {"name": "The Telly", "auth_method": "none", "grant_types": ["device_code"]}
    parties: dict[str, dict[str, object]] = {WIKI: wiki, LUNCH: {**lunch, "id_token_alg": "RS256"}, TELLY: telly}
    return {f"parties.{name}.{key}": value for name, party in parties.items() for key, value in party.items()}


def _is_listening(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/healthz", timeout=120).is_success
    except httpx2.ConnectError:
        return False
