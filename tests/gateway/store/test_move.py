import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import BigInteger, Column, LargeBinary, Table, Text

from gongpai.gateway.keys import KeyKeeper
from gongpai.gateway.records import NewsKind, World
from gongpai.gateway.records_provider import Repeated, SigningAlg
from gongpai.gateway.signing_keys import SigningKeys
from gongpai.gateway.store import StoreError, Trouble
from gongpai.gateway.store.migrate import migrate
from gongpai.gateway.store.move import move
from gongpai.gateway.store.open import Stores, open_stores
from gongpai.gateway.store.sql.tables import metadata
from memory import NOW, SECRET_KEY, Backend, newest_news, tell
from memory_provider import begin, make_issued, make_party
from services import PostgresServer

pytestmark = pytest.mark.services


@pytest.fixture
def target(postgres_server: PostgresServer, postgres_template: str) -> Iterator[str]:
    name = postgres_server.create_database(postgres_template)
    yield postgres_server.url(name)
    postgres_server.drop_database(name)


@pytest.fixture
def file(backend: Backend) -> Path:
    return Path(backend.storage.removeprefix("sqlite://"))


def count(file: Path) -> int:
    with closing(sqlite3.connect(file)) as connection:
        tables = [table.name for table in metadata.sorted_tables if table.name != "meta"]
        return sum(connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables)  # noqa: S608


async def test_everything_is_there_afterwards_and_goes_on(stores: Stores, file: Path, target: str) -> None:
    grant, code = await begin(stores, is_offline=True, acr="机密")
    issued = make_issued(grant)
    await stores.authorization_codes.take(code.code_hash, issued, NOW)
    assert issued.refresh is not None
    refresh = (issued.refresh.token_hash, make_issued(grant), b"answer", timedelta(seconds=10), NOW)
    await stores.tokens.rotate(*refresh)
    await stores.parties.add(make_party())
    keys = SigningKeys(stores.signing_keys, SECRET_KEY, timedelta(hours=12))
    await keys.load(NOW)
    told = await newest_news(stores)
    assert await move(file, target) == count(file)
    async with open_stores(target) as moved:
        await KeyKeeper(moved.keys, moved.ring, SECRET_KEY, timedelta(hours=12)).load(NOW)
        assert await moved.tokens.get_access(issued.access.token_hash) == (issued.access, grant)
        assert await moved.tokens.rotate(*refresh) == Repeated(b"answer")
        assert await moved.authorization_codes.get(code.code_hash) == (replace(code, spent_at=NOW), grant)
        assert await moved.sessions.get(grant.session_ref) == await stores.sessions.get(grant.session_ref)
        assert await moved.parties.find() == [make_party()]
        same = SigningKeys(moved.signing_keys, SECRET_KEY, timedelta(hours=12))
        await same.load(NOW)
        assert same.jwks == keys.jwks
        assert same.sign(SigningAlg.ES256, "JWT", {})
        assert await newest_news(moved) == told
        await tell(moved, NewsKind.SESSION_ENDED, "ref", NOW)
        assert await newest_news(moved) == told + 1


async def test_every_table_arrives_whole_with_every_column(file: Path, target: str) -> None:
    filled = [table for table in metadata.sorted_tables if table.name != "meta"]
    with closing(sqlite3.connect(file)) as connection:
        for table in filled:
            connection.execute(f"DELETE FROM {table.name}")  # noqa: S608  # our own name
            marks = ", ".join("?" * len(table.columns))
            into = f"INSERT INTO {table.name} ({names_of(table)}) VALUES ({marks})"  # noqa: S608  # our own names
            connection.executemany(into, rows_for(table))
        connection.commit()
    assert await move(file, target) == 2 * len(filled)
    moved = await asyncpg.connect(target)
    try:
        for table in filled:
            there = await moved.fetch(f"SELECT {names_of(table)} FROM {table.name}")  # noqa: S608  # our own names
            assert {tuple(row) for row in there} == set(rows_for(table)), table.name
    finally:
        await moved.close()


def names_of(table: Table) -> str:
    return ", ".join(column.name for column in table.columns)


def rows_for(table: Table) -> list[tuple[object, ...]]:
    """Return two rows of *table* with another value in each column; what may be empty is so in the second."""
    columns = list(enumerate(table.columns))
    return [
        tuple(value_for(column, place) for place, column in columns),
        tuple(None if column.nullable else value_for(column, place + 100) for place, column in columns),
    ]


def value_for(column: Column[object], number: int) -> object:
    """Return something that *column* can hold; no other number gives the same."""
    if isinstance(column.type, LargeBinary):
        return bytes([number, 0, 255])
    if isinstance(column.type, Text):
        return f"{column.name} {number} \N{CJK UNIFIED IDEOGRAPH-674E}'\n"
    return (1_800_000_000_000_000 if isinstance(column.type, BigInteger) else 0) + number


async def test_a_database_in_use_is_left_alone(stores: Stores, file: Path, target: str) -> None:
    await stores.parties.add(make_party())
    async with open_stores(target) as used:
        await used.parties.add(make_party("gitlab"))
        with pytest.raises(StoreError) as caught:
            await move(file, target)
        assert caught.value.trouble is Trouble.IN_USE
        assert [party.client_id for party in await used.parties.find()] == ["gitlab"]


async def test_a_file_of_the_other_world_is_not_copied(tmp_path: Path, target: str) -> None:
    migrate(f"sqlite://{tmp_path}/wecom.db", World.WECOM)
    with pytest.raises(StoreError, match="wecom"):
        await move(tmp_path / "wecom.db", target)


async def test_a_file_of_another_version_is_not_copied(sqlite_template: Path, tmp_path: Path, target: str) -> None:
    shutil.copy(sqlite_template, tmp_path / "old.db")
    with closing(sqlite3.connect(tmp_path / "old.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
        connection.commit()
    with pytest.raises(StoreError, match="0001"):
        await move(tmp_path / "old.db", target)


async def test_what_does_not_answer_is_a_store_error(file: Path, tmp_path: Path, target: str) -> None:
    with pytest.raises(StoreError):
        await move(file, "postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(StoreError):
        await move(tmp_path / "none.db", target)
    assert not (tmp_path / "none.db").exists()
