"""Forward-auth over HTTP: a proxy asks whether a request may pass, and browsers are handed over (T16, T22).

The questions come on a listener that no browser reaches, each kind of proxy at a path of its own. What the fast path of
`gate_protocol.py` does not answer itself comes here and gets the same answer.
"""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gongpai.gateway import metrics
from gongpai.gateway.config.settings import Network
from gongpai.gateway.entry import Entry
from gongpai.gateway.errors import BadRequestError, RefusedError, VisitError
from gongpai.gateway.gate import (
    BEGIN_PATH,
    ENVOY_PATH,
    FAMILIES,
    Answer,
    Asked,
    AskStore,
    Family,
    Gate,
    HostGate,
    Outcome,
    is_page_load,
)
from gongpai.gateway.logs import logger
from gongpai.gateway.ring import RingExhaustedError
from gongpai.gateway.session import Sessions
from gongpai.gateway.store import StoreError
from gongpai.gateway.web.address import client_address, is_trusted
from gongpai.gateway.web.headers import STRICT_POLICY
from gongpai.gateway.web.pages import GateMessage
from gongpai.gateway.web.render import RequestContext, render
from gongpai.gateway.web.visit import Visit
from gongpai.wecom.errors import WeComError

REFUSED_PATH = "/.gongpai/refused"
# Told once: which host, which path, by which method, with which cookies. Who says it twice is not believed.
_SAID_ONCE = frozenset({b"host", b"x-forwarded-host", b"x-forwarded-method", b"x-forwarded-uri"})
_ASK_RIGHTLY = "name the host as an origin in [gate.hosts], and let the proxy ask as the files of deploy/ do"
_MAX_TOLD = 100
_ON_EVERY_PAGE = {"cache-control": "no-store", "referrer-policy": "no-referrer", "x-content-type-options": "nosniff"}

Step = Callable[[Visit, HostGate], Awaitable[Response]]

_log = logger("gate")


@dataclass(frozen=True, slots=True)
class ForwardAuth:
    """The application of the gate's listener; *steps* are served at their paths on every protected host."""

    gate: Gate
    entry: Entry
    sessions: Sessions
    proxies: Sequence[Network]
    is_on_socket: bool
    """The listener is a Unix socket: whoever may open it is trusted."""
    steps: Mapping[str, Step]
    clock: Callable[[], datetime]
    seconds: Callable[[], float]
    """The same clock, in seconds since 1970."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a proxy's question, or a browser that it passes on."""
        if scope["type"] != "http":
            return
        path: str = scope["path"]
        family, asked = _question(scope)
        if family is None:
            await (await self._serve(path, scope, receive, asked))(scope, receive, send)
            return
        peer = _peer(scope)
        answer = await self.answer(family, asked) if self.trusts(peer) else self._refuse_peer(family, peer)
        await _send(answer, _page_of(family, answer, asked, scope), scope, send)

    def trusts(self, peer: str | None) -> bool:
        """Whether the question of *peer* is believed; None stands for a Unix socket."""
        return self.is_on_socket if peer is None else is_trusted(peer, self.proxies)

    async def answer(self, family: Family, asked: Asked | None) -> Answer:
        """Answer from what this process knows, or else from the store."""
        if asked is None:
            _log.warning("unknown_host", cause="a header of the proxy's came twice", remedy=_ASK_RIGHTLY)
            return self.gate.refuse(family, Outcome.UNKNOWN_HOST)
        decided = self.gate.decide(family, asked, self.seconds(), time.monotonic())
        source = "memory"
        if isinstance(decided, AskStore):
            source = "store"
            decided = await self._ask_store(family, asked, decided)
        elif decided.outcome is Outcome.UNKNOWN_HOST:
            host = asked.get(b"x-forwarded-host", b"").decode("latin-1")[:_MAX_TOLD]
            _log.warning("unknown_host", host=host, lacks=_lacking(asked), remedy=_ASK_RIGHTLY)
        metrics.gate_decisions.labels(decided.outcome.value, source).inc()
        return decided

    async def _ask_store(self, family: Family, asked: Asked, question: AskStore) -> Answer:
        """Read the session, renew its cookie, and let the request pass; a store that is down refuses."""
        try:
            session = await self.sessions.see(question.cookie.ref, self.clock())
            entered = None if session is None else await self.entry.enter(session, question.host)
        except RefusedError as error:
            _log.info("turned_away", host=question.host.host.name, reason=error.reason.value)
            return self.gate.refuse(family, Outcome.DENIED_PERSON)
        except (StoreError, RingExhaustedError, WeComError) as error:
            _log.error("unavailable", host=question.host.host.name, error=type(error).__name__, cause=str(error))
            return self.gate.refuse(family, Outcome.UNAVAILABLE)
        if entered is None:
            return self.gate.ask_to_sign_in(family, question.host, asked)
        set_cookie = entered.set_cookie.encode()
        return self.gate.renew(question.host, asked, entered.cookie, question.app_cookies, set_cookie, self.seconds())

    def _refuse_peer(self, family: Family, peer: str | None) -> Answer:
        _log.warning("untrusted_peer", peer=peer, remedy="name the address of your proxy in trusted_proxies")
        metrics.gate_decisions.labels(Outcome.UNTRUSTED_PEER.value, "memory").inc()
        return self.gate.refuse(family, Outcome.UNTRUSTED_PEER)

    async def _serve(self, path: str, scope: Scope, receive: Receive, asked: Asked | None) -> Response:
        """Answer a browser on one of the hosts."""
        peer = _peer(scope)
        visit = Visit(scope, receive, self._address(peer, asked or {}))
        structlog.contextvars.bind_contextvars(request_id=visit.request_id)
        gate = None
        if asked is not None and self.trusts(peer):
            gate = self.gate.find(asked.get(b"x-forwarded-host", b""))
        if path == REFUSED_PATH:
            answer = _page(visit, _refused(visit))
        elif path not in self.steps or scope["method"] not in {"GET", "HEAD"}:
            answer = Response(status_code=404)
        elif gate is None:
            answer = _page(visit, GateMessage(403, Outcome.UNKNOWN_HOST.value))
        else:
            answer = await self._take_step(visit, gate, self.steps[path])
        answer.headers.update(_ON_EVERY_PAGE)
        for value in visit.set_cookies.values():
            answer.headers.append("set-cookie", value)
        _log.info("request", path=path[:_MAX_TOLD], status=answer.status_code, address=visit.address)
        return answer

    def _address(self, peer: str | None, asked: Asked) -> str:
        forwarded = asked.get(b"x-forwarded-for", b"").decode("latin-1")
        if peer is None and self.is_on_socket:
            # The proxy at the other end of the socket has no address; it told whom it serves at the end of the list.
            forwarded, _, peer = forwarded.rpartition(",")
        return client_address(peer and peer.strip(), forwarded, self.proxies)

    async def _take_step(self, visit: Visit, gate: HostGate, step: Step) -> Response:
        try:
            return await step(visit, gate)
        except RefusedError as error:
            _log.info("turned_away", host=gate.host.name, reason=error.reason.value)
            return _page(visit, GateMessage(403, Outcome.DENIED_PERSON.value))
        except BadRequestError as error:
            _log.info("bad_request", cause=str(error))
            return _page(visit, GateMessage(400, "bad_request"))
        except VisitError as error:
            # A click begins on the host anew: a redirect could go round for ever where a browser keeps no cookies.
            _log.info("start_again", cause=str(error))
            return _page(visit, GateMessage(400, "start_again", f"{BEGIN_PATH}?return_to=/"))
        except (StoreError, RingExhaustedError, WeComError) as error:
            _log.error("unavailable", host=gate.host.name, error=type(error).__name__, cause=str(error))
            return _page(visit, GateMessage(503, Outcome.UNAVAILABLE.value))


