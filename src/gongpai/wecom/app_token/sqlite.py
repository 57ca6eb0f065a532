"""The app token in a SQLite file: for the processes of one machine."""

import asyncio
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock

from gongpai.wecom.app_token.policy import AppToken, AppTokenKey
from gongpai.wecom.app_token.slot import Slot, forget, free, keep, lease

# Others hold the file for well under a millisecond; a machine under load deserves patience.
_BUSY_SECONDS = 10.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS app_token (
    key TEXT PRIMARY KEY, fence INTEGER NOT NULL, holder TEXT, leased_until INTEGER,
    value TEXT, fetched_at INTEGER, expires_at INTEGER, version INTEGER
) STRICT
"""
_READ = "SELECT fence, holder, leased_until, value, fetched_at, expires_at, version FROM app_token WHERE key = ?"
_WRITE = "INSERT OR REPLACE INTO app_token VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class AsyncSqliteStore:
    """Keeps app tokens in a file of mode 0600, shared by the processes of one machine.

    Args:
        path: The file; made if absent. Not on a network file system, where SQLite cannot lock.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._store = SqliteStore(path)

    async def get(self, key: AppTokenKey) -> AppToken | None:
        """As the port says."""
        return await asyncio.to_thread(self._store.get, key)

    async def acquire_lease(self, key: AppTokenKey, holder: str, ttl: timedelta, now: datetime) -> int | None:
        """As the port says."""
        return await asyncio.to_thread(self._store.acquire_lease, key, holder, ttl, now)

    async def put(self, key: AppTokenKey, token: AppToken, fence: int) -> bool:
        """As the port says."""
        return await asyncio.to_thread(self._store.put, key, token, fence)

    async def drop(self, key: AppTokenKey, failed_version: int) -> None:
        """As the port says."""
        await asyncio.to_thread(self._store.drop, key, failed_version)

    async def release_lease(self, key: AppTokenKey, fence: int) -> None:
        """As the port says."""
        await asyncio.to_thread(self._store.release_lease, key, fence)

    async def aclose(self) -> None:
        """Close the file."""
        await asyncio.to_thread(self._store.close)


class SqliteStore:
    """Keeps app tokens in a file of mode 0600, shared by the threads and processes of one machine.

    The file is opened at first use, so that a server may make the store and fork afterwards.

    Args:
        path: The file; made if absent. Not on a network file system, where SQLite cannot lock.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        self._lock = Lock()
        self._connection: sqlite3.Connection | None = None

    def get(self, key: AppTokenKey) -> AppToken | None:
        """As the port says."""
        with self._lock:
            return _read(self._open(), key).token

    def acquire_lease(self, key: AppTokenKey, holder: str, ttl: timedelta, now: datetime) -> int | None:
        """As the port says."""
        with self._writing() as connection:
            slot, fence = lease(_read(connection, key), holder, ttl, now)
            _write(connection, key, slot)
        return fence

    def put(self, key: AppTokenKey, token: AppToken, fence: int) -> bool:
        """As the port says."""
        with self._writing() as connection:
            slot, is_kept = keep(_read(connection, key), token, fence)
            _write(connection, key, slot)
        return is_kept

    def drop(self, key: AppTokenKey, failed_version: int) -> None:
        """As the port says."""
        with self._writing() as connection:
            _write(connection, key, forget(_read(connection, key), failed_version))

    def release_lease(self, key: AppTokenKey, fence: int) -> None:
        """As the port says."""
        with self._writing() as connection:
            _write(connection, key, free(_read(connection, key), fence))

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = _connect(self._path)
        return self._connection

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            connection = self._open()
            # IMMEDIATE: what is read in here must still be true when it is written.
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")


def _connect(path: Path) -> sqlite3.Connection:
    # Made here, because SQLite would make it readable to the group; its -wal and -shm files take the same mode.
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        _switch_to_wal(connection)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(_SCHEMA)
    except BaseException:
        connection.close()
        raise
    return connection


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    """Switch the file to write-ahead logging.

    Two processes that switch a new file at once fail with "database is locked" without waiting for each other.
    """
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            with closing(connection.execute("PRAGMA journal_mode = WAL")) as answer:
                answer.fetchall()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _read(connection: sqlite3.Connection, key: AppTokenKey) -> Slot:
    row = connection.execute(_READ, (str(key),)).fetchone()
    if row is None:
        return Slot()
    fence, holder, leased_until, value, fetched_at, expires_at, version = row
    token = None if value is None else AppToken(value, _moment(fetched_at), _moment(expires_at), version)
    return Slot(fence, holder, None if leased_until is None else _moment(leased_until), token)


def _write(connection: sqlite3.Connection, key: AppTokenKey, slot: Slot) -> None:
    leased_until = None if slot.leased_until is None else _microseconds(slot.leased_until)
    # No name for the token's columns: a failing write must not show them in its traceback.
    connection.execute(_WRITE, (str(key), slot.fence, slot.holder, leased_until, *_columns(slot.token)))


def _columns(token: AppToken | None) -> tuple[str | int | None, ...]:
    if token is None:
        return None, None, None, None
    return token.value, _microseconds(token.fetched_at), _microseconds(token.expires_at), token.version


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)
