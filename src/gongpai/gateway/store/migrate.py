"""Brings the schema up to date. Any number of processes may do so at once: one works, the others wait."""

import asyncio
import fcntl
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import structlog
from sqlalchemy import (
    Connection,
    Engine,
    NullPool,
    column,
    create_engine,
    event,
    insert,
    inspect,
    select,
    table,
    text,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from gongpai.gateway.records import World
from gongpai.gateway.store.open import make_private, sqlite_path
from gongpai.gateway.store.sql.driver import StoreError, Trouble
from gongpai.gateway.store.sql.tables import meta
from gongpai.gateway.store.troubles import trouble_of

_log = structlog.get_logger("gongpai.store")
_WORLD = "world"
# Any number will do, if it is always the same: whoever migrates this database holds it.
_LOCK = 0x676F6E67
_CONNECT_SECONDS = 10.0
_MIGRATIONS = Path(__file__).parent / "migrations"
# Where Alembic notes how far it came.
_VERSION = table("alembic_version", column("version_num"))


class WrongWorldStampError(StoreError):
    """The database belongs to the other world, the sandbox's or WeCom's; nothing was changed. Use another one (T24)."""


def migrate(storage: str, world: World) -> list[str]:
    """Bring the schema of *storage* to this version and stamp a new database; return the revisions applied.

    Raises:
        WrongWorldStampError: it belongs to the other world.
        StoreError: it does not answer, or is not a database of ours.
    """
    return _with_connection(storage, lambda connection: _upgrade(connection, world))


def find_pending(storage: str, world: World) -> list[str]:
    """Return the revisions that ``migrate`` would apply, and change nothing.

    Raises:
        WrongWorldStampError: it belongs to the other world.
        StoreError: it does not answer.
    """
    path = sqlite_path(storage)
    if path is not None and not path.exists():
        return _revisions_after(None)
    return _with_connection(storage, lambda connection: _pending(connection, world))


def _with_connection(storage: str, work: Callable[[Connection], list[str]]) -> list[str]:
    path = sqlite_path(storage)
    try:
        if path is None:
            return asyncio.run(_with_postgres(storage, work))
        with _alone(path):
            _switch_to_wal(path)
            with _sqlite_engine(path).begin() as connection:
                return work(connection)
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        cause = getattr(error, "orig", None) or error
        raise StoreError(f"{_place(storage)}: {_reason(cause)}", trouble_of(cause, path)) from None


def _place(storage: str) -> str:
    """Return where the database is, without user and password."""
    url = make_url(storage)
    return str(sqlite_path(storage) or URL.create("postgresql", host=url.host, port=url.port, database=url.database))


def _reason(cause: object) -> str:
    return (cause.strerror if isinstance(cause, OSError) else None) or str(cause) or "no answer"


async def _with_postgres(storage: str, work: Callable[[Connection], list[str]]) -> list[str]:
    # asyncpg comes with an extra
    from asyncpg import PostgresError  # noqa: PLC0415
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415

    engine = create_async_engine(
        make_url(storage).set(drivername="postgresql+asyncpg"),
        poolclass=NullPool,
        connect_args={"timeout": _CONNECT_SECONDS},
    )
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            return await connection.run_sync(work)
    except PostgresError as error:  # as asyncpg raises it where no connection was made
        raise StoreError(f"{_place(storage)}: {error}", Trouble.REFUSED) from None
    except DBAPIError as error:
        refusal = getattr(error.orig, "__cause__", None)
        if not isinstance(refusal, PostgresError):
            raise
        raise StoreError(f"{_place(storage)}: {refusal}", Trouble.REFUSED) from None
    finally:
        await engine.dispose()


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold a lock beside the file: SQLite has none around the switch to WAL, and two switches at once can fail."""
    make_private(path)
    lock = path.with_name(path.name + ".lock")
    make_private(lock)
    with lock.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _switch_to_wal(path: Path) -> None:
    with closing(sqlite3.connect(path, timeout=30)) as connection:
        connection.execute("PRAGMA journal_mode = WAL").fetchall()


def _sqlite_engine(path: Path) -> Engine:
    engine = create_engine(URL.create("sqlite", database=str(path)), poolclass=NullPool)

    # Python's driver would begin no transaction before a CREATE TABLE; ours takes all of a migration or nothing.
    @event.listens_for(engine, "connect")
    def _leave_transactions_to_us(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _upgrade(connection: Connection, world: World) -> list[str]:
    pending = _pending(connection, world)
    is_new = _revision(connection) is None
    if pending:
        _run_alembic(connection)
    if is_new:
        connection.execute(insert(meta).values(name=_WORLD, value=world.value))
    return pending


def _pending(connection: Connection, world: World) -> list[str]:
    revision = _revision(connection)
    if revision is not None:
        stamp = connection.scalar(select(meta.c.value).where(meta.c.name == _WORLD))
        if stamp != world.value:
            raise WrongWorldStampError(str(stamp), Trouble.OTHER_WORLD)
    elif inspect(connection).get_table_names():
        message = "it has tables that are not ours"
        raise StoreError(message, Trouble.NOT_OURS)
    return _revisions_after(revision)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(_VERSION.name):
        return None
    revision: str | None = connection.scalar(select(_VERSION.c.version_num))
    return revision


def _revisions_after(revision: str | None) -> list[str]:
    known = known_revisions()
    if revision is None:
        return known
    if revision not in known:
        # A newer version has migrated already. Its changes are safe for us, that is the rule for every revision.
        _log.warning("storage.is_newer", revision=revision, known=known[-1])
        return []
    return known[known.index(revision) + 1 :]


def known_revisions() -> list[str]:
    """Return the revisions of this version, oldest first: each is the number that its file's name begins with."""
    return sorted(path.name.partition("_")[0] for path in (_MIGRATIONS / "versions").glob("[0-9]*.py"))


def _run_alembic(connection: Connection, revision: str = "head") -> None:
    # A start that finds everything up to date, as nearly all do, is a third of a second of CPU time cheaper without it.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
