"""Clean-up in SQL: a bounded number of rows a table and call, so that nobody waits long for a lock."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Table, bindparam, delete, select

from gongpai.gateway.store.ports import CLOCKS_DIFFER
from gongpai.gateway.store.sql.driver import Driver, Statement
from gongpai.gateway.store.sql.rows import to_micros
from gongpai.gateway.store.sql.tables import (
    app_tokens,
    attempts,
    counters,
    directory,
    handoffs,
    keys,
    news,
    notices,
    seen_codes,
    sessions,
)
from gongpai.gateway.store.sql.tables_provider import (
    access_tokens,
    authorization_codes,
    devices,
    grants,
    outbox,
    refresh_answers,
    refresh_tokens,
    replays,
    requests,
    signing_keys,
)

# A spent authorization code that comes again names the grant to revoke; nobody waits longer than this to try.
_CODE_AGE = timedelta(hours=1)
# A party that could not be told of a logout for so long has forgotten the session.
_OUTBOX_AGE = timedelta(days=2)
# What the directory said of somebody who did not come back for so long is of no use to anybody.
_DIRECTORY_AGE = timedelta(days=90)


def _sweep(table: Table, is_over: ColumnElement[bool]) -> Statement:
    over = select(*table.primary_key.columns).where(is_over).limit(bindparam("batch"))
    (key,) = table.primary_key.columns
    return Statement(delete(table).where(key.in_(over)).returning(key))


# A session stays to its absolute end, ended or not, and so does the news of its end: until then its cookie could come.
_SWEEPS = tuple(
    _sweep(column.table, column < bindparam("now"))
    for column in (
        attempts.c.expires_at,
        handoffs.c.expires_at,
        notices.c.expires_at,
        seen_codes.c.expires_at,
        sessions.c.expires_at,
        news.c.until,
        counters.c.expires_at,
        app_tokens.c.expires_at,
        keys.c.retires_at,
        requests.c.expires_at,
        grants.c.expires_at,
        access_tokens.c.expires_at,
        refresh_tokens.c.expires_at,
        refresh_answers.c.expires_at,
        signing_keys.c.retires_at,
        devices.c.expires_at,
        replays.c.expires_at,
    )
)
_AGED = tuple(
    (_sweep(column.table, column < bindparam("now")), age)
    for column, age in (
        (directory.c.fetched_at, _DIRECTORY_AGE),
        (authorization_codes.c.expires_at, _CODE_AGE),
        (outbox.c.created_at, _OUTBOX_AGE),
    )
)


class SqlCleaner:
    """The port of clean-up on a SQL database."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def sweep(self, now: datetime, batch: int) -> int:
        """As the port says."""
        gone = 0
        for statement in _SWEEPS:
            # A node whose clock is ahead must not take away what another one still goes by: an assertion that was seen
            # before, the end of a session whose cookies live on.
            gone += len(await self._driver.write(statement(now=to_micros(now - CLOCKS_DIFFER), batch=batch)))
        for statement, age in _AGED:
            gone += len(await self._driver.write(statement(now=to_micros(now - age), batch=batch)))
        return gone
