import asyncio
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, delete, insert, select
from sqlalchemy.engine import Connection
from structlog.testing import capture_logs

from gongpai.gateway.records import World
from gongpai.gateway.store import StoreError
from gongpai.gateway.store import migrate as module
from gongpai.gateway.store.migrate import find_pending, migrate
from gongpai.gateway.store.sql.rows import to_micros
from gongpai.gateway.store.sql.tables import meta, metadata
from gongpai.gateway.store.sql.tables_provider import access_tokens, refresh_tokens, reservations

REVISIONS = ["0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010", "0011"]
MIGRATE = """
import sys
from gongpai.gateway.records import World
from gongpai.gateway.store.migrate import migrate
sys.stdin.readline()
print(*migrate(sys.argv[1], World.SANDBOX))
"""


@pytest.fixture(params=["sqlite", "postgres"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite://{tmp_path}/gongpai.db"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.mark.services
def test_migrating_twice_changes_nothing_the_second_time(storage: str) -> None:
    pending = find_pending(storage, World.WECOM)
    assert pending[0] == "0001"
    assert migrate(storage, World.WECOM) == pending
    assert migrate(storage, World.WECOM) == []
    assert find_pending(storage, World.WECOM) == []


@pytest.mark.services
def test_the_migrations_build_exactly_the_tables_of_the_statements(storage: str) -> None:
    migrate(storage, World.WECOM)
    differences: list[str] = []

    def compare(connection: Connection) -> list[str]:
        found = compare_metadata(MigrationContext.configure(connection), metadata)
        differences.extend(map(str, found))
        return []

    module._with_connection(storage, compare)
    assert [each for each in differences if "alembic_version" not in each] == []


@pytest.mark.services
async def test_many_processes_that_migrate_at_once_do_it_once(storage: str) -> None:
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", MIGRATE, storage, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        for _ in range(4)
    ]
    answers = await asyncio.gather(*(process.communicate(b"go\n") for process in processes))
    assert [process.returncode for process in processes] == [0, 0, 0, 0]
    applied = [output.split() for output, _ in answers if output.split()]
    assert applied == [[revision.encode() for revision in REVISIONS]]


def test_the_names_of_the_files_say_the_order_of_the_revisions() -> None:
    revisions = ScriptDirectory(str(module._MIGRATIONS)).walk_revisions()
    assert module.known_revisions() == [each.revision for each in revisions][::-1] == REVISIONS


def test_a_start_that_finds_everything_up_to_date_does_without_alembic(tmp_path: Path) -> None:
    migrate(f"sqlite://{tmp_path}/gongpai.db", World.SANDBOX)
    again = MIGRATE.replace("sys.stdin.readline()\n", "") + 'assert "alembic" not in sys.modules'
    subprocess.run([sys.executable, "-c", again, f"sqlite://{tmp_path}/gongpai.db"], check=True)


def test_the_files_are_nobody_elses_to_read(tmp_path: Path) -> None:
    path = tmp_path / "gongpai.db"
    path.touch(0o644)
    migrate(f"sqlite://{path}", World.SANDBOX)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE meta SET value = value")
        connection.commit()
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    assert set(modes) >= {"gongpai.db", "gongpai.db-wal", "gongpai.db-shm"}
    assert set(modes.values()) == {0o600}


def test_looking_for_pending_changes_makes_no_file(tmp_path: Path) -> None:
    assert find_pending(f"sqlite://{tmp_path}/none.db", World.SANDBOX) == REVISIONS
    assert list(tmp_path.iterdir()) == []


def test_somebody_elses_database_is_left_alone(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "theirs.db")) as connection:
        connection.execute("CREATE TABLE people (name TEXT)")
    with pytest.raises(StoreError, match="not ours"):
        migrate(f"sqlite://{tmp_path}/theirs.db", World.SANDBOX)


def test_a_database_of_a_newer_version_is_served_as_it_is(tmp_path: Path) -> None:
    storage = f"sqlite://{tmp_path}/gongpai.db"
    migrate(storage, World.SANDBOX)
    with create_engine(f"sqlite:///{tmp_path}/gongpai.db").begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    assert find_pending(storage, World.SANDBOX) == []
    with capture_logs() as events:
        assert migrate(storage, World.SANDBOX) == []
    assert [(event["event"], event["revision"]) for event in events] == [("storage.is_newer", "9999")]


@pytest.mark.parametrize("storage", ["sqlite:///nowhere/at/all.db", "postgresql://nobody@127.0.0.1:1/none"])
def test_a_database_that_does_not_answer_is_an_error_that_names_no_password(storage: str) -> None:
    with pytest.raises(StoreError):
        migrate(storage, World.SANDBOX)


def test_what_was_issued_before_its_table_was_built_anew_is_there_afterwards(tmp_path: Path) -> None:
    storage = f"sqlite://{tmp_path}/gongpai.db"
    token = ("hash", "grant", '["openid"]', '["wiki"]', 1, 2)
    reservation = ("wiki", "username", "lisi", "subject")
    now = to_micros(datetime.now(UTC))
    unused = ("unused", "grant", now, now + 2, None, None, "used just now")
    used = ("used just now", "grant", 1, now + 2, now, b"answer", "used long ago")
    long_used = ("used long ago", "grant", 1, now + 2, 1, b"answer", None)

    def build_as_before(connection: Connection) -> list[str]:
        module._run_alembic(connection, "0004")
        connection.execute(insert(meta).values(name="world", value=World.SANDBOX.value))
        connection.execute(insert(access_tokens).values(token))
        connection.execute(insert(reservations).values(reservation))
        for each in (unused, used, long_used):
            connection.execute(insert(refresh_tokens).values(each))
        return []

    module._with_connection(storage, build_as_before)
    assert migrate(storage, World.SANDBOX) == REVISIONS[4:]
    with create_engine(f"sqlite:///{tmp_path}/gongpai.db").begin() as connection:
        assert connection.execute(select(access_tokens)).one() == token
        assert connection.execute(select(reservations)).one() == reservation
        kept = connection.execute(select(refresh_tokens).order_by(refresh_tokens.c.token_hash)).all()
        assert kept == [unused, used, (*long_used[:5], None, None)]
        connection.execute(delete(access_tokens).where(access_tokens.c.expires_at < 3))
