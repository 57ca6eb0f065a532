import sqlite3
import stat
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import pytest

from conformance.app_token_store import KEY, NOW, TTL, OffLoop, OpenStore, SharedAppTokenStoreConformance, token
from gongpai.wecom.app_token import AsyncSqliteStore, SqliteStore
from gongpai.wecom.app_token.sqlite import _switch_to_wal
from wecom.secrecy import reveal


class TestAsyncSqliteStore(SharedAppTokenStoreConformance):
    @pytest.fixture
    def open_store(self, tmp_path: Path) -> OpenStore:
        return partial(AsyncSqliteStore, tmp_path / "app_token.db")


class TestSqliteStore(SharedAppTokenStoreConformance):
    @pytest.fixture
    def open_store(self, tmp_path: Path) -> OpenStore:
        return partial(OffLoop, partial(SqliteStore, tmp_path / "app_token.db"))


def test_the_file_and_its_companions_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "app_token.db")
    store.acquire_lease(KEY, "a", TTL, NOW)
    files = sorted(tmp_path.iterdir())
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in files}
    store.close()
    assert modes == {"app_token.db": 0o600, "app_token.db-shm": 0o600, "app_token.db-wal": 0o600}


def test_the_file_is_opened_at_first_use_and_again_after_closing(tmp_path: Path) -> None:
    store = SqliteStore(str(tmp_path / "app_token.db"))
    assert not list(tmp_path.iterdir())
    fence = store.acquire_lease(KEY, "a", TTL, NOW)
    assert fence is not None
    store.put(KEY, token(fence), fence)
    store.close()
    store.close()
    assert store.get(KEY) == token(fence)
    store.close()


def test_a_token_outlives_the_process_that_fetched_it(tmp_path: Path) -> None:
    path = tmp_path / "app_token.db"
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        pool.submit(_put, path).result()
    store = SqliteStore(path)
    assert store.get(KEY) == token(1)
    store.close()


def test_processes_that_make_the_file_at_the_same_moment_all_succeed(tmp_path: Path) -> None:
    with ProcessPoolExecutor(4, get_context("spawn")) as pool:
        for attempt in range(10):
            path = tmp_path / f"{attempt}.db"
            assert list(pool.map(_open_and_get, [path] * 8)) == [None] * 8


def test_a_file_that_is_no_database_is_an_error_and_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "app_token.db"
    path.write_text("something else that matters" * 100)
    with pytest.raises(sqlite3.DatabaseError):
        SqliteStore(path).get(KEY)
    assert path.read_text().startswith("something else")


def test_a_file_that_cannot_be_written_is_an_error_at_once(tmp_path: Path) -> None:
    path = tmp_path / "app_token.db"
    with closing(sqlite3.connect(path)) as plain:
        plain.execute("CREATE TABLE some (thing)")
    with (
        closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as read_only,
        pytest.raises(sqlite3.OperationalError),
    ):
        _switch_to_wal(read_only)


def test_a_write_that_fails_changes_nothing_and_shows_no_token(tmp_path: Path) -> None:
    path = tmp_path / "app_token.db"
    store = SqliteStore(path)
    fence = store.acquire_lease(KEY, "a", TTL, NOW)
    assert fence is not None
    with sqlite3.connect(path) as sabotage:
        sabotage.execute("CREATE TRIGGER no BEFORE INSERT ON app_token BEGIN SELECT RAISE(ABORT, 'no'); END")
    sabotage.close()
    with pytest.raises(sqlite3.IntegrityError) as caught:
        store.put(KEY, token(fence, "TOKEN-THAT-MUST-NOT-SHOW"), fence)
    assert store.get(KEY) is None
    store.close()
    assert "TOKEN-THAT-MUST-NOT-SHOW" not in reveal(caught.value)


def _open_and_get(path: Path) -> object:
    store = SqliteStore(path)
    found = store.get(KEY)
    store.close()
    return found


def _put(path: Path) -> None:
    store = SqliteStore(path)
    fence = store.acquire_lease(KEY, "a", TTL, NOW)
    assert fence is not None
    store.put(KEY, token(fence), fence)
    store.close()
