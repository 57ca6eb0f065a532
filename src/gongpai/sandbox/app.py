"""The composition root: the only file that knows every room; it also guards the doors.

Every request passes here: which corner, is the Host one of ours, may it see the control API, phone and console (T25).
"""

import hashlib
import hmac
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import Message, Receive, Scope, Send

from gongpai.sandbox import console, pages, phone
from gongpai.sandbox.api import endpoint, help_page
from gongpai.sandbox.control import problem, serve_control
from gongpai.sandbox.control.endpoint import PREFIX as CONTROL
from gongpai.sandbox.corners import ROOT, Corners, CornerState
from gongpai.sandbox.journal import JournalEntry, fingerprints

LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
_CORNER = "/c/"
_GUARDED = ("/phone", "/console")
_SAFE = ("GET", "HEAD")
_LONGEST_NUMBER = 11
_TOKEN_PARAMETER = "token"  # noqa: S105  a name, not a value


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the sandbox.

    Attributes:
        control_token: opens the control API, the phone and the console; new for each run.
        hosts: names, without port, that a Host header may carry besides loopback.
    """

    control_token: str = field(repr=False)
    corners: Corners
    hosts: frozenset[str] = frozenset()

    @property
    def pass_cookie(self) -> tuple[str, str]:
        """Name and value of the cookie that stands for the control token; cookies know no ports, hence the name."""
        digest = hashlib.sha256(self.control_token.encode()).hexdigest()
        return f"gongpai_sandbox_{digest[:8]}", digest[8:]

    def is_own_host(self, host: str) -> bool:
        """Whether a Host header names this server (T25: no DNS rebinding)."""
        name = host.lower()
        name = name[: name.rindex("]") + 1] if name.startswith("[") and "]" in name else name.partition(":")[0]
        return name in LOOPBACK or name in self.hosts or name.endswith(".localhost")


class SandboxApp:
    """Answer everything: raw ASGI for the API, Starlette for what people and scripts see."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._pages = Starlette(
            routes=[*help_page.routes(), *pages.routes(), *phone.routes(), *console.routes()],
            exception_handlers={404: _not_found},
        )
        self._pages.state.sandbox = run

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._pages(scope, receive, send)
            return
        host = _header(scope, b"host")
        if not self._run.is_own_host(host):
            await PlainTextResponse("This sandbox answers to its own names only (Host).\n", 421)(scope, receive, send)
            return
        corner, path = self._enter_corner(scope)
        if corner is None:
            await PlainTextResponse("No such corner.\n", 404)(scope, receive, send)
        elif path.startswith(endpoint.PREFIX):
            await endpoint.serve_call(corner, path, scope, receive, send)
        else:
            scope.setdefault("state", {})["corner"] = corner
            response = await self._guard(corner, path, Request(scope, receive))
            if response is not None:
                await response(scope, receive, send)
            else:
                await self._serve_page(corner, path, scope, receive, send)

    def _enter_corner(self, scope: Scope) -> tuple[CornerState | None, str]:
        """Return the corner of /c/ID/..., or the root's, and the path inside it."""
        path: str = scope["path"]
        if not path.startswith(_CORNER):
            return self._run.corners.root, path
        corner_id, _, rest = path[len(_CORNER) :].partition("/")
        scope["root_path"] = f"{_CORNER}{corner_id}"
        if corner_id == ROOT:
            return None, path
        if not rest and not path.endswith("/"):
            scope["path"] = f"{path}/"
        return self._run.corners.get(corner_id), f"/{rest}"

    async def _guard(self, corner: CornerState, path: str, request: Request) -> Response | None:
        """Return what stops the request, or answers for the control API; None: a page may answer."""
        if path.startswith(f"{CONTROL}/"):
            return await self._serve_control(corner, path[len(CONTROL) :], request)
        is_guarded = any(path == place or path.startswith(f"{place}/") for place in _GUARDED)
        if request.method in _SAFE and (is_guarded or path == "/"):
            exchanged = self._exchange_token(request)
            if exchanged is not None:
                return exchanged
        request.state.is_trusted = self._carries_pass(request)
        if is_guarded and not request.state.is_trusted:
            return pages.gate(request)
        if request.method not in _SAFE and not _is_same_origin(request):
            return PlainTextResponse("Forms of this sandbox answer to its own pages only.\n", 403)
        return None

    async def _serve_control(self, corner: CornerState, path: str, request: Request) -> Response:
        if not _is_same_origin(request):
            return problem(403, "the control API is for this origin only")
        if not self._bears_token(request):
            return problem(401, "send the token printed at start: Authorization: Bearer ...")
        return await serve_control(corner, self._run.corners, path, request)

    def _bears_token(self, request: Request) -> bool:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and _is_same(token, self._run.control_token)

    def _carries_pass(self, request: Request) -> bool:
        name, value = self._run.pass_cookie
        return _is_same(request.cookies.get(name, ""), value)

    def _exchange_token(self, request: Request) -> Response | None:
        """Turn ?token= into a cookie, so that the token stays in no history and no Referer."""
        query = parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
        token = dict(query).get(_TOKEN_PARAMETER)
        if token is None or not _is_same(token, self._run.control_token):
            return None
        rest = urlencode([(name, value) for name, value in query if name != _TOKEN_PARAMETER])
        path = request.scope["path"]
        response = RedirectResponse(f"{path}?{rest}" if rest else path, 303)
        name, value = self._run.pass_cookie
        # Lax, not Strict: the printed address is opened from a terminal or another page.
        response.set_cookie(name, value, httponly=True, samesite="lax", path="/")
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    async def _serve_page(self, corner: CornerState, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        statuses = [500]

        async def watch(message: Message) -> None:
            if message["type"] == "http.response.start":
                statuses[0] = message["status"]
            await send(message)

        try:
            await self._pages(scope, receive, watch)
        finally:
            _record_page(corner, path, scope, statuses[0])


async def _not_found(_request: Request, _error: Exception) -> Response:
    return PlainTextResponse("Nothing is here; / explains this sandbox.\n", 404)


def _record_page(corner: CornerState, path: str, scope: Scope, status: int) -> None:
    query = dict(parse_qsl(scope["query_string"].decode("latin-1")))
    agentid = query.get("agentid", "")
    corner.journal.record(
        JournalEntry(
            at=corner.world.now(),
            method=scope["method"],
            host=_header(scope, b"host")[:255],
            path=path[:512],
            corpid=query.get("appid", "")[:64] or None,
            agentid=int(agentid)
            if agentid.isascii() and agentid.isdecimal() and len(agentid) < _LONGEST_NUMBER
            else None,
            http_status=status,
            fingerprints=fingerprints(query),
        )
    )


def _is_same_origin(request: Request) -> bool:
    """Whether a browser says that the request comes from this very origin; a program says nothing and may pass."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        return site in ("same-origin", "none")
    if origin is None:
        return True
    parts = urlsplit(origin)
    return parts.scheme == request.url.scheme and parts.netloc.lower() == request.headers.get("host", "").lower()


def _is_same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode())


def _header(scope: Scope, wanted: bytes) -> str:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == wanted), "")
