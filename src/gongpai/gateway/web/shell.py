"""The outermost layer of every request: its id, its headers, the codes it carries, its errors, its line in the log."""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import cache
from urllib.parse import unquote_to_bytes

import structlog
from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gongpai.gateway import metrics
from gongpai.gateway.config.settings import Network
from gongpai.gateway.logs import logger
from gongpai.gateway.records import SeenCode
from gongpai.gateway.web.address import client_address
from gongpai.gateway.web.headers import ALWAYS, STRICT_POLICY
from gongpai.gateway.web.http import Pages
from gongpai.gateway.web.visit import SCOPE_KEY, Visit

# WeCom appends code and state to whatever query the redirect_uri had (WeCom 91022), so the true code is among the last.
_MAX_CODES = 8
_MAX_LOGGED_PATH = 200
# Parts of a path that somebody could use who reads the log.
_OPENS_A_DOOR = ("{handle}", "{ticket}", "{wish}")

_EVERY = (*ALWAYS, (b"content-security-policy", STRICT_POLICY.encode()), (b"cache-control", b"no-store"))

_log = logger("access")


@dataclass(frozen=True, slots=True)
class Shell:
    """Wraps the routes. *see_codes* gets each ``code`` that reaches any path, its ``state`` and browser (T1)."""

    app: ASGIApp
    pages: Pages
    proxies: Sequence[Network]
    see_codes: Callable[[Sequence[str], str, str | None], Awaitable[list[SeenCode]]]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        visit = Visit(scope, receive, self._address(scope))
        scope[SCOPE_KEY] = visit
        structlog.contextvars.bind_contextvars(request_id=visit.request_id)
        watch = _Watch(visit, send)
        try:
            codes = find_values(visit.query, b"code")[-_MAX_CODES:] if visit.query else []
            if codes:
                states = find_values(visit.query, b"state")
                state = states[0] if len(states) == 1 else ""
                visit.seen_codes = await self.see_codes(codes, state, visit.browser_secret)
            await self.app(scope, receive, watch.send)
        except Exception as error:  # the outermost handler
            if watch.status:
                _log.error("failure_after_answer_began", exc_info=error)
                raise
            answer = self.pages.answer_error(visit, error)
            await answer(scope, receive, watch.send)
        finally:
            watch.close(_route_of(scope))

    def _address(self, scope: Scope) -> str:
        peer = scope["client"][0] if scope.get("client") else None
        forwarded = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
        return client_address(peer, b",".join(forwarded).decode("latin-1"), self.proxies)


class _Watch:
    """Adds to an answer what every answer carries, and remembers what is worth a line."""

    __slots__ = ("_send", "_started_at", "_visit", "status")

    def __init__(self, visit: Visit, send: Send) -> None:
        self._visit = visit
        self._send = send
        self._started_at = time.perf_counter()
        self.status = 0

    async def send(self, message: Message) -> None:
        """Send one ASGI message on."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = message["headers"] = list(message["headers"])
            names = {name for name, _ in headers}
            headers.extend(header for header in _EVERY if header[0] not in names)
            headers.append((b"x-request-id", self._visit.request_id.encode()))
            headers.extend((b"set-cookie", value.encode("latin-1")) for value in self._visit.set_cookies.values())
        await self._send(message)

    def close(self, route: str) -> None:
        """Count the request and write its line, without its query."""
        seconds = time.perf_counter() - self._started_at
        visit = self._visit
        method = visit.method if visit.method in _METHODS else "other"
        count_request(route, method, self.status, seconds)
        _log.info(
            "request",
            method=method,
            path=route if any(part in route for part in _OPENS_A_DOOR) else visit.path[:_MAX_LOGGED_PATH],
            status=self.status,
            milliseconds=round(seconds * 1000, 1),
            address=visit.address,
        )


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})


def count_request(route: str, method: str, status: int, seconds: float) -> None:
    """Count an answer; each of the three is one of a few."""
    _counter_of(route, method, status).inc()
    _histogram_of(route).observe(seconds)


# Finding a counter by its labels costs as much as counting.
@cache
def _counter_of(route: str, method: str, status: int) -> Counter:
    return metrics.requests.labels(route, method, str(status))


@cache
def _histogram_of(route: str) -> Histogram:
    return metrics.request_seconds.labels(route)


def find_values(query: bytes, name: bytes) -> list[str]:
    """Return every value that any reader of *query* could take for *name*, even in a query that we refuse to read."""
    values = []
    for part in query.replace(b";", b"&").split(b"&"):
        key, equals, value = part.partition(b"=")
        if equals and value and (key == name or unquote_to_bytes(key.replace(b"+", b" ")) == name):
            values.append(unquote_to_bytes(value.replace(b"+", b" ")).decode("utf-8", "replace"))
    return values


def _route_of(scope: Scope) -> str:
    return getattr(scope.get("route"), "path", "none")
