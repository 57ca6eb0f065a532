"""How a session on our host gets a gate cookie on another one, B (T13, T16).

It begins on B, which gives the browser a nonce; crosses to us, where the session is; and ends on B again with a ticket
that only a browser with that nonce can use, once and at once. Nothing that a browser carries between can be read or
made by it: both ways it is sealed.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar
from urllib.parse import urlencode

import msgspec
from starlette.responses import Response

from gongpai.gateway.audit import Audit, AuditEvent
from gongpai.gateway.config import Config
from gongpai.gateway.entry import Entered, Entry
from gongpai.gateway.errors import BadRequestError, Reason, RefusedError, StartAgainError
from gongpai.gateway.gate import HostGate, return_path
from gongpai.gateway.notices import Notices
from gongpai.gateway.records import KeyPurpose, Session
from gongpai.gateway.records_provider import WebLoginRule
from gongpai.gateway.ring import KeyRing, SealError
from gongpai.gateway.session import Sessions
from gongpai.gateway.store.ports_provider import ReplayStore
from gongpai.gateway.web import cookies
from gongpai.gateway.web.http import not_yet, see_other
from gongpai.gateway.web.return_to import START
from gongpai.gateway.web.visit import Visit

CROSS_PATH = "/handover"
FINISH_PATH = "/.gongpai/finish"
NONCE_COOKIE = "__Host-gongpai_nonce"

_WISH_AGE = timedelta(minutes=20)
_TICKET_AGE = timedelta(seconds=30)
_WISH_USE, _TICKET_USE = b"handover wish", b"handover ticket"
_NONCE = re.compile(r"[A-Za-z0-9_-]{43}")
_MAX_SEALED = 2_000
_MAX_RETURN_TO = 4_000
_TICKETS_OF = "handover:"


class _Wish(msgspec.Struct, frozen=True, array_like=True):
    """What B wishes: a cookie for the browser with this nonce."""

    host: str
    nonce_hash: bytes
    return_to: str
    expires_at: int


class _Ticket(msgspec.Struct, frozen=True, array_like=True):
    """What B gets for it."""

    id: bytes
    host: str
    nonce_hash: bytes
    session_ref: str
    return_to: str
    expires_at: int


_T = TypeVar("_T")
_wishes, _tickets = msgspec.msgpack.Decoder(_Wish), msgspec.msgpack.Decoder(_Ticket)


@dataclass(frozen=True, slots=True)
class Handover:
    """The three steps: ``begin`` and ``finish`` are served on B, ``cross`` on our own host."""

    config: Config
    entry: Entry
    sessions: Sessions
    replays: ReplayStore
    notices: Notices
    audit: Audit
    ring: KeyRing = field(repr=False)
    clock: Callable[[], datetime]

    async def begin(self, visit: Visit, gate: HostGate) -> Response:
        """Begin on B: ``GET /.gongpai/begin``."""
        if visit.is_fetched_ahead:
            return not_yet()
        nonce = visit.cookie(NONCE_COOKIE)
        # The tabs of a browser share its nonce, which says only which browser this is; each ticket is good once.
        if nonce is None or not _NONCE.fullmatch(nonce):
            nonce = secrets.token_urlsafe(32)
        visit.set_cookies[NONCE_COOKIE] = cookies.set_cookie(NONCE_COOKIE, nonce, _WISH_AGE)
        target = return_path(visit.parameter("return_to", _MAX_RETURN_TO) or "/")
        expires_at = self.clock() + _WISH_AGE
        wish = _Wish(gate.host.name, _hash(nonce), target, int(expires_at.timestamp()))
        return see_other(f"{self.config.public_url}{CROSS_PATH}/{self._seal(wish, _WISH_USE)}")

    async def cross(self, visit: Visit, sealed: str) -> Response:
        """Give a ticket to whoever is signed in here: ``GET /handover/{wish}``; everybody else signs in first.

        Raises:
            BadRequestError: not sealed by us.
            StartAgainError: sealed too long ago.
            RefusedError: this person may not enter that host.
        """
        if visit.is_fetched_ahead:
            return not_yet()
        now = self.clock()
        wish = self._open(sealed, _WISH_USE, _wishes)
        gate = self.entry.hosts.get(wish.host)
        if gate is None:
            raise BadRequestError("there is no such host behind forward-auth any more")
        if now.timestamp() >= wish.expires_at:
            raise StartAgainError(Reason.STATE_EXPIRED)
        session = await self.sessions.get(visit.cookie(cookies.SESSION), now)
        if session is None or session.app not in gate.host.apps:
            return see_other(self._sign_in_url(sealed, gate))
        if await self._enter(visit, session, gate) is None:
            return see_other(self._sign_in_url(sealed, gate))
        expires_at = int((now + _TICKET_AGE).timestamp())
        ticket = _Ticket(secrets.token_bytes(16), wish.host, wish.nonce_hash, session.ref, wish.return_to, expires_at)
        return see_other(f"{gate.host.origin}{FINISH_PATH}?{urlencode({'ticket': self._seal(ticket, _TICKET_USE)})}")

    async def finish(self, visit: Visit, gate: HostGate) -> Response:
        """Take the ticket on B and set the gate cookie: ``GET /.gongpai/finish``.

        Raises:
            BadRequestError: no ticket of ours, or one of another host.
            StartAgainError: taken before, too old, of another browser, or its session has ended; the ticket is burnt.
            RefusedError: this person may not enter.
        """
        if visit.is_fetched_ahead:
            return not_yet()
        ticket = self._open(visit.parameter("ticket", _MAX_SEALED) or "", _TICKET_USE, _tickets)
        now = self.clock()
        is_first = await self.replays.see(_TICKETS_OF, ticket.id.hex(), now + _TICKET_AGE)
        nonce = visit.cookie(NONCE_COOKIE)
        is_same_browser = nonce is not None and hmac.compare_digest(_hash(nonce), ticket.nonce_hash)
        if ticket.host != gate.host.name:
            raise BadRequestError("a ticket of another host")
        if not is_first or not is_same_browser or now.timestamp() >= ticket.expires_at:
            raise StartAgainError(Reason.STATE_EXPIRED if is_same_browser else Reason.BROWSER_MISMATCH)
        session = await self.sessions.see(ticket.session_ref, now)
        entered = None if session is None else await self._enter(visit, session, gate)
        if session is None or entered is None:
            raise StartAgainError(Reason.STATE_EXPIRED)
        visit.set_cookies["gate"] = entered.set_cookie
        event = AuditEvent("gate.entered", session.subject, session.ref, session.app, visit.address)
        await self.audit.record(event, now)
        await self._tell(visit, session, entered)
        return see_other(f"{gate.host.origin}{ticket.return_to}")

    async def _tell(self, visit: Visit, session: Session, entered: Entered) -> None:
        # Hosts that share a cookie are entered at once.
        opened = [gate.host for gate in self.entry.hosts.values() if gate.stamp in entered.cookie.admitted]
        told = next((host for host in opened if host.web_login is WebLoginRule.NOTIFY), None)
        if told is not None:
            await self.notices.announce(session, told.authority, visit.language)

    async def _enter(self, visit: Visit, session: Session, gate: HostGate) -> Entered | None:
        try:
            return await self.entry.enter(session, gate)
        except RefusedError as error:
            facts = {"reason": error.reason.value, "host": gate.host.name}
            event = AuditEvent("gate.refused", session.subject, session.ref, session.app, visit.address, facts=facts)
            await self.audit.record(event, self.clock())
            raise

    def _sign_in_url(self, sealed: str, gate: HostGate) -> str:
        fields = {"return_to": f"{CROSS_PATH}/{sealed}"}
        # A session of an app that this host does not know must not come back here: the app is chosen for it (T6).
        if len(gate.host.apps) < len(self.config.apps):
            fields["app"] = gate.host.apps[0]
        return f"{START}?{urlencode(fields)}"

    def _seal(self, what: _Wish | _Ticket, use: bytes) -> str:
        return self.ring.seal(KeyPurpose.KEPT, msgspec.msgpack.encode(what), use).decode()

    def _open(self, sealed: str, use: bytes, decoder: msgspec.msgpack.Decoder[_T]) -> _T:
        if len(sealed) > _MAX_SEALED or not sealed.isascii():
            raise BadRequestError("not sealed by us")
        try:
            return decoder.decode(self.ring.open(KeyPurpose.KEPT, sealed.encode(), use))
        except (SealError, msgspec.MsgspecError):
            raise BadRequestError("not sealed by us") from None


def _hash(nonce: str) -> bytes:
    return hashlib.sha256(nonce.encode()).digest()
