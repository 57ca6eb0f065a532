"""The outbox in SQL. It is filled by the act that ends a session, so that no crash loses a logout."""

from datetime import datetime

from sqlalchemy import bindparam, delete, func, insert, literal, select, update

from gongpai.gateway.records_provider import OutboxItem
from gongpai.gateway.store.sql.driver import Driver, Statement, Work
from gongpai.gateway.store.sql.rows import Codec, to_micros
from gongpai.gateway.store.sql.tables_provider import grants, outbox

_codec = Codec(OutboxItem, outbox)
# A party that holds only revoked grants keeps a session of its own all the same, and is told.
_FILL = Statement(
    insert(outbox).from_select(
        ["item_id", "client_id", "subject", "sid", "created_at", "next_at", "attempts"],
        select(
            func.min(grants.c.grant_id),
            grants.c.client_id,
            grants.c.subject,
            grants.c.sid,
            bindparam("now", type_=outbox.c.created_at.type),
            bindparam("now", type_=outbox.c.next_at.type),
            literal(0),
        )
        .where(grants.c.subject == bindparam("of_subject"), grants.c.session_ref == bindparam("of_session"))
        .group_by(grants.c.client_id, grants.c.subject, grants.c.sid),
    ),
)
_THIS = outbox.c.item_id == bindparam("of_item")
_due = (
    select(outbox.c.item_id)
    .where(outbox.c.next_at <= bindparam("now"))
    .order_by(outbox.c.next_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
    .cte("due")
)
_TAKE = Statement(
    update(outbox)
    .where(outbox.c.item_id.in_(select(_due.c.item_id)))
    .values(next_at=bindparam("until"), attempts=outbox.c.attempts + 1)
    .returning(*_codec.columns),
)
_DONE = Statement(delete(outbox).where(_THIS))
_DELAY = Statement(update(outbox).where(_THIS).values(next_at=bindparam("at")))
_HOLD = Statement(
    update(outbox)
    .where(outbox.c.client_id == bindparam("of_client"), outbox.c.next_at < bindparam("until"))
    .values(next_at=bindparam("until")),
)


def fill(subject: str, session_ref: str, now: datetime) -> Work[None]:
    """Put one item in for each party that the person's session was used for."""
    yield _FILL(of_subject=subject, of_session=session_ref, now=to_micros(now))


class SqlOutbox:
    """The port of the outbox on a SQL database."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def take(self, until: datetime, limit: int, now: datetime) -> list[OutboxItem]:
        """As the port says."""
        rows = await self._driver.write(_TAKE(now=to_micros(now), until=to_micros(until), most=limit))
        return [_codec.from_row(row) for row in rows]

    async def done(self, item_id: str) -> None:
        """As the port says."""
        await self._driver.write(_DONE(of_item=item_id))

    async def delay(self, item_id: str, next_at: datetime) -> None:
        """As the port says."""
        await self._driver.write(_DELAY(of_item=item_id, at=to_micros(next_at)))

    async def hold(self, client_id: str, until: datetime) -> None:
        """As the port says."""
        await self._driver.write(_HOLD(of_client=client_id, until=to_micros(until)))
