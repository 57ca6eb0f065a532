"""What an operator reads when the gateway cannot start: what it is and what to do, in two lines and no traceback."""

import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from gongpai.gateway.records import World
from gongpai.gateway.store.migrate import migrate
from programs import free_port
from services import PostgresServer
from settings_of_tests import RIGHT


@pytest.fixture
def storage(tmp_path: Path) -> str:
    return f"sqlite://{tmp_path}/gongpai.db"


def told(command: str = "serve", *, lang: str = "C", **settings: str | None) -> list[str]:
    """Run a command that must fail, and return what it says."""
    quiet = {name: value for name, value in os.environ.items() if not name.startswith(("GONGPAI_", "LC_"))}
    settings = {"listen": "127.0.0.1:0", "metrics_listen": "off", **settings}
    environ = {**quiet, **RIGHT, "LANG": lang, **{f"GONGPAI_{name.upper()}": value for name, value in settings.items()}}
    ended = subprocess.run(
        [sys.executable, "-m", "gongpai.cli", *command.split()],
        env={name: value for name, value in environ.items() if value is not None},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode in {1, 2, 3}, ended.stderr
    assert ended.stdout == ""
    lines = ended.stderr.splitlines()
    assert len(lines) == 2, ended.stderr
    assert lines[1].startswith("  解决办法：" if lang.startswith("zh") else "  remedy: ")
    return lines


@pytest.fixture
def taken() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


def test_a_copy_that_does_not_fit_its_disk_leaves_nothing_behind(storage: str, tmp_path: Path) -> None:
    migrate(storage, World.WECOM)
    copy = tmp_path / "copy.db"
    # The shared memory of the source fits, the copy does not.
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (99_999, 99_999))"
    command = [sys.executable, "-c", f"{limited}; from gongpai.cli import main; main()", "backup", str(copy)]
    # What measures coverage writes a file, too, which would not fit either.
    around = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    environ = {**around, **RIGHT, "GONGPAI_STORAGE": storage, "LANG": "C"}
    ended = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    problem, remedy = ended.stderr.splitlines()
    assert (ended.returncode, ended.stdout) == (3, "")
    assert problem.startswith(f"the system refuses: {copy}: ")
    assert "disk space" in remedy
    assert not list(tmp_path.glob("copy*"))


@pytest.mark.parametrize("key", ["listen", "metrics_listen"])
def test_an_address_that_is_taken_is_named(storage: str, taken: str, key: str) -> None:
    problem, remedy = told(storage=storage, **{key: taken})
    assert problem.startswith(f"{key}: {taken} is taken")
    assert "ss -ltnp" in remedy


def test_an_address_that_this_machine_has_not_is_named(storage: str) -> None:
    assert told(storage=storage, listen="192.0.2.1:8000")[0] == "listen: this machine has no address 192.0.2.1:8000"


def test_the_language_is_that_of_the_environment(storage: str, taken: str) -> None:
    assert "已被别的程序占用" in told(storage=storage, listen=taken, lang="zh_CN.UTF-8")[0]


def test_a_folder_that_is_not_there_is_to_be_made(tmp_path: Path) -> None:
    problem, remedy = told(storage=f"sqlite://{tmp_path}/none/gongpai.db")
    assert (
        problem == f"storage: the database file cannot be used: {tmp_path}/none/gongpai.db: No such file or directory"
    )
    assert "make its folder" in remedy


