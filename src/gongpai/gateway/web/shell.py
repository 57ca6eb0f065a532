"""The outermost layer of every request: its id, its headers, the codes it carries, its errors, its line in the log."""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from urllib.parse import unquote_to_bytes

import structlog
from prometheus_client import Histogram
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope

from gongpai.gateway import metrics
from gongpai.gateway.config.settings import Network
from gongpai.gateway.logs import logger
from gongpai.gateway.records import SeenCode
from gongpai.gateway.web.address import client_address
from gongpai.gateway.web.headers import ALWAYS, STRICT_POLICY
from gongpai.gateway.web.http import Pages
from gongpai.gateway.web.visit import SCOPE_KEY, Visit
from gongpai.gateway.web.whole import Whole, collect

# WeCom appends code and state to whatever query the redirect_uri had (WeCom 91022), so the true code is among the last.
_MAX_CODES = 8
_MAX_LOGGED_PATH = 200
# Parts of a path that somebody could use who reads the log.
_OPENS_A_DOOR = ("{handle}", "{ticket}", "{wish}")

_EVERY = (*ALWAYS, (b"content-security-policy", STRICT_POLICY.encode()), (b"cache-control", b"no-store"))
_NAMES = frozenset(name for name, _ in _EVERY)

_log = logger("access")


Handler = Callable[[Visit], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Shell:
    """Wraps what answers browsers. *see_codes* gets each ``code`` that reaches any path, with state and browser (T1).

    *handlers* answer by method and whole path, *router* all the rest.
    """

    handlers: Mapping[tuple[str, str], Handler]
    router: ASGIApp
    pages: Pages
    proxies: Sequence[Network]
    see_codes: Callable[[Sequence[str], str, str | None], Awaitable[list[SeenCode]]]

    async def answer(self, scope: Scope, receive: Receive) -> Whole:
        """Answer one request."""
        began = time.perf_counter()
        visit = Visit(scope, receive, self._address(scope))
        scope[SCOPE_KEY] = visit
        structlog.contextvars.bind_contextvars(request_id=visit.request_id)
        handler = self.handlers.get((visit.method, visit.path))
        try:
            await self._see(visit)
            found = await (handler(visit) if handler else collect(self.router, scope, receive))
        except Exception as error:  # noqa: BLE001  # the outermost handler
            found = self.pages.answer_error(visit, error)
        whole = _finish(visit, found)
        _record(visit, visit.path if handler else _route_of(scope), whole.status, time.perf_counter() - began)
        return whole

    async def _see(self, visit: Visit) -> None:
        codes = find_values(visit.query, b"code")[-_MAX_CODES:] if visit.query else []
        if codes:
            states = find_values(visit.query, b"state")
            state = states[0] if len(states) == 1 else ""
            visit.seen_codes = await self.see_codes(codes, state, visit.browser_secret)

    def _address(self, scope: Scope) -> str:
        peer = scope["client"][0] if scope.get("client") else None
        forwarded = b",".join([value for name, value in scope["headers"] if name == b"x-forwarded-for"])
        return client_address(peer, forwarded.decode("latin-1"), self.proxies)


def _finish(visit: Visit, found: Response | Whole) -> Whole:
    """Return what was *found*, with what every answer carries."""
    if isinstance(found, Whole):
        status, headers, body = found
    else:
        status, headers, body = found.status_code, found.raw_headers, bytes(found.body)
    names = {name for name, _ in headers}
    every = _EVERY if names.isdisjoint(_NAMES) else [header for header in _EVERY if header[0] not in names]
    headers = [*headers, *every, (b"x-request-id", visit.request_id.encode())]
    headers.extend((b"set-cookie", value.encode("latin-1")) for value in visit.set_cookies.values())
    return Whole(status, headers, body)


def _record(visit: Visit, route: str, status: int, seconds: float) -> None:
    """Count the request and write its line, without its query."""
    method = visit.method if visit.method in _METHODS else "other"
    count_request(route, method, status, seconds)
    _log.info(
        "request",
        method=method,
        path=route if any(part in route for part in _OPENS_A_DOOR) else visit.path[:_MAX_LOGGED_PATH],
        status=status,
        milliseconds=round(seconds * 1000, 1),
        address=visit.address,
    )


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})


def count_request(route: str, method: str, status: int, seconds: float) -> None:
    """Count an answer; each of the three is one of a few."""
    metrics.counted(metrics.requests, route, method, str(status)).inc()
    _histogram_of(route).observe(seconds)


@cache
def _histogram_of(route: str) -> Histogram:
    return metrics.request_seconds.labels(route)


def find_values(query: bytes, name: bytes) -> list[str]:
    """Return every value that any reader of *query* could take for *name*, even in a query that we refuse to read."""
    values = []
    # Counted, for `in` costs more between bytes: CPython asks by an exception.
    for part in query.replace(b";", b"&").split(b"&"):
        key, equals, value = part.partition(b"=")
        if equals and value and (key == name or (key.count(b"%") and unquote_to_bytes(key) == name)):
            values.append(unquote_to_bytes(value.replace(b"+", b" ")).decode("utf-8", "replace"))
    return values


def _route_of(scope: Scope) -> str:
    return getattr(scope.get("route"), "path", "none")
