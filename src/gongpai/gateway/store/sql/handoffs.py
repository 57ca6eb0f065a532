"""Hand-offs of consent to a phone, in SQL."""

from datetime import datetime

from sqlalchemy import bindparam, insert, select, update

from gongpai.gateway.records import Handoff, HandoffOutcome
from gongpai.gateway.store.sql.driver import Driver, Statement
from gongpai.gateway.store.sql.rows import Codec, to_micros
from gongpai.gateway.store.sql.tables import handoffs

_codec = Codec(Handoff, handoffs)
_THIS = handoffs.c.ref == bindparam("of_ref")
_LIVES = handoffs.c.expires_at > bindparam("now")
_PUT = Statement(insert(handoffs))
_GET = Statement(select(*_codec.columns).where(_THIS, _LIVES))
_TAKE = Statement(
    update(handoffs)
    .where(_THIS, _LIVES, handoffs.c.taken_at.is_(None))
    .values(taken_at=bindparam("now"), expires_at=bindparam("until"))
    .returning(*_codec.columns),
)
_FINISH = Statement(
    update(handoffs)
    .where(_THIS, handoffs.c.taken_at.is_not(None), handoffs.c.outcome.is_(None))
    .values(outcome=bindparam("came"))
    .returning(handoffs.c.ref),
)


class SqlHandoffs:
    """The port of hand-offs on a SQL database."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def put(self, handoff: Handoff) -> None:
        """As the port says."""
        await self._driver.write(_PUT(_codec.to_params(handoff)))

    async def get(self, ref: str, now: datetime) -> Handoff | None:
        """As the port says."""
        rows = await self._driver.read(_GET(of_ref=ref, now=to_micros(now)))
        return _codec.from_row(rows[0]) if rows else None

    async def take(self, ref: str, until: datetime, now: datetime) -> Handoff | None:
        """As the port says."""
        rows = await self._driver.write(_TAKE(of_ref=ref, until=to_micros(until), now=to_micros(now)))
        return _codec.from_row(rows[0]) if rows else None

    async def finish(self, ref: str, outcome: HandoffOutcome) -> bool:
        """As the port says."""
        return bool(await self._driver.write(_FINISH(of_ref=ref, came=outcome.value)))
