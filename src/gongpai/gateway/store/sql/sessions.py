"""Sessions in SQL."""

from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar

import msgspec
from sqlalchemy import bindparam, insert, null, select, update

from gongpai.gateway.records import EndReason, NewsKind, Profile, Session
from gongpai.gateway.records_provider import Grant
from gongpai.gateway.store.sql import grants, news, outbox
from gongpai.gateway.store.sql.driver import Driver, Statement, Work
from gongpai.gateway.store.sql.rows import Codec, Row, from_micros, to_micros
from gongpai.gateway.store.sql.tables import people, sessions

T = TypeVar("T")

# A sign-in reads its session three times within a second: for the page, for the code and for userinfo.
codec = Codec(Session, sessions, remembered=128)
_THIS = sessions.c.ref == bindparam("of_ref")
_LIVES = sessions.c.ended_at.is_(None)
# The person's row is held against a retirement at the same moment, which then sees the session and ends it.
_HOLD_PERSON = Statement(
    select(people.c.subject)
    .where(people.c.subject == bindparam("of_subject"), people.c.retired_at.is_(None))
    .with_for_update(read=True),
)
# A successor's row is held against its own end at the same moment, which then sees what was moved to it.
_HOLD_SUCCESSOR = Statement(select(sessions.c.end_reason).where(_THIS).with_for_update(read=True))
_PUT = Statement(insert(sessions))
_GET = Statement(select(*codec.columns).where(_THIS))
_FIND = Statement(
    select(*codec.columns)
    .where(
        sessions.c.subject == bindparam("of_subject"),
        _LIVES,
        sessions.c.idle_expires_at > bindparam("now"),
        sessions.c.expires_at > bindparam("now"),
    )
    .order_by(sessions.c.seen_at.desc()),
)
_TOUCH = Statement(
    update(sessions)
    .where(_THIS, _LIVES, sessions.c.seen_at < bindparam("seen"))
    .values(seen_at=bindparam("seen"), idle_expires_at=bindparam("idle"))
    .returning(sessions.c.ref),
)
_LIVING = Statement(select(sessions.c.ref).where(_THIS, _LIVES))
_REFRESH = Statement(
    update(sessions)
    .where(_THIS, _LIVES)
    .values(
        profile=bindparam("profile_text"),
        epoch=bindparam("new_epoch"),
        checked_at=bindparam("checked"),
        policy=bindparam("judged_by"),
    )
    .returning(sessions.c.ref),
)
_DISCLOSE = Statement(
    update(sessions).where(_THIS, _LIVES).values(disclosure=bindparam("sealed")).returning(sessions.c.ref),
)
_AMEND = Statement(
    update(sessions)
    .where(_THIS, _LIVES, sessions.c.disclosure.is_not_distinct_from(bindparam("before")))
    .values(disclosure=bindparam("sealed"))
    .returning(sessions.c.ref),
)
_ENDING: Mapping[str, object] = {
    "ended_at": bindparam("now"),
    "end_reason": bindparam("reason"),
    "disclosure": null(),
}
_END = Statement(
    update(sessions).where(_THIS, _LIVES).values(**_ENDING).returning(sessions.c.subject, sessions.c.expires_at),
)
_END_ALL = Statement(
    update(sessions)
    .where(sessions.c.subject == bindparam("of_subject"), _LIVES)
    .values(**_ENDING)
    .returning(sessions.c.ref, sessions.c.expires_at),
)

# What a party may do while nobody is there (offline_access) goes on when the member merely leaves a browser. Who ends a
# session from elsewhere may never have begun it.
_SPARES_OFFLINE = frozenset({EndReason.SIGN_OUT, EndReason.REPLACED})


def with_session(token_codec: Codec[T], row: Row) -> tuple[T, Grant, Session | None]:
    """Return the records of a row of a token's columns, then its grant's, then its session's if that is still kept."""
    width = len(row) - len(codec.columns)
    session = None if row[width] is None else codec.from_row(row[width:])
    return (*grants.with_grant(token_codec, row[:width]), session)


