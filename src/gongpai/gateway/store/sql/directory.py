"""What was read from WeCom's directory, in SQL."""

from datetime import timedelta

from sqlalchemy import bindparam, or_, select
from sqlalchemy.dialects.postgresql import insert

from gongpai.gateway.records import DirectoryEntry
from gongpai.gateway.store.ports import CLOCKS_DIFFER
from gongpai.gateway.store.sql.driver import Driver, Statement
from gongpai.gateway.store.sql.rows import Codec
from gongpai.gateway.store.sql.tables import directory

_codec = Codec(DirectoryEntry, directory)
_insert = insert(directory)
_GET = Statement(select(*_codec.columns).where(directory.c.key == bindparam("of_key")))
_PUT = Statement(
    _insert.on_conflict_do_update(
        index_elements=["key"],
        set_={"body": _insert.excluded.body, "fetched_at": _insert.excluded.fetched_at},
        where=or_(
            directory.c.fetched_at <= _insert.excluded.fetched_at,
            # No reading takes that long: a clock that was put right since has written it.
            directory.c.fetched_at > _insert.excluded.fetched_at + CLOCKS_DIFFER // timedelta(microseconds=1),
        ),
    ),
)


class SqlDirectory:
    """The port of directory entries on a SQL database."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def get(self, key: str) -> DirectoryEntry | None:
        """As the port says."""
        rows = await self._driver.read(_GET(of_key=key))
        return _codec.from_row(rows[0]) if rows else None

    async def put(self, entry: DirectoryEntry) -> None:
        """As the port says."""
        await self._driver.write(_PUT(_codec.to_params(entry)))
