"""``gongpai config``, ``migrate``, ``keys`` and ``backup``, and the way back from a back-up that the docs describe."""

import asyncio
import os
import shutil
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import gongpai.gateway.store
from gongpai.cli.program import program
from gongpai.gateway.config.values import parse_secret_key
from gongpai.gateway.keys import KeyKeeper
from gongpai.gateway.records import Person, World
from gongpai.gateway.store.migrate import migrate
from gongpai.gateway.store.open import open_stores
from memory import make_person
from programs import require_program
from services import PostgresServer
from settings_of_tests import RIGHT, SECRET_KEY


def run(storage: str, *arguments: str, **changes: str) -> Result:
    environ = {**RIGHT, "GONGPAI_STORAGE": storage, "LANG": "C", **changes}
    return CliRunner().invoke(program, arguments, env=environ)


def wall(stored: str) -> list[list[str]]:
    return [line.split() for line in stored.splitlines()]


@pytest.fixture
def storage(tmp_path: Path) -> str:
    return f"sqlite://{tmp_path}/gongpai.db"


async def _put(storage: str, person: Person) -> None:
    async with open_stores(storage) as stores:
        await stores.people.mint(person)
        await KeyKeeper(stores.keys, stores.ring, parse_secret_key(SECRET_KEY) or b"", timedelta(1)).load(
            datetime.now(UTC)
        )


async def _get(storage: str, subject: str) -> Person | None:
    async with open_stores(storage) as stores:
        await KeyKeeper(stores.keys, stores.ring, parse_secret_key(SECRET_KEY) or b"", timedelta(1)).load(
            datetime.now(UTC)
        )
        return await stores.people.get(subject)


def test_a_right_configuration_is_said_to_be_right(storage: str) -> None:
    assert "right" in run(storage, "config", "check").stdout
    assert "没有问题" in run(storage, "config", "check", "--lang", "zh").stdout


def test_every_fault_is_shown_with_its_remedy(storage: str) -> None:
    result = run(storage, "config", "check", GONGPAI_PUBLIC_URL="x", GONGPAI_LISTEN="y")
    assert result.exit_code == 2
    assert "public_url:" in result.stderr
    assert "listen:" in result.stderr
    assert result.stderr.count("remedy:") == 2
    assert "解决办法" in run(storage, "config", "check", GONGPAI_LISTEN="y", LANG="zh_CN.UTF-8", LC_ALL="").stderr


def test_the_example_is_printed_in_both_languages(storage: str) -> None:
    chinese, english = (run(storage, "config", "example", "--lang", lang).stdout for lang in ("zh", "en"))
    assert "public_url" in chinese
    assert "public_url" in english
    assert chinese != english


def test_migrate_shows_then_applies_what_is_pending(storage: str) -> None:
    revisions = sorted(file.name[:4] for file in Path(gongpai.gateway.store.__file__).parent.glob("**/versions/0*.py"))
    pending = run(storage, "migrate", "--check")
    assert (pending.exit_code, pending.stdout) == (1, "".join(f"pending: {revision}\n" for revision in revisions))
    applied = run(storage, "migrate")
    assert (applied.exit_code, applied.stdout) == (0, "".join(f"applied: {revision}\n" for revision in revisions))
    assert run(storage, "migrate", "--check").stdout == "up to date\n"
    assert run(storage, "migrate", GONGPAI_LANG="zh").stdout == "已是最新。\n"


@pytest.mark.services
def test_an_installation_is_copied_to_postgresql_once(storage: str, postgres_url: str) -> None:
    file = storage.removeprefix("sqlite://")
    run(storage, "migrate")
    run(storage, "keys", "list")
    copied = run(postgres_url, "migrate", "copy", file)
    # 3 keys that seal, 6 that sign, news of each kind, and how far the news have come.
    assert (copied.exit_code, copied.stdout) == (0, "copied: 16 rows\n")
    assert run(postgres_url, "keys", "list").stdout == run(storage, "keys", "list").stdout
    again = run(postgres_url, "migrate", "copy", file)
    assert (again.exit_code, "not empty" in again.stderr) == (3, True)
    assert run(storage, "migrate", "copy", file).exit_code == 2


def test_migrate_refuses_a_database_of_the_other_world(storage: str) -> None:
    migrate(storage, World.SANDBOX)
    result = run(storage, "migrate")
    assert result.exit_code == 3
    assert "sandbox" in result.stderr


def test_a_new_secret_key_is_one_that_the_gateway_takes(storage: str) -> None:
    one, two = (run(storage, "keys", "new").stdout.strip() for _ in range(2))
    assert one != two
    assert run(storage, "config", "check", GONGPAI_SECRET_KEY=one).exit_code == 0


def test_keys_are_listed_rotated_and_revoked(storage: str) -> None:
    run(storage, "migrate")
    first = wall(run(storage, "keys", "list").stdout)
    assert sorted(line[1] for line in first if len(line[0]) == 8) == ["gate", "kept", "session"]
    key_id = wall(run(storage, "keys", "rotate", "gate").stdout)[0][0]
    assert len(wall(run(storage, "keys", "rotate").stdout)) == 3
    assert len(wall(run(storage, "keys", "list").stdout)) == len(first) + 4
    assert run(storage, "keys", "revoke", key_id).stdout == f"{key_id}  gate  revoked\n"
    again = run(storage, "keys", "revoke", key_id)
    assert again.exit_code == 1
    assert "no such key" in again.stderr


