"""Programs of the operating system that tests need: where they are, and what to type when they are not."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from http import HTTPStatus
from pathlib import Path

import pytest

INSTALL = "scripts/system-packages"


def require_program(*names: str, folders: tuple[Path, ...] = ()) -> str:
    """Return the path of the first program of *names*; fail the test with the command to type if there is none."""
    search = os.pathsep.join([os.environ.get("PATH", os.defpath), *map(str, folders)])
    for name in names:
        if found := shutil.which(name, path=search):
            return found
    pytest.fail(f"{' or '.join(names)} is not installed; type: {INSTALL}", pytrace=False)


def free_port() -> int:
    """Return a TCP port that was free on loopback a moment ago, for programs that cannot bind port 0."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def dies_with_us(command: list[str], user: pwd.struct_passwd | None = None) -> list[str]:
    """Return *command*, run as *user* if given, so that Linux interrupts it when this process dies, however it dies."""
    other_user = [] if user is None else [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    return [require_program("setpriv"), *other_user, "--pdeathsig=INT", "--", *command]


def stop(process: subprocess.Popen[bytes]) -> None:
    """Interrupt *process*, and insist after ten seconds."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def answers(url: str, process: subprocess.Popen[bytes] | subprocess.Popen[str], seconds: float = 30.0) -> bool:
    """Tell whether *process* comes to answer 200 at *url*: it is asked until it does, ends, or *seconds* are over."""
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310  a loopback address of the test's own
                if answer.status == HTTPStatus.OK:
                    return True
        except OSError:
            time.sleep(0.05)
    return False
