"""The provider against npm oidc-provider in memory: discovery, keys, userinfo, introspection, a silent sign-in.

Both have the same parties, which prove themselves alike, and one session; each runs on one core over the same number of
kept connections. The gateway is `gongpai serve` with one worker on SQLite, and does what it always does: it writes an
audit trail, and what it issues lies on the disk before it is told.
"""

import asyncio
import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import httpx2

from benchmarks.connections import Connections, batches, request
from benchmarks.harness import Bar, Figure, Row, Side, compare, cpu_clock_of, state
from benchmarks.served import IN_WECOM, on_one_core, pretend_wecom, served, sign_in, write_config

_PEER = Path(__file__).parents[1] / "tests" / "npm" / "oidc_provider.mjs"
_SECRET = "the-secret-of-measurements-only"
_REDIRECT_URI = "https://wiki.example.com/cb"
_SCOPES = ("openid", "profile", "groups")
_VERIFIER = "v" * 43
_CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(_VERIFIER.encode()).digest()).rstrip(b"=").decode()
_CODE = re.compile(rb"\r\nlocation: [^\r]*[?&]code=([^&\r]+)", re.IGNORECASE)
_MOST_MB = 90
_TWICE, _HALF_MORE, _THRICE = Bar(max_ratio=1 / 2), Bar(max_ratio=1 / 1.5), Bar(max_ratio=1 / 3)


@dataclass(frozen=True, slots=True)
class Provider:
    """A running provider: where it answers, and the cookies of one browser that is signed in."""

    name: str
    pid: int
    connections: Connections
    cookie: str
    discovery: str = "/.well-known/openid-configuration"
    jwks: str = "/jwks"
    authorize: str = "/authorize"
    token: str = "/token"
    userinfo: str = "/userinfo"
    introspection: str = "/introspect"

    def side(self, run: Callable[[int], None]) -> Side:
        """Return what is measured while *run* asks this provider."""
        return Side(self.name, run, cpu_clock_of(self.pid))


def measure() -> Iterator[Row | Figure]:
    with ours() as gateway, oidc_provider() as peer:
        yield _compare("discovery", gateway, peer, lambda each: ask(each, each.discovery), _TWICE)
        yield _compare("jwks", gateway, peer, lambda each: ask(each, each.jwks), _TWICE)
        yield _compare("userinfo, opaque token, SQLite", gateway, peer, ask_userinfo, _HALF_MORE)
        yield _compare("introspection, opaque token, SQLite", gateway, peer, introspect, _HALF_MORE)
        theirs = peer.side(sign_in_silently(peer, "wiki"))
        for alg, client_id, bar in (("RS256", "wiki", _HALF_MORE), ("ES256", "wiki-es256", _THRICE)):
            side = gateway.side(sign_in_silently(gateway, client_id))
            yield compare(f"silent authorize + code, {alg}, SQLite", side, theirs, bar)
        yield state("resident memory of a worker", gateway.name, [resident_mb(gateway.pid)], "MB", _MOST_MB)


def _compare(
    name: str, gateway: Provider, peer: Provider, make: Callable[[Provider], Callable[[int], None]], bar: Bar
) -> Row:
    return compare(name, gateway.side(make(gateway)), peer.side(make(peer)), bar)


def ask(provider: Provider, path: str) -> Callable[[int], None]:
    """Return what asks for a document."""
    return provider.connections.repeat(request("GET", path))


def ask_userinfo(provider: Provider) -> Callable[[int], None]:
    """Return what asks who it is."""
    token = _tokens(provider, "wiki")["access_token"]
    return provider.connections.repeat(request("GET", provider.userinfo, authorization=f"Bearer {token}"))


def introspect(provider: Provider) -> Callable[[int], None]:
    """Return what asks whether a token is alive."""
    body = urlencode({"token": _tokens(provider, "wiki")["access_token"]})
    return provider.connections.repeat(request("POST", provider.introspection, body, authorization=_basic("wiki")))


def sign_in_silently(provider: Provider, client_id: str) -> Callable[[int], None]:
    """Return what fetches codes with prompt=none and redeems each."""

    def run(count: int) -> None:
        for batch in batches(count):
            _sign_in(provider, client_id, batch)

    return run


