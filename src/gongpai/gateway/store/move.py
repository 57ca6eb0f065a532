"""Moves a SQLite installation into an empty PostgreSQL database: every row, in one transaction, or nothing."""

import sqlite3
from contextlib import closing
from pathlib import Path

import asyncpg
from sqlalchemy import Table

from gongpai.gateway.store.sql.driver import StoreError
from gongpai.gateway.store.sql.tables import meta, metadata, news_head

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
        raise StoreError(str(error)) from None
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        # Its message may quote what was copied.
        raise StoreError(type(error).__name__) from None


def _open(file: Path) -> sqlite3.Connection:
    # Without the mode a file that is not there would be made.
    return sqlite3.connect(file.resolve().as_uri() + "?mode=rw", uri=True, isolation_level=None)


async def _require_fit(source: sqlite3.Connection, target: asyncpg.Connection) -> None:
    if source.execute(_REVISION).fetchall() != [tuple(row) for row in await target.fetch(_REVISION)]:
        raise StoreError("the file has another version of the schema: migrate it first")
    stamps = f"SELECT name, value FROM {meta.name} ORDER BY name"  # noqa: S608  # our own name
    if source.execute(stamps).fetchall() != [tuple(row) for row in await target.fetch(stamps)]:
        raise StoreError("the file belongs to the other world")
    for table in metadata.sorted_tables:
        if table not in (meta, news_head) and await target.fetch(f"SELECT 1 FROM {table.name} LIMIT 1"):  # noqa: S608
            raise StoreError(f"the target is in use: {table.name} is not empty")


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
