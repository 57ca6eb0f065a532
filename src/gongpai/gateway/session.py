"""Signed in, in one browser: start, read, end. Every page of ours reads the session from the store (T14)."""

import hashlib
import secrets
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import msgspec

from gongpai.gateway.audit import AuditEvent
from gongpai.gateway.config import SessionLimits
from gongpai.gateway.records import Disclosure, EndReason, Fact, KeyPurpose, Person, Profile, Session
from gongpai.gateway.ring import KeyRing, SealError
from gongpai.gateway.store.ports import SessionFactsStore, SessionStore

COOKIE_NAME = "__Host-gongpai_session"
COOKIE_LIMIT = 3500
_ID_BYTES = 32
# A session that is read all the time is not written all the time.
_TOUCH_EVERY = timedelta(minutes=1)
_USER_AGENT_LIMIT = 256

Record = Callable[[AuditEvent, datetime], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class SignIn:
    """How somebody signed in: what a new session is made of, beside the person."""

    app: str
    way: str
    amr: str
    userid: str
    profile: Profile = field(default_factory=Profile)
    ip: str = ""
    user_agent: str = ""
    checked_at: datetime | None = None
    """When the profile was read, which may be before now; now if left out."""
    policy: str = ""
    """The fingerprint of the policy that admitted the person."""
    auth_time: datetime | None = None
    """When the person last confirmed who they are, if it was not now (T17)."""


@dataclass(frozen=True, slots=True)
class Started:
    """A new session, and the one value that opens it."""

    session: Session
    cookie: str = field(repr=False)


def _ended(subject: str, ref: str, why: str, app: str | None = None, ip: str | None = None) -> AuditEvent:
    return AuditEvent("session.ended", subject, ref, app, ip, facts={"reason": why})


class _SessionCookie(msgspec.Struct, frozen=True, array_like=True):
    id: bytes
    expires_at: int


class Sessions:
    """The living sessions of the whole fleet."""

    def __init__(
        self, store: SessionStore, facts: SessionFactsStore, ring: KeyRing, limits: SessionLimits, record: Record
    ) -> None:
        """Keep sessions in *store*; *record* writes the audit log, where each of their ends stands."""
        self._store = store
        self._facts = facts
        self._ring = ring
        self._limits = limits
        self._record = record

    async def start(
        self, person: Person, sign_in: SignIn, now: datetime, session_id: bytes | None = None
    ) -> Started | None:
        """Start a session under a new id; None if the person was retired meanwhile, who then stays out.

        The caller ends the session that this browser had before, if any. A *session_id* of the caller's own must be 32
        bytes that nobody else can know.
        """
        session_id = session_id or secrets.token_bytes(_ID_BYTES)
        expires_at = now + self._limits.absolute
        session = Session(
            ref=_ref(session_id),
            subject=person.subject,
            app=sign_in.app,
            corpid=person.key.asserting_corpid,
            userid=sign_in.userid,
            kind=person.key.kind.value,
            way=sign_in.way,
            amr=sign_in.amr,
            auth_time=sign_in.auth_time or now,
            created_at=now,
            seen_at=now,
            idle_expires_at=min(now + self._limits.idle, expires_at),
            expires_at=expires_at,
            checked_at=sign_in.checked_at or now,
            epoch=person.epoch,
            ip=sign_in.ip,
            user_agent=sign_in.user_agent[:_USER_AGENT_LIMIT],
            profile=sign_in.profile,
            policy=sign_in.policy,
        )
        cookie = seal_session(self._ring, session_id, expires_at)
        return Started(session, cookie) if await self._store.put(session) else None

    async def again(self, session_id: bytes, now: datetime) -> Started | None:
        """Open the same session once more for the browser that started it; None unless it is alive."""
        session = await self._store.get(_ref(session_id))
        if session is None or not is_alive(session, now):
            return None
        return Started(session, seal_session(self._ring, session_id, session.expires_at))

    async def get(self, cookie: str | None, now: datetime) -> Session | None:
        """Return the living session of *cookie*, read from the store, and write that it was seen."""
        session_id = open_session(self._ring, cookie, now)
        if session_id is None:
            return None
        return await self.see(_ref(session_id), now)

    async def see(self, ref: str, now: datetime) -> Session | None:
        """Return the living session named *ref*, read from the store, and write that it was seen."""
        session = await self._store.get(ref)
        if session is None or not is_alive(session, now):
            return None
        if now - session.seen_at < _TOUCH_EVERY:
            return session
        idle_expires_at = min(now + self._limits.idle, session.expires_at)
        if not await self._store.touch(session.ref, now, idle_expires_at):
            return None
        return replace(session, seen_at=now, idle_expires_at=idle_expires_at)

    async def peek(self, cookie: str | None, now: datetime) -> Session | None:
        """Return the living session of *cookie* and leave no trace: it lives no longer for that."""
        session_id = open_session(self._ring, cookie, now)
        return None if session_id is None else await self.look(_ref(session_id), now)

    async def look(self, ref: str, now: datetime) -> Session | None:
        """Return the living session named *ref* and leave no trace, as ``peek`` does."""
        session = await self._store.get(ref)
        return session if session is not None and is_alive(session, now) else None

    async def find(self, subject: str, now: datetime) -> list[Session]:
        """Return the living sessions of a person, the last seen first."""
        return await self._store.find(subject, now)

    async def end(
        self,
        session: Session,
        reason: EndReason,
        now: datetime,
        *,
        successor: Session | None = None,
        because: str = "",
        ip: str | None = None,
    ) -> bool:
        """End a session everywhere within a second, and record it; False if it had ended before.

        What the same person granted in it goes on in *successor*, if there is one. *because* says it more exactly than
        *reason*; *ip* is the address from which the end was wished.

        Raises:
            StoreError: the store does not answer; if only the audit log does not, the session has ended all the same.
        """
        if not await self._store.end(session.ref, reason, now, successor):
            return False
        await self._record(_ended(session.subject, session.ref, because or reason.value, session.app, ip), now)
        return True

    async def record_retired(self, subject: str, refs: Iterable[str], now: datetime) -> None:
        """Record the end of the sessions that ended with their person.

        Raises:
            StoreError: the audit log does not answer.
        """
        for ref in refs:
            await self._record(_ended(subject, ref, EndReason.RETIRED.value), now)

    async def refresh(
        self, session: Session, profile: Profile, epoch: int, checked_at: datetime, policy: str
    ) -> Session | None:
        """Write a profile that was read at *checked_at* and judged by *policy*; None if the session ended meanwhile."""
        if not await self._facts.refresh(session.ref, profile, epoch, checked_at, policy):
            return None
        return replace(session, profile=profile, epoch=epoch, checked_at=checked_at, policy=policy)

    async def disclose(self, session: Session, disclosure: Disclosure) -> Session | None:
        """Keep *disclosure* sealed in the session's row, and with it only; None if the session ended meanwhile."""
        sealed = self._seal(session, disclosure)
        return replace(session, disclosure=sealed) if await self._facts.disclose(session.ref, sealed) else None

    async def amend(self, session: Session, disclosure: Disclosure) -> Session | None:
        """As ``disclose``, for one that was made from what *session* knew; None too if it knows something else by now.

        What the member erased meanwhile does not come back, nor is lost what they gave.
        """
        sealed = self._seal(session, disclosure)
        is_kept = await self._facts.amend(session.ref, sealed, session.disclosure)
        return replace(session, disclosure=sealed) if is_kept else None

    async def erase_disclosure(self, session: Session, now: datetime) -> None:
        """Erase what the member disclosed in this session; that they did is kept, so that no party asks again."""
        disclosure = self.open_disclosure(session)
        if disclosure is None:
            await self._facts.disclose(session.ref, None)
            return
        erased = {
            name: fact if fact.value is None else Fact(fact.source, now, None, "erased")
            for name, fact in disclosure.facts.items()
        }
        await self.disclose(session, replace(disclosure, facts=erased))

    def open_disclosure(self, session: Session) -> Disclosure | None:
        """Return what the member disclosed; None if there is nothing, or the key it was sealed under is gone."""
        if session.disclosure is None:
            return None
        try:
            opened = self._ring.open(KeyPurpose.KEPT, session.disclosure, _disclosure_use(session))
        except SealError:
            return None
        return msgspec.json.decode(opened, type=Disclosure)

    def _seal(self, session: Session, disclosure: Disclosure) -> bytes:
        return self._ring.seal(KeyPurpose.KEPT, msgspec.json.encode(disclosure), _disclosure_use(session))


def is_alive(session: Session, now: datetime) -> bool:
    """Whether the session is neither ended nor past one of its limits."""
    return session.ended_at is None and now < session.idle_expires_at and now < session.expires_at


def seal_session(ring: KeyRing, session_id: bytes, expires_at: datetime) -> str:
    """Return the value of the session cookie.

    Raises:
        RingExhaustedError: no key may seal now.
    """
    plain = msgspec.msgpack.encode(_SessionCookie(session_id, int(expires_at.timestamp())))
    return ring.seal(KeyPurpose.SESSION, plain, COOKIE_NAME.encode()).decode()


_decoder = msgspec.msgpack.Decoder(_SessionCookie)


def open_session(ring: KeyRing, cookie: str | None, now: datetime) -> bytes | None:
    """Return the session id of a cookie; None if it is absent, foreign, altered or past its end."""
    if not cookie or len(cookie) > COOKIE_LIMIT or not cookie.isascii():
        return None
    try:
        opened = _decoder.decode(ring.open(KeyPurpose.SESSION, cookie.encode(), COOKIE_NAME.encode()))
    except (SealError, msgspec.MsgspecError):
        return None
    return opened.id if now.timestamp() < opened.expires_at else None


def _ref(session_id: bytes) -> str:
    return hashlib.sha256(session_id).hexdigest()


def _disclosure_use(session: Session) -> bytes:
    return f"disclosure\x00{session.ref}\x00{session.corpid}\x00{session.subject}".encode()
