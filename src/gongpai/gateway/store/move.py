"""Moves a SQLite installation into an empty PostgreSQL database: every row, in one transaction, or nothing."""

import sqlite3
from contextlib import closing
from pathlib import Path

import asyncpg
from sqlalchemy import Table

from gongpai.gateway.store.sql.driver import StoreError, Trouble
from gongpai.gateway.store.sql.tables import meta, metadata, news_head
from gongpai.gateway.store.troubles import trouble_of

_BATCH = 5_000
_REVISION = "SELECT version_num FROM alembic_version"


async def move(file: Path, url: str) -> int:
    """Copy all rows of the SQLite *file* to the database at *url*, which was migrated and is empty; return how many.

    The file is left as it is, and nobody can write to it meanwhile.

    Raises:
        StoreError: one of the two does not answer, is in use, or is of another version or world; nothing was changed.
    """
    try:
        with closing(_open(file)) as source:
            source.execute("BEGIN IMMEDIATE")
            target = await asyncpg.connect(url)
            try:
                async with target.transaction():
                    await _require_fit(source, target)
                    return sum([await _copy(table, source, target) for table in metadata.sorted_tables])
            finally:
                await target.close()
    except sqlite3.Error as error:
        raise StoreError(f"{file}: {error}", trouble_of(error, file)) from None
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        # Its message may quote what was copied.
        raise StoreError(type(error).__name__, trouble_of(error, None)) from None


def _open(file: Path) -> sqlite3.Connection:
    # Without the mode a file that is not there would be made.
    return sqlite3.connect(file.resolve().as_uri() + "?mode=rw", uri=True, isolation_level=None)


async def _require_fit(source: sqlite3.Connection, target: asyncpg.Connection) -> None:
    revisions = source.execute(_REVISION).fetchall()
    if revisions != [tuple(row) for row in await target.fetch(_REVISION)]:
        raise StoreError(", ".join(revision for (revision,) in revisions), Trouble.OTHER_VERSION)
    stamps = f"SELECT name, value FROM {meta.name} ORDER BY name"  # noqa: S608  # our own name
    stamped = source.execute(stamps).fetchall()
    if stamped != [tuple(row) for row in await target.fetch(stamps)]:
        raise StoreError(", ".join(value for _, value in stamped), Trouble.COPY_OF_OTHER_WORLD)
    for table in metadata.sorted_tables:
        if table not in (meta, news_head) and await target.fetch(f"SELECT 1 FROM {table.name} LIMIT 1"):  # noqa: S608
            raise StoreError(table.name, Trouble.IN_USE)


async def _copy(table: Table, source: sqlite3.Connection, target: asyncpg.Connection) -> int:
    if table is meta:
        return 0
    if table is news_head:
        await target.execute(f"DELETE FROM {table.name}")  # noqa: S608  # our own name
    columns = [column.name for column in table.columns]
    rows = source.execute(f"SELECT {', '.join(columns)} FROM {table.name}")  # noqa: S608  # our own names
    copied = 0
    while batch := rows.fetchmany(_BATCH):
        await target.copy_records_to_table(table.name, records=batch, columns=columns)
        copied += len(batch)
    return copied
