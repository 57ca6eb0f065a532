"""The gateway as its operator runs it, with one worker on SQLite, and the sandbox that is its WeCom."""

import base64
import multiprocessing
import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import httpx2

from gongpai.sandbox import Sandbox

AGENTID = 1000002
IN_WECOM = {"user-agent": "Mozilla/5.0 (iPhone) wxwork/4.1.20 MicroMessenger/7.0.1"}
_READY_WITHIN_SECONDS = 60


@dataclass(frozen=True, slots=True)
class WeCom:
    """A sandbox in a process of its own; there everybody who signs in is lisi."""

    pid: int
    url: str
    corpsecret: str


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway that is ready."""

    process: "subprocess.Popen[str]"
    port: int

    @property
    def url(self) -> str:
        """Where it is reached; its public URL has no port, because it was given a free one."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def worker_pid(self) -> int:
        """The process that answers."""
        pid = self.process.pid
        (child,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return int(child)


@contextmanager
def pretend_wecom() -> Iterator[WeCom]:
    """Run the sandbox until the block ends."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve_sandbox, args=(theirs,), daemon=True)
    process.start()
    # Without it held here, a sandbox that cannot start is noticed.
    theirs.close()
    try:
        url, secret = ours.recv()
        yield WeCom(int(process.pid or 0), url, secret)
    finally:
        process.kill()
        process.join()


def _serve_sandbox(pipe: Connection) -> None:
    with Sandbox.start() as sandbox:
        app = sandbox.root.update_app(AGENTID, oauth_domain="127.0.0.1", callback_domain="127.0.0.1")
        sandbox.root.hold_phone("lisi")
        pipe.send((sandbox.url, app.secret))
        pipe.poll(None)


def write_config(
    folder: Path, wecom: WeCom, parties: str = "", storage: str | None = None, secret_key: bytes | None = None
) -> Path:
    """Write a configuration with the *parties*, as TOML; without a *storage*, a new file of SQLite's in *folder*."""
    config = folder / "gongpai.toml"
    config.write_text(f"""
public_url = "http://127.0.0.1"
storage = "{storage or f"sqlite://{folder}/gongpai.db"}"
secret_key = "{base64.urlsafe_b64encode(secret_key or secrets.token_bytes(32)).decode().rstrip("=")}"
sandbox = true
listen = "127.0.0.1:0"
metrics_listen = "off"
starts_per_minute = 0
hosts.all = "{wecom.url}"
[apps.main]
name = "Portal"
corpid = "wwgongpaidemo"
agentid = {AGENTID}
corpsecret = "{wecom.corpsecret}"
{parties}
""")
    config.chmod(0o600)
    return config


@contextmanager
def served(config: Path) -> Iterator[Gateway]:
    """Run `gongpai serve` on one core until the block ends."""
    command = [sys.executable, "-m", "gongpai.cli", "serve", "--config", str(config), "--workers", "1"]
    log = config.with_suffix(".log")
    with log.open("w") as errors, on_one_core():
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
    try:
        line = process.stdout.readline() if process.stdout else ""
        port = re.search(r"listens on 127\.0\.0\.1:(\d+)", line)
        if port is None:
            raise RuntimeError(log.read_text())
        gateway = Gateway(process, int(port[1]))
        _await_ready(gateway)
        yield gateway
    finally:
        process.terminate()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


@contextmanager
def on_one_core() -> Iterator[None]:
    """Let what is started in the block run on one core only: as many threads as it may have, it gets no more."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


async def sign_in(http: httpx2.AsyncClient, url: str) -> str:
    """Sign in silently as a new browser in WeCom; return the session cookie."""
    http.cookies.clear()
    begun = await http.get(f"{url}/signin")
    browser = begun.headers["set-cookie"].partition(";")[0]
    page = await http.get(begun.headers["location"])
    callback = page.headers["location"].removeprefix("http://127.0.0.1")
    back = await http.get(f"{url}{callback}", headers={"cookie": browser})
    cookies = [line.partition(";")[0] for line in back.headers.get_list("set-cookie")]
    session = next((cookie for cookie in cookies if cookie.startswith("__Host-gongpai_session=")), "")
    if back.headers["location"] != "/me" or not session:
        raise RuntimeError(back.text)
    return session


def _await_ready(gateway: Gateway) -> None:
    deadline = time.monotonic() + _READY_WITHIN_SECONDS
    while httpx2.get(f"{gateway.url}/readyz", timeout=_READY_WITHIN_SECONDS).status_code != httpx2.codes.OK:
        if time.monotonic() > deadline:
            message = "the gateway does not become ready"
            raise RuntimeError(message)
        time.sleep(0.01)
