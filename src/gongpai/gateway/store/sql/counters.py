"""Counters and leases in SQL."""

from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, case, or_, update
from sqlalchemy.dialects.postgresql import insert

from gongpai.gateway.store.sql.driver import Driver, Statement
from gongpai.gateway.store.sql.rows import to_micros
from gongpai.gateway.store.sql.tables import counters, leases

_COUNT = Statement(
    insert(counters)
    .on_conflict_do_update(
        index_elements=["key"],
        set_={
            "count": case((counters.c.expires_at > bindparam("now"), counters.c.count + 1), else_=1),
            "expires_at": case(
                (counters.c.expires_at > bindparam("now"), counters.c.expires_at), else_=bindparam("window_end")
            ),
        },
    )
    .returning(counters.c.count),
)
_ACQUIRE = Statement(
    insert(leases)
    .on_conflict_do_update(
        index_elements=["name"],
        set_={
            "fence": case(
                (and_(leases.c.holder == bindparam("by"), leases.c.expires_at > bindparam("now")), leases.c.fence),
                else_=leases.c.fence + 1,
            ),
            "holder": bindparam("by"),
            "expires_at": bindparam("until"),
        },
        where=or_(leases.c.expires_at <= bindparam("now"), leases.c.holder == bindparam("by")),
    )
    .returning(leases.c.fence),
)
# A lease given back keeps its row, and so its fence: numbers never come twice.
_RELEASE = Statement(
    update(leases)
    .where(leases.c.name == bindparam("of_name"), leases.c.fence == bindparam("of_fence"))
    .values(holder="", expires_at=0),
)


class SqlCounters:
    """The port of counters on a SQL database."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def count(self, key: str, window: timedelta, now: datetime) -> int:
        """As the port says."""
        end = to_micros(now + window)
        call = _COUNT(key=key, count=1, expires_at=end, now=to_micros(now), window_end=end)
        ((count,),) = await self._driver.write(call)
        return int(str(count))


class SqlLeases:
    """The port of leases on a SQL database."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def acquire(self, name: str, holder: str, ttl: timedelta, now: datetime) -> int | None:
        """As the port says."""
        until = to_micros(now + ttl)
        named = {"name": name, "holder": holder, "fence": 1, "expires_at": until, "by": holder, "until": until}
        rows = await self._driver.write(_ACQUIRE(named, now=to_micros(now)))
        return int(str(rows[0][0])) if rows else None

    async def release(self, name: str, fence: int) -> None:
        """As the port says."""
        await self._driver.write(_RELEASE(of_name=name, of_fence=fence))
