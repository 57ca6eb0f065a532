"""A whole silent sign-in: /signin, WeCom's page, the callback, one getuserinfo, a session; on SQLite.

Gateway, sandbox and browsers are processes of their own. The gateway's CPU is its worker's, the sandbox's its own
(it serves the page as well as the API), so each row says what one sign-in costs either of them.
"""

import asyncio
import base64
import multiprocessing
import re
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

import httpx2

from benchmarks.harness import Bar, Row, Side, compare, cpu_clock_of
from gongpai.sandbox import Sandbox

_AGENTID = 1000002
_CONCURRENCY = 12
_OPERATIONS = 200
_WECOM = {"user-agent": "Mozilla/5.0 (iPhone) wxwork/4.1.20 MicroMessenger/7.0.1"}
# 300 sign-ins a second and core.
_LIMIT = Bar(max_us=1_000_000 / 300)


def measure() -> Iterator[Row]:
    with (
        _sandbox() as (sandbox_pid, sandbox_url, secret),
        tempfile.TemporaryDirectory() as folder,
        _gateway(Path(folder), sandbox_url, secret) as (worker_pid, url),
        asyncio.Runner() as runner,
    ):
        run = _sign_in_repeatedly(runner, url)
        ours = Side("gateway worker", run, cpu_clock_of(worker_pid))
        peer = Side("sandbox", run, cpu_clock_of(sandbox_pid))
        yield compare("silent sign-in, SQLite", ours, peer, _LIMIT, operations=_OPERATIONS)


def _sign_in_repeatedly(runner: asyncio.Runner, url: str) -> Callable[[int], None]:
    async def repeat(count: int) -> None:
        left = iter(range(count))

        async def work() -> None:
            async with httpx2.AsyncClient(headers=_WECOM, trust_env=False, timeout=60) as http:
                for _ in left:
                    await _sign_in(http, url)

        await asyncio.gather(*(work() for _ in range(_CONCURRENCY)))

    return lambda count: runner.run(repeat(count))


async def _sign_in(http: httpx2.AsyncClient, url: str) -> None:
    """Sign in as a new browser."""
    http.cookies.clear()
    begun = await http.get(f"{url}/signin")
    browser = begun.headers["set-cookie"].partition(";")[0]
    page = await http.get(begun.headers["location"])
    # The public URL has no port, because the gateway was given a free one.
    callback = page.headers["location"].removeprefix("http://127.0.0.1")
    back = await http.get(f"{url}{callback}", headers={"cookie": browser})
    if back.headers["location"] != "/me" or "__Host-gongpai_session=" not in back.headers["set-cookie"]:
        raise RuntimeError(back.text)


@contextmanager
def _sandbox() -> Iterator[tuple[int, str, str]]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve_sandbox, args=(theirs,), daemon=True)
    process.start()
    try:
        url, secret = ours.recv()
        yield int(process.pid or 0), url, secret
    finally:
        process.kill()
        process.join()


def _serve_sandbox(pipe: Connection) -> None:
    with Sandbox.start() as sandbox:
        app = sandbox.root.update_app(_AGENTID, oauth_domain="127.0.0.1", callback_domain="127.0.0.1")
        sandbox.root.hold_phone("lisi")
        pipe.send((sandbox.url, app.secret))
        pipe.poll(None)


@contextmanager
def _gateway(folder: Path, sandbox_url: str, secret: str) -> Iterator[tuple[int, str]]:
    config = folder / "gongpai.toml"
    config.write_text(f"""
public_url = "http://127.0.0.1"
storage = "sqlite://{folder}/gongpai.db"
secret_key = "{base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")}"
sandbox = true
listen = "127.0.0.1:0"
metrics_listen = "off"
starts_per_minute = 0
hosts.all = "{sandbox_url}"
[apps.main]
name = "Portal"
corpid = "wwgongpaidemo"
agentid = {_AGENTID}
corpsecret = "{secret}"
""")
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "gongpai.cli", "serve", "--config", str(config)],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        try:
            line = process.stdout.readline() if process.stdout else ""
            port = re.search(r"listens on 127\.0\.0\.1:(\d+)", line)
            if port is None:
                raise RuntimeError((folder / "log").read_text())
            url = f"http://127.0.0.1:{port[1]}"
            while httpx2.get(f"{url}/readyz", timeout=60).status_code != httpx2.codes.OK:
                time.sleep(0.1)
            yield _only_child_of(process.pid), url
        finally:
            process.terminate()
            process.wait()


def _only_child_of(pid: int) -> int:
    (child,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(child)