def end_all_of(subject: str, reason: EndReason, now: datetime) -> Work[list[str]]:
    """End every session of a person and tell the news; return their refs."""
    rows = yield _END_ALL(of_subject=subject, now=to_micros(now), reason=reason.value)
    for ref, expires_at in rows:
        yield from _end_for_all(subject, str(ref), reason, from_micros(expires_at), now)
    return [str(ref) for ref, _ in rows]


def _end_for_all(subject: str, ref: str, reason: EndReason, until: datetime, now: datetime) -> Work[None]:
    """Tell workers and parties of the end, and take back what the session granted."""
    yield from news.tell(NewsKind.SESSION_ENDED, ref, 0, until)
    yield from outbox.fill(subject, ref, now)
    yield from grants.revoke_of_session(subject, ref, now, spare_offline=reason in _SPARES_OFFLINE)


def _hold(successor: Session) -> Work[tuple[bool, EndReason | None]]:
    """Return whether the *successor* lives, which it then does until the transaction is over, and why it has ended.

    One that was swept away, past its absolute end, neither lives nor has a reason.
    """
    yield _HOLD_PERSON(of_subject=successor.subject)
    rows = yield _HOLD_SUCCESSOR(of_ref=successor.ref)
    if not rows:
        return False, None
    ((end_reason,),) = rows
    return end_reason is None, None if end_reason is None else EndReason(end_reason)


class SqlSessions:
    """The ports of sessions and of their facts on a SQL database."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def put(self, session: Session) -> bool:
        """As the port says."""

        def work() -> Work[bool]:
            if not (yield _HOLD_PERSON(of_subject=session.subject)):
                return False
            yield _PUT(codec.to_params(session))
            return True

        return await self._driver.transact(work)

    async def get(self, ref: str) -> Session | None:
        """As the port says."""
        rows = await self._driver.read(_GET(of_ref=ref))
        return codec.from_row(rows[0]) if rows else None

    async def find(self, subject: str, now: datetime) -> list[Session]:
        """As the port says."""
        rows = await self._driver.read(_FIND(of_subject=subject, now=to_micros(now)))
        return [codec.from_row(row) for row in rows]

    async def touch(self, ref: str, seen_at: datetime, idle_expires_at: datetime) -> bool:
        """As the port says."""
        call = _TOUCH(of_ref=ref, seen=to_micros(seen_at), idle=to_micros(idle_expires_at))
        return bool(await self._driver.write(call) or await self._driver.read(_LIVING(of_ref=ref)))

    async def end(self, ref: str, reason: EndReason, now: datetime, successor: Session | None = None) -> bool:
        """As the port says."""

        def work() -> Work[bool]:
            lives, ended_as = (False, None) if successor is None else (yield from _hold(successor))
            rows = yield _END(of_ref=ref, now=to_micros(now), reason=reason.value)
            for subject, expires_at in rows:
                is_own = successor is not None and subject == successor.subject
                if successor is not None and is_own and lives:
                    yield from grants.move(ref, successor.subject, successor.ref)
                # A successor that has ended takes nothing over: what would have been its own ends for the same reason.
                counts_as = ended_as if is_own and ended_as is not None else reason
                yield from _end_for_all(str(subject), ref, counts_as, from_micros(expires_at), now)
            return bool(rows)

        return await self._driver.transact(work, tells=True)

    async def refresh(self, ref: str, profile: Profile, epoch: int, checked_at: datetime, policy: str) -> bool:
        """As the port says."""
        text = msgspec.json.encode(profile).decode()
        checked = to_micros(checked_at)
        call = _REFRESH(of_ref=ref, profile_text=text, new_epoch=epoch, checked=checked, judged_by=policy)
        return bool(await self._driver.write(call))

    async def disclose(self, ref: str, sealed: bytes | None) -> bool:
        """As the port says."""
        return bool(await self._driver.write(_DISCLOSE(of_ref=ref, sealed=sealed)))

    async def amend(self, ref: str, sealed: bytes, before: bytes | None) -> bool:
        """As the port says."""
        return bool(await self._driver.write(_AMEND(of_ref=ref, sealed=sealed, before=before)))
