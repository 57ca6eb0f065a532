"""Notices of sign-ins, in SQL."""

from datetime import datetime

from sqlalchemy import bindparam, null, select, update
from sqlalchemy.dialects.postgresql import insert

from gongpai.gateway.records import Notice
from gongpai.gateway.store.sql.driver import Driver, Statement
from gongpai.gateway.store.sql.rows import Codec, to_micros
from gongpai.gateway.store.sql.tables import notices

_codec = Codec(Notice, notices)
_THIS = notices.c.session_ref == bindparam("of_session")
_LINK = (
    notices.c.handle_hash == bindparam("of_handle"),
    notices.c.spent_at.is_(None),
    notices.c.expires_at > bindparam("now"),
)
_PUT = Statement(insert(notices).on_conflict_do_nothing().returning(notices.c.session_ref))
_due = (
    select(notices.c.session_ref)
    .where(notices.c.next_at <= bindparam("now"))
    .order_by(notices.c.next_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
    .cte("due")
)
_TAKE = Statement(
    update(notices)
    .where(notices.c.session_ref.in_(select(_due.c.session_ref)))
    .values(next_at=bindparam("until"), attempts=notices.c.attempts + 1)
    .returning(*_codec.columns),
)
_DELAY = Statement(update(notices).where(_THIS).values(next_at=bindparam("at")))
_DONE = Statement(update(notices).where(_THIS).values(next_at=null(), sealed=null()))
_GET = Statement(select(*_codec.columns).where(*_LINK))
_SPEND = Statement(update(notices).where(*_LINK).values(spent_at=bindparam("now")).returning(notices.c.session_ref))


class SqlNotices:
    """The port of notices on a SQL database."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def put(self, notice: Notice) -> bool:
        """As the port says."""
        return bool(await self._driver.write(_PUT(_codec.to_params(notice))))

    async def take(self, until: datetime, limit: int, now: datetime) -> list[Notice]:
        """As the port says."""
        rows = await self._driver.write(_TAKE(now=to_micros(now), until=to_micros(until), most=limit))
        return [_codec.from_row(row) for row in rows]

    async def settle(self, session_ref: str, next_at: datetime | None) -> None:
        """As the port says."""
        is_over = next_at is None
        at = {} if next_at is None else {"at": to_micros(next_at)}
        await self._driver.write((_DONE if is_over else _DELAY)(of_session=session_ref, **at))

    async def get(self, handle_hash: str, now: datetime) -> Notice | None:
        """As the port says."""
        rows = await self._driver.read(_GET(of_handle=handle_hash, now=to_micros(now)))
        return _codec.from_row(rows[0]) if rows else None

    async def spend(self, handle_hash: str, now: datetime) -> bool:
        """As the port says."""
        return bool(await self._driver.write(_SPEND(of_handle=handle_hash, now=to_micros(now))))