def test_a_file_that_another_process_has_locked_is_called_so(storage: str, tmp_path: Path) -> None:
    migrate(storage, World.WECOM)
    with closing(sqlite3.connect(tmp_path / "gongpai.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        problem, remedy = told(storage=storage)
    assert problem.startswith("storage: another process has locked the database file")
    assert "fuser" in remedy


def test_a_file_that_is_no_database_is_called_none_of_ours(storage: str, tmp_path: Path) -> None:
    (tmp_path / "gongpai.db").write_bytes(b"this is no database" * 100)
    assert "no database of gongpai's" in told(storage=storage)[0]


def test_a_database_of_somebody_else_is_called_none_of_ours(storage: str, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "gongpai.db")) as other:
        other.execute("CREATE TABLE orders (id)")
    assert "no database of gongpai's" in told(storage=storage)[0]


@pytest.mark.parametrize("command", ["serve", "migrate"])
def test_a_database_of_the_other_world_is_told_with_that_worlds_name(storage: str, command: str) -> None:
    migrate(storage, World.SANDBOX)
    assert "belongs to the world sandbox" in told(command, storage=storage)[0]


@pytest.mark.parametrize("command", ["serve", "keys list"])
def test_another_secret_key_is_told_as_such(storage: str, command: str) -> None:
    told(storage=storage, listen="192.0.2.1:8000")  # the database is made before anything listens
    problem, remedy = told(command, storage=storage, secret_key="b" * 42 + "A")
    assert problem == "secret_key: this database was made with another secret_key"
    assert "put that key back" in remedy


@pytest.mark.parametrize(
    ("lang", "missing", "exists", "no_file"),
    [
        ("C", "there is no file", "exists already", "storage is no SQLite file"),
        ("zh_CN.UTF-8", "这个文件", "已存在", "storage 不是 SQLite 文件"),
    ],
)
def test_a_back_up_that_cannot_be_made_says_why(
    storage: str, tmp_path: Path, lang: str, missing: str, exists: str, no_file: str
) -> None:
    command = f"backup {tmp_path}/copy.db"
    assert missing in told(command, lang=lang, storage=storage)[0]
    (tmp_path / "copy.db").touch()
    assert exists in told(command, lang=lang, storage=storage)[0]
    assert no_file in told(command, lang=lang, storage="postgresql://db/gongpai")[0]


@pytest.mark.parametrize(("lang", "words"), [("C", "storage is no PostgreSQL"), ("zh_CN.UTF-8", "不是 PostgreSQL")])
def test_a_copy_to_where_it_cannot_go_says_why(storage: str, tmp_path: Path, lang: str, words: str) -> None:
    (tmp_path / "old.db").touch()
    assert words in told(f"migrate copy {tmp_path}/old.db", lang=lang, storage=storage)[0]


@pytest.mark.services
def test_a_copy_of_what_does_not_fit_says_why(postgres_url: str, storage: str, tmp_path: Path) -> None:
    command = f"migrate copy {tmp_path}/gongpai.db"
    (tmp_path / "gongpai.db").write_bytes(b"this is no database" * 100)
    assert "no database of gongpai's" in told(command, storage=postgres_url)[0]
    (tmp_path / "gongpai.db").unlink()
    migrate(storage, World.SANDBOX)
    assert "belongs to the world sandbox" in told(command, storage=postgres_url)[0]
    assert "sandbox，与目标数据库不符" in told(command, lang="zh_CN.UTF-8", storage=postgres_url)[0]


def test_a_secret_file_that_is_not_there_is_named(storage: str, tmp_path: Path) -> None:
    problem, _ = told(storage=storage, secret_key=None, secret_key_file=f"{tmp_path}/secret.key")
    assert f"{tmp_path}/secret.key: No such file or directory" in problem


def test_a_configuration_that_is_not_there_or_no_toml_is_named(tmp_path: Path) -> None:
    assert told(f"serve --config {tmp_path}/gongpai.toml")[0].startswith(f"{tmp_path}/gongpai.toml: ")
    (tmp_path / "gongpai.toml").write_text("public_url = ")
    assert "this is not TOML" in told(f"config check --config {tmp_path}/gongpai.toml", public_url=None)[0]


def test_a_folder_without_a_configuration_is_named_first(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "gongpai.cli", "serve"]
    environ = {"LC_ALL": "C", "PATH": os.environ["PATH"]}
    ended = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=120, check=False)
    said = ended.stderr.splitlines()
    assert ended.returncode == 2
    assert said[0] == f"there is no gongpai.toml in {tmp_path}, and the environment does not suffice"
    assert "config example" in said[1]


def test_an_authority_that_is_not_there_or_no_certificate_is_named(storage: str, tmp_path: Path) -> None:
    assert f"{tmp_path}/ca.pem: No such file" in told(storage=storage, ca_file=f"{tmp_path}/ca.pem")[0]
    (tmp_path / "ca.pem").write_text("none")
    assert "no certificate in PEM" in told(storage=storage, ca_file=f"{tmp_path}/ca.pem")[0]


def test_redis_that_does_not_answer_is_named_without_its_password(storage: str) -> None:
    problem, remedy = told(storage=storage, tickets=f"redis://:secret@127.0.0.1:{free_port()}/0")
    assert problem.startswith("tickets: Redis or Valkey does not answer")
    assert "delete the setting" in remedy
    assert "secret" not in problem


@pytest.mark.parametrize("host", ["127.0.0.1", "nobody.invalid"])
def test_postgresql_that_does_not_answer_is_named_without_its_password(host: str) -> None:
    url = f"postgresql://somebody:secret@{host}:{free_port()}/gongpai"
    problem, remedy = told(storage=url)
    assert problem.startswith(f"storage: the database server does not answer: postgresql://{host}:")
    assert "firewall" in remedy
    assert "secret" not in problem


@pytest.mark.services
def test_postgresql_that_refuses_is_quoted(postgres_server: PostgresServer) -> None:
    problem, remedy = told(storage=postgres_server.url("nowhere"))
    assert "the database server refuses" in problem
    assert 'database "nowhere" does not exist' in problem
    assert "password" in remedy


@pytest.mark.services
def test_postgresql_where_nothing_may_be_made_is_quoted(postgres_server: PostgresServer) -> None:
    name = postgres_server.create_database()
    postgres_server.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    assert "read-only transaction" in told(storage=postgres_server.url(name))[0]
    postgres_server.drop_database(name)