def test_signing_keys_are_listed_rotated_and_revoked(storage: str) -> None:
    run(storage, "migrate")
    listed = [line for line in wall(run(storage, "keys", "list").stdout) if len(line[0]) > 8]
    assert sorted((alg, state) for _, alg, *_, state in listed) == [
        (alg, state) for alg in ("ES256", "EdDSA", "RS256") for state in ("active", "next")
    ]
    rotated = wall(run(storage, "keys", "rotate", "--signing").stdout)
    soon = datetime.now(UTC) + timedelta(days=2)
    assert {(alg, at[:10]) for alg, at in rotated} == {(alg, f"{soon:%Y-%m-%d}") for alg in ("ES256", "EdDSA", "RS256")}
    (kid,) = [kid for kid, alg, *_, state in listed if (alg, state) == ("ES256", "active")]
    assert run(storage, "keys", "revoke", kid).stdout == f"{kid}  ES256  revoked\n"
    left = {line[0]: line[-1] for line in wall(run(storage, "keys", "list").stdout)}
    assert kid not in left
    assert run(storage, "keys", "rotate", "gate", "--signing").exit_code == 2


def test_keys_say_when_secret_key_or_database_is_wrong(storage: str, tmp_path: Path) -> None:
    run(storage, "migrate")
    run(storage, "keys", "list")
    other = run(storage, "keys", "new").stdout.strip()
    wrong = run(storage, "keys", "list", GONGPAI_SECRET_KEY=other)
    assert (wrong.exit_code, "secret_key" in wrong.stderr) == (3, True)
    empty = run(f"sqlite://{tmp_path}/empty.db", "keys", "list")
    assert (empty.exit_code, "storage" in empty.stderr) == (3, True)


def test_a_back_up_made_while_the_database_is_written_can_be_restored(storage: str, tmp_path: Path) -> None:
    run(storage, "migrate")
    person, target = make_person(), tmp_path / "copy.db"

    async def back_up_while_open() -> Result:
        async with open_stores(storage) as stores:  # in use: what was written lies in the log beside the file
            await stores.people.mint(person)
            result = await asyncio.to_thread(run, storage, "backup", str(target))
            await stores.people.mint(make_person("later"))
            return result

    assert asyncio.run(back_up_while_open()).stdout == f"{target}\n"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    for file in tmp_path.glob("gongpai.db*"):
        file.unlink()
    shutil.copy(target, tmp_path / "gongpai.db")
    assert run(storage, "migrate", "--check").stdout == "up to date\n"
    assert asyncio.run(_get(storage, person.subject)) == person


@pytest.mark.parametrize(
    "command",
    [
        ("keys", "list"),
        ("parties", "list"),
        ("audit", "verify"),
        ("parties", "preview", "grafana", "--userid", "lisi"),
        ("parties", "recipe", "grafana", "--url", "https://grafana.example.com"),
    ],
)
def test_a_command_asks_for_the_migration_that_is_pending_and_makes_no_database(
    storage: str, tmp_path: Path, command: tuple[str, ...]
) -> None:
    absent = run(storage, *command)
    assert (absent.exit_code, "there is no file" in absent.stderr) == (3, True)
    assert not list(tmp_path.glob("gongpai.db*"))
    (tmp_path / "gongpai.db").touch()
    behind = run(storage, *command)
    assert (behind.exit_code, "run gongpai migrate first" in behind.stderr) == (3, True)
    assert run(storage, *command, GONGPAI_LANG="zh").stderr.startswith("storage: 数据库还没有升级")


def test_a_reader_that_has_had_enough_is_no_trouble(storage: str) -> None:
    run(storage, "migrate")
    reading, writing = os.pipe()
    os.close(reading)
    environ = {**os.environ, **RIGHT, "GONGPAI_STORAGE": storage}
    command = [sys.executable, "-m", "gongpai.cli", "keys", "list"]
    with os.fdopen(writing) as nobody:
        ended = subprocess.run(command, env=environ, stdout=nobody, stderr=subprocess.PIPE, check=False)
    assert ended.stderr == b""


def test_a_back_up_goes_into_a_folder_that_exists(storage: str, tmp_path: Path) -> None:
    run(storage, "migrate")
    refused = run(storage, "backup", str(tmp_path / "absent" / "copy"))
    assert (refused.exit_code, "there is no folder" in refused.stderr) == (2, True)


def test_a_back_up_overwrites_nothing_and_says_what_it_cannot_do(storage: str, tmp_path: Path) -> None:
    existing = tmp_path / "existing"
    existing.touch()
    run(storage, "migrate")
    assert run(storage, "backup", str(existing)).exit_code == 2
    assert run(f"sqlite://{tmp_path}/none.db", "backup", str(tmp_path / "copy")).exit_code == 3
    assert "pg_dump" in run("postgresql://db/gongpai", "backup", str(tmp_path / "copy")).stderr
    (tmp_path / "broken.db").write_bytes(b"this is no database" * 100)
    assert run(f"sqlite://{tmp_path}/broken.db", "backup", str(tmp_path / "copy")).exit_code == 3
    assert not (tmp_path / "copy").exists()


@pytest.mark.services
def test_a_dump_of_postgresql_can_be_restored(
    postgres_url: str, postgres_server: PostgresServer, tmp_path: Path
) -> None:
    migrate(postgres_url, World.WECOM)
    person, dump = make_person(), tmp_path / "gongpai.dump"
    asyncio.run(_put(postgres_url, person))
    folders = tuple(Path("/usr/lib/postgresql").glob("*/bin"))
    pg_dump, pg_restore = (require_program(name, folders=folders) for name in ("pg_dump", "pg_restore"))
    subprocess.run([pg_dump, "--format=custom", f"--file={dump}", postgres_url], check=True, env=dict(os.environ))
    name = postgres_server.create_database()
    restored = postgres_server.url(name)
    subprocess.run([pg_restore, f"--dbname={restored}", str(dump)], check=True)
    assert migrate(restored, World.WECOM) == []
    assert asyncio.run(_get(restored, person.subject)) == person
    postgres_server.drop_database(name)