def _question(scope: Scope) -> tuple[Family | None, Asked | None]:
    """Return which kind of proxy asks, and what; no question can be read where one thing is said twice."""
    path: str = scope["path"]
    asked: dict[bytes, bytes] = {}
    is_clear = True
    for name, value in scope["headers"]:
        if name not in asked:
            asked[name] = value
        elif name in _SAID_ONCE:
            is_clear = False
        else:
            asked[name] += (b"; " if name == b"cookie" else b", ") + value
    family = FAMILIES.get(path)
    raw_path: bytes = scope["raw_path"]
    if raw_path.startswith(f"{ENVOY_PATH}/".encode()):
        family = Family.REDIRECT
        query = b"?" + scope["query_string"] if scope["query_string"] else b""
        asked[b"x-forwarded-uri"] = raw_path.removeprefix(ENVOY_PATH.encode()) + query
        asked[b"x-forwarded-host"] = asked.get(b"host", b"")
        asked[b"x-forwarded-method"] = scope["method"].encode()
    return family, asked if is_clear else None


def _lacking(asked: Asked) -> list[str]:
    return [name.decode() for name in sorted(_SAID_ONCE - {b"host"}) if not asked.get(name)]


def _peer(scope: Scope) -> str | None:
    client = scope.get("client")
    return client[0] if client else None


def _page_of(family: Family, answer: Answer, asked: Asked | None, scope: Scope) -> bytes:
    """Return the page of a refusal that the proxy passes on to a person; nginx asks for it apart."""
    is_final = answer.status in {403, 503} and family is Family.REDIRECT
    if not is_final or asked is None or not is_page_load(asked):
        return b""
    visit = Visit(scope, _nothing, "")
    return bytes(_page(visit, GateMessage(answer.status, answer.outcome.value)).body)


async def _nothing() -> dict[str, str]:
    return {"type": "http.disconnect"}


def _refused(visit: Visit) -> GateMessage:
    """Return the page for a request that nginx refused; it says why in a header of its own making."""
    reason = visit.header(b"x-gongpai-reason")
    known = {Outcome.DENIED_PATH, Outcome.DENIED_PERSON, Outcome.UNKNOWN_HOST, Outcome.UNTRUSTED_PEER}
    return GateMessage(403, reason if reason in known else Outcome.UNAVAILABLE.value)


def _page(visit: Visit, page: GateMessage) -> Response:
    context = RequestContext(visit.language, visit.nonce, visit.path, "", is_sandbox=False, is_signed_in=False)
    policy = f"{STRICT_POLICY}; style-src 'nonce-{visit.nonce}'"
    headers = {"content-security-policy": policy, "vary": "Accept-Language"}
    return Response(render(context, page), page.status, headers, media_type="text/html")


async def _send(answer: Answer, body: bytes, scope: Scope, send: Send) -> None:
    headers = [*answer.headers, (b"content-length", str(len(body)).encode())]
    if body:
        headers.append((b"content-type", b"text/html; charset=utf-8"))
    headers += answer.form.fixed
    if _announces_body(scope):
        # What follows is never read, and must not be taken for the next request (T21).
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def _announces_body(scope: Scope) -> bool:
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and value != b"0")
        for name, value in scope["headers"]
    )
