"""Programs of the operating system that tests need: where they are, and what to type when they are not."""

import os
import pwd
import secrets
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
# Above those that Chromium refuses to visit.
_LOWEST_PORT = 11_000
# What keeps the ports that this process was given from being given to another.
_OURS: list[socket.socket] = []


def require_program(*names: str, folders: tuple[Path, ...] = ()) -> str:
    """Return the path of the first program of *names*; fail the test with the command to type if there is none."""
    search = os.pathsep.join([os.environ.get("PATH", os.defpath), *map(str, folders)])
    for name in names:
        if found := shutil.which(name, path=search):
            return found
    pytest.fail(f"{' or '.join(names)} is not installed; type: {INSTALL}", pytrace=False)


def free_port() -> int:
    """Return a TCP port of loopback for a program that cannot bind port 0; no other test gets it while this run lasts.

    It lies below the ports that Linux gives to outgoing connections, so that none of those takes it meanwhile.
    """
    lowest_outgoing = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    end = max(lowest_outgoing, 2 * _LOWEST_PORT)
    while True:
        port = _LOWEST_PORT + secrets.randbelow(end - _LOWEST_PORT)
        ours = socket.socket(socket.AF_UNIX)
        try:
            # A name in Linux's abstract space: it is gone with this process, however that ends.
            ours.bind(f"\0gongpai-tests-port-{port}")
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            ours.close()
        else:
            _OURS.append(ours)
            return port


def dies_with_us(command: list[str], user: pwd.struct_passwd | None = None) -> list[str]:
    """Return *command*, run as *user* if given, so that Linux interrupts it when this process dies, however it dies."""
    other_user = [] if user is None else [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    return [require_program("setpriv"), *other_user, "--pdeathsig=INT", "--", *command]


def heeding_permissions() -> list[str]:
    """Return what a command starts with for which the permissions of files hold even if root runs it."""
    if os.geteuid() != 0:
        return []
    return [require_program("setpriv"), "--bounding-set=-dac_override,-dac_read_search", "--"]


def stop(process: subprocess.Popen[bytes]) -> None:
    """Interrupt *process*, and insist after half a minute."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def answers(url: str, process: subprocess.Popen[bytes] | subprocess.Popen[str], seconds: float = 90.0) -> bool:
    """Tell whether *process* comes to answer 200 at *url*: it is asked until it does, ends, or *seconds* are over."""
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310  a loopback address of the test's own
                if answer.status == HTTPStatus.OK:
                    return True
        except OSError:
            time.sleep(0.05)
    return False
