"""What the people of a filled store ask of a gateway that is served on it: each request is about another person."""

import asyncio
import base64
import hashlib
import itertools
import json
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.connections import Connections, batches, request
from benchmarks.filled_store import PARTY, REDIRECT_URI, SCOPES, STRIDE, Filling
from benchmarks.harness import cpu_clock_of
from benchmarks.served import Gateway, WeCom, served, write_config
from gongpai.gateway.keys import KeyKeeper
from gongpai.gateway.ring import KeyRing
from gongpai.gateway.session import COOKIE_NAME, seal_session
from gongpai.gateway.store.open import open_stores
from gongpai.gateway.store.sql.tables_provider import access_tokens, refresh_tokens

_SECRET = "the-secret-of-measurements-only"
_SECRET_KEY = b"0" * 32
_BASIC = "Basic " + base64.b64encode(f"{PARTY}:{_SECRET}".encode()).decode()
_VERIFIER = "v" * 43
_CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(_VERIFIER.encode()).digest()).rstrip(b"=").decode()
_CODE = re.compile(rb"[?&]code=([A-Za-z0-9_-]+)")
_LIFETIME = timedelta(hours=12)
_PARTY = f"""
[parties.{PARTY}]
name = "The Wiki"
client_secret = "{_SECRET}"
redirect_uris = ["{REDIRECT_URI}"]
scopes = {json.dumps(sorted(SCOPES))}
grant_types = ["authorization_code", "refresh_token"]
trusted = true
# The cheapest signature hides the least.
id_token_alg = "ES256"
"""


@dataclass(slots=True)
class Visitors:
    """The people of a store of *size*, at its gateway."""

    size: int
    filling: Filling
    ring: KeyRing
    gateway: Gateway
    connections: Connections
    refreshed: dict[int, str]
    """The last refresh token of each family that was refreshed since it was filled in."""
    _turns: Iterator[int] = field(default_factory=itertools.count)

    def cpu_seconds(self) -> Callable[[], float]:
        """Return a clock of the CPU that the worker has used."""
        return cpu_clock_of(self.gateway.worker_pid)

    def userinfo(self, count: int) -> None:
        """Ask who holds each of *count* access tokens."""
        numbers = self._next(count)
        tokens = [self.filling.token(access_tokens, number) for number in numbers]
        answers = self.connections.ask([request("GET", "/userinfo", authorization=f"Bearer {t}") for t in tokens], 200)
        _require([_json(each)["sub"] for each in answers] == [self.filling.subject(number) for number in numbers])

    def introspect(self, count: int) -> None:
        """Ask whether each of *count* access tokens is alive."""
        bodies = [urlencode({"token": self.filling.token(access_tokens, number)}) for number in self._next(count)]
        asked = [request("POST", "/introspect", body, authorization=_BASIC) for body in bodies]
        _require(all(_json(each)["active"] for each in self.connections.ask(asked, 200)))

    def sign_in_silently(self, count: int) -> None:
        """Fetch *count* codes with sessions, and redeem them."""
        query = {
            "client_id": PARTY,
            "redirect_uri": REDIRECT_URI,
            "response_type": "code",
            "scope": " ".join(sorted(SCOPES)),
            "nonce": "n" * 22,
            "prompt": "none",
            "code_challenge": _CHALLENGE,
            "code_challenge_method": "S256",
        }
        path = f"/authorize?{urlencode(query)}"
        asked = [request("GET", path, cookie=self._cookie(number)) for number in self._next(count)]
        codes = [_CODE.search(each) for each in self.connections.ask(asked, 303)]
        fields = {"grant_type": "authorization_code", "redirect_uri": REDIRECT_URI, "code_verifier": _VERIFIER}
        self._redeem([{**fields, "code": code[1].decode()} for code in codes if code is not None])

    def refresh(self, count: int) -> None:
        """Refresh *count* families that were issued long ago, or refreshed here before."""
        numbers, known = self._next(count), self.refreshed
        tokens = [known.get(number) or self.filling.token(refresh_tokens, number) for number in numbers]
        fields = [{"grant_type": "refresh_token", "refresh_token": token} for token in tokens]
        known.update(zip(numbers, self._redeem(fields), strict=True))

    def open_own_page(self, count: int) -> None:
        """Open *count* times /me: a session is read, and written if it was not seen for a minute."""
        asked = [request("GET", "/me", cookie=self._cookie(number)) for number in self._next(count)]
        self.connections.ask(asked, 200)

    def repeat(self, act: Callable[["Visitors", int], None]) -> Callable[[int], None]:
        """Return what lets as many people *act* as it is told, some at once."""

        def run(count: int) -> None:
            for batch in batches(count):
                act(self, batch)

        return run

    def _next(self, count: int) -> list[int]:
        return [number * STRIDE % self.size for number in itertools.islice(self._turns, count)]

    def _cookie(self, number: int) -> str:
        sealed = seal_session(self.ring, self.filling.session_id(number), self.filling.start + _LIFETIME)
        return f"{COOKIE_NAME}={sealed}"

    def _redeem(self, fields: list[dict[str, str]]) -> list[str]:
        asked = [request("POST", "/token", urlencode(each), authorization=_BASIC) for each in fields]
        return [str(_json(each)["refresh_token"]) for each in self.connections.ask(asked, 200)]


@contextmanager
def visited(wecom: WeCom, storage: str, size: int, filling: Filling, refreshed: dict[int, str]) -> Iterator[Visitors]:
    """Run the gateway on the filled *storage* until the block ends; *wecom* knows nobody of these people."""
    ring = asyncio.run(_load_ring(storage))
    with tempfile.TemporaryDirectory() as folder:
        config = write_config(Path(folder), wecom, _PARTY, storage=storage, secret_key=_SECRET_KEY)
        with served(config) as gateway, Connections(gateway.port) as connections:
            yield Visitors(size, filling, ring, gateway, connections, refreshed)


async def _load_ring(storage: str) -> KeyRing:
    async with open_stores(storage) as stores:
        await KeyKeeper(stores.keys, stores.ring, _SECRET_KEY, _LIFETIME).load(datetime.now(UTC))
        return stores.ring


def _json(answer: bytes) -> dict[str, object]:
    read: dict[str, object] = json.loads(answer.partition(b"\r\n\r\n")[2])
    return read


def _require(truth: object) -> None:
    if not truth:
        message = "answered wrongly"
        raise RuntimeError(message)