def _sign_in(provider: Provider, client_id: str, count: int) -> list[bytes]:
    query = urlencode(
        {
            "client_id": client_id,
            "redirect_uri": _REDIRECT_URI,
            "response_type": "code",
            "scope": " ".join(_SCOPES),
            "state": "s" * 22,
            "nonce": "n" * 22,
            "prompt": "none",
            "code_challenge": _CHALLENGE,
            "code_challenge_method": "S256",
        }
    )
    asked = request("GET", f"{provider.authorize}?{query}", cookie=provider.cookie)
    redirects = provider.connections.ask([asked] * count, 303)
    return provider.connections.ask([_redemption(provider, client_id, _code(each)) for each in redirects], 200)


def _code(redirect: bytes) -> str:
    found = _CODE.search(redirect)
    if found is None:
        raise RuntimeError(redirect.decode())
    return found[1].decode()


def _redemption(provider: Provider, client_id: str, code: str) -> bytes:
    fields = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": _REDIRECT_URI,
        "code_verifier": _VERIFIER,
    }
    return request("POST", provider.token, urlencode(fields), authorization=_basic(client_id))


def _tokens(provider: Provider, client_id: str) -> dict[str, str]:
    (answer,) = _sign_in(provider, client_id, 1)
    tokens: dict[str, str] = json.loads(answer.partition(b"\r\n\r\n")[2])
    return tokens


def _basic(client_id: str) -> str:
    return "Basic " + base64.b64encode(f"{client_id}:{_SECRET}".encode()).decode()


def resident_mb(pid: int) -> float:
    """Return what the process has in memory after all that it was asked."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


@contextmanager
def ours() -> Iterator[Provider]:
    """Run the gateway with somebody signed in."""
    with (
        pretend_wecom() as wecom,
        tempfile.TemporaryDirectory() as folder,
        served(write_config(Path(folder), wecom, _party("wiki", "RS256") + _party("wiki-es256", "ES256"))) as gateway,
    ):
        cookie = asyncio.run(_session(gateway.url))
        with Connections(gateway.port) as connections:
            yield Provider("gongpai", gateway.worker_pid, connections, cookie)


async def _session(url: str) -> str:
    async with httpx2.AsyncClient(headers=IN_WECOM, trust_env=False, timeout=60) as http:
        return await sign_in(http, url)


def _party(client_id: str, alg: str) -> str:
    return f"""
[parties.{client_id}]
name = "The Wiki"
client_secret = "{_SECRET}"
redirect_uris = ["{_REDIRECT_URI}"]
scopes = {json.dumps(_SCOPES)}
trusted = true
id_token_alg = "{alg}"
"""


@contextmanager
def oidc_provider() -> Iterator[Provider]:
    """Run npm oidc-provider in memory with somebody signed in."""
    client = {
        "client_id": "wiki",
        "client_secret": _SECRET,
        "redirect_uris": [_REDIRECT_URI],
        "grant_types": ["authorization_code"],
        "require_auth_time": True,
    }
    environ = {**os.environ, "CLIENTS": json.dumps([client]), "NODE_ENV": "production"}
    node = shutil.which("node") or shutil.which("nodejs") or "node"
    with on_one_core():
        process = subprocess.Popen(
            [node, str(_PEER)], env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
    try:
        url = (process.stdout.readline() if process.stdout else "").strip()
        if not url:
            message = f"{_PEER.name} does not start; type: npm ci --ignore-scripts --prefix tests/npm"
            raise RuntimeError(message)
        with Connections(int(url.rpartition(":")[2])) as connections:
            yield Provider(
                "npm oidc-provider",
                process.pid,
                connections,
                _peers_session(url),
                authorize="/auth",
                userinfo="/me",
                introspection="/token/introspection",
            )
    finally:
        process.terminate()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _peers_session(url: str) -> str:
    query = {"client_id": "wiki", "redirect_uri": _REDIRECT_URI, "response_type": "code", "scope": " ".join(_SCOPES)}
    query |= {"code_challenge": _CHALLENGE, "code_challenge_method": "S256"}
    with httpx2.Client(trust_env=False, timeout=60) as http:
        answer = http.get(f"{url}/auth", params=query)
        while not answer.headers["location"].startswith(_REDIRECT_URI):
            answer = http.get(httpx2.URL(url).join(answer.headers["location"]))
        session = {name: value for name, value in http.cookies.items() if name.startswith("_session")}
    return "; ".join(f"{name}={value}" for name, value in session.items())
