"""Private PostgreSQL and Redis servers for the tests that need them; no running service is touched.

Both listen on a free port of loopback, keep their files in a temporary folder and end with the run. Each test
gets an empty database of its own.
"""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from programs import dies_with_us, free_port, require_program, stop

_START_SECONDS = 90.0
_PORT_TRIES = 5
_USER = "gongpai"
# Nothing here outlives the run, so nothing waits for the disk.
_POSTGRES_SETTINGS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")


@dataclass(slots=True)
class Service:
    """A server that belongs to this run and listens on a port of loopback; it can be disturbed."""

    command: list[str]
    port: int
    log: Path
    _process: subprocess.Popen[bytes] = field(init=False)

    def start(self) -> bool:
        """Start it; whether it came to listen."""
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(self.command, stdout=output, stderr=output, cwd=self.log.parent)
        return _accepts(self.port, self._process)

    def stop(self) -> None:
        """End it as an operator does: who is connected is cut off."""
        stop(self._process)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Let it stand still during the block, with every connection open."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A PostgreSQL cluster that belongs to this run."""

    service: Service

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.service.port

    def url(self, database: str = "postgres") -> str:
        """Return the URL of *database*."""
        return f"postgresql://{_USER}@127.0.0.1:{self.port}/{database}"

    def create_database(self, template: str = "template0") -> str:
        """Create an empty database, or a copy of *template* while nobody is connected to it; return its name."""
        name = f"test_{secrets.token_hex(6)}"
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return name

    def drop_database(self, name: str) -> None:
        """Drop the database, whoever is still connected."""
        self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def execute(self, statement: str, database: str = "postgres") -> str:
        """Run one SQL *statement* and return what it printed, unaligned and without headings."""
        psql = require_program("psql", folders=_postgres_folders())
        command = [psql, "-X", "-qAt", "-v", "ON_ERROR_STOP=1", "-d", self.url(database), "-c", statement]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """Yield a private PostgreSQL cluster."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """Yield the URL of an empty PostgreSQL database of this test's own."""
    name = postgres_server.create_database()
    yield postgres_server.url(name)
    postgres_server.drop_database(name)


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """Yield the URL of a private Redis or Valkey server that keeps nothing on disk."""
    with running_redis() as service:
        yield redis_url_of(service)


@pytest.fixture
def redis_url(redis_server: str) -> str:
    """Return the URL of the run's Redis server, emptied for this test."""
    where = urlsplit(redis_server)
    with socket.create_connection((where.hostname, where.port), timeout=60) as connection:
        connection.sendall(b"FLUSHALL\r\n")
        assert connection.recv(64) == b"+OK\r\n"
    return redis_server


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """Run a cluster until the block ends: for a test that disturbs it."""
    with _folder("gongpai-postgres-") as folder:
        user = _unprivileged_owner(folder) if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root
        cluster = folder / "cluster"
        initdb = require_program("initdb", folders=_postgres_folders())
        options = ["-U", _USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        command = dies_with_us([initdb, "-D", str(cluster), *options], user)
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
        assert done.returncode == 0, done.stderr
        postgres = require_program("postgres", folders=_postgres_folders())
        settings = [part for setting in _POSTGRES_SETTINGS for part in ("-c", setting)]
        command = [postgres, "-D", str(cluster), "-h", "127.0.0.1", "-k", "", *settings]
        with _listening(dies_with_us(command, user), "-p", folder / "log") as service:
            server = PostgresServer(service)
            _await_queries(server)
            yield server


@contextmanager
def running_redis(*, keeps: bool = False) -> Iterator[Service]:
    """Run a Redis or Valkey server until the block ends: for a test that disturbs it.

    One that *keeps* what it holds writes it to ``dump.rdb`` beside its log when it is stopped, and reads it when it
    starts.
    """
    with _folder("gongpai-redis-") as folder:
        program = require_program("redis-server", "valkey-server")
        save = "3600 1" if keeps else ""
        command = [program, "--bind", "127.0.0.1", "--save", save, "--appendonly", "no", "--dir", str(folder)]
        with _listening(dies_with_us(command), "--port", folder / "log") as service:
            yield service


def redis_url_of(service: Service) -> str:
    """Return the address of a Redis server's first database."""
    return f"redis://127.0.0.1:{service.port}/0"


@contextmanager
def _folder(prefix: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@contextmanager
def _listening(command: list[str], port_option: str, log: Path) -> Iterator[Service]:
    """Run *command* on a free port until the block ends; another port if somebody was faster."""
    for _ in range(_PORT_TRIES):
        port = free_port()
        service = Service([*command, port_option, str(port)], port, log)
        if service.start():
            try:
                yield service
            finally:
                service.stop()
            return
        service.stop()
    pytest.fail(f"{command[0]} did not start:\n{log.read_text(errors='replace')[-2000:]}", pytrace=False)


def _accepts(port: int, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=30).close()
        except OSError:
            time.sleep(0.02)
        else:
            return True
    return False


def _await_queries(server: PostgresServer) -> None:
    """Wait until the cluster answers: it listens a moment before it is ready."""
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            server.execute("SELECT 1")
        except AssertionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def _unprivileged_owner(folder: Path) -> pwd.struct_passwd:
    """Give *folder* to a user other than root, and return that user."""
    try:
        user = pwd.getpwnam("postgres")
    except KeyError:
        user = pwd.getpwnam("nobody")
    shutil.chown(folder, user.pw_uid, user.pw_gid)
    return user


def _postgres_folders() -> tuple[Path, ...]:
    """Return where Debian keeps PostgreSQL's own programs, newest first: they are not on the PATH."""
    folders = Path("/usr/lib/postgresql").glob("*/bin")
    return tuple(sorted(folders, key=lambda folder: int(folder.parent.name), reverse=True))
