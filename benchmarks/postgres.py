"""A PostgreSQL of the measurements' own, if its programs are installed: on loopback, in a temporary folder."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.harness import cpu_clock_of

_USER = "gongpai"
_READY_WITHIN_SECONDS = 60


@dataclass(slots=True)
class Postgres:
    """A running server."""

    process: "subprocess.Popen[bytes]"
    port: int
    _seen: dict[int, float] = field(default_factory=dict)

    def url(self, database: str) -> str:
        """Return where *database* is."""
        return f"postgresql://{_USER}@127.0.0.1:{self.port}/{database}"

    def cpu_seconds(self) -> float:
        """Return the CPU that the server and its backends have used, those that ended since they were seen too."""
        pid = self.process.pid
        for each in (pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())):
            try:
                self._seen[each] = cpu_clock_of(each)()
            except OSError:
                continue  # it ended just now
        return sum(self._seen.values())


def find_postgres() -> Path | None:
    """Return the folder of PostgreSQL's own programs; Debian keeps them off the PATH."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: float(folder.parent.name))
    found = shutil.which("initdb", path=os.pathsep.join(map(str, reversed(folders)))) or shutil.which("initdb")
    return None if found is None else Path(found).resolve().parent


@contextmanager
def running_postgres(programs: Path) -> Iterator[Postgres]:
    """Run a server with its ordinary settings until the block ends: what it commits is on the disk."""
    with tempfile.TemporaryDirectory(prefix="gongpai-postgres-", ignore_cleanup_errors=True) as folder:
        as_user = _unprivileged(Path(folder))
        cluster = f"{folder}/cluster"
        initdb = [str(programs / "initdb"), "-D", cluster, "-U", _USER, "-A", "trust", "-E", "UTF8", "--locale=C"]
        subprocess.run([*as_user, *initdb], check=True, stdout=subprocess.DEVNULL, cwd=folder)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        server = [str(programs / "postgres"), "-D", cluster, "-h", "127.0.0.1", "-k", "", "-p", str(port)]
        with Path(folder, "log").open("wb") as log:
            process = subprocess.Popen([*as_user, *server], stdout=log, stderr=log, cwd=folder)
        try:
            _await_ready(programs, port, process)
            yield Postgres(process, port)
        finally:
            process.terminate()
            process.wait()


def create_database(programs: Path, postgres: Postgres, name: str) -> str:
    """Create an empty database; return its URL."""
    command = [str(programs / "createdb"), "-h", "127.0.0.1", "-p", str(postgres.port), "-U", _USER, name]
    subprocess.run(command, check=True)
    return postgres.url(name)


def _await_ready(programs: Path, port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _READY_WITHIN_SECONDS
    command = [str(programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
    while subprocess.run(command, check=False).returncode != 0:
        if process.poll() is not None or time.monotonic() > deadline:
            message = "PostgreSQL does not start"
            raise RuntimeError(message)
        time.sleep(0.05)


def _unprivileged(folder: Path) -> list[str]:
    """Return how to run as a user other than root, which PostgreSQL insists on; *folder* becomes theirs."""
    if os.geteuid() != 0:
        return []
    try:
        user = pwd.getpwnam("postgres")
    except KeyError:
        user = pwd.getpwnam("nobody")
    shutil.chown(folder, user.pw_uid, user.pw_gid)
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--pdeathsig=INT", "--"]
