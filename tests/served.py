"""A gateway as its operator runs it: `gongpai serve` in processes of its own."""

import base64
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from gateways import PORTAL
from gongpai.sandbox import Corner
from programs import dies_with_us, heeding_permissions

PUBLIC_URL = "http://127.0.0.1"


@dataclass(frozen=True)
class Served:
    """A running gateway; its public URL has no port, because it took a free one."""

    process: subprocess.Popen[str]
    url: str
    metrics_url: str
    log: Path
    gate: str = ""
    """Where proxies ask, if forward-auth is on."""

    def workers(self) -> list[int]:
        """Return the process ids of its workers."""
        pid = self.process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def is_ready(self) -> bool:
        """Ask whoever accepts; a worker that hears no news for a moment, on a busy machine, says no for that moment."""
        return httpx2.get(f"{self.url}/readyz", timeout=120).status_code == httpx2.codes.OK

    def local(self, url: str) -> str:
        """Return where a URL under our public one is reached."""
        return f"{self.url}{url.removeprefix(PUBLIC_URL)}"


def write_config(folder: Path, corner: Corner, **settings: object) -> Path:
    """Write a configuration with SQLite in *folder* and the sandbox's *corner* for WeCom."""
    app = corner.update_app(PORTAL, oauth_domain="127.0.0.1", callback_domain="127.0.0.1")
    secret_key = base64.urlsafe_b64encode(b"a key of this test only, 32 byte").decode().rstrip("=")
    lines = {
        "public_url": PUBLIC_URL,
        "storage": f"sqlite://{folder}/gongpai.db",
        "secret_key": secret_key,
        "sandbox": True,
        "listen": "127.0.0.1:0",
        "metrics_listen": "127.0.0.1:0",
        "starts_per_minute": 0,
        "hosts.all": corner.url,
        "apps.main.name": "Portal",
        "apps.main.corpid": "wwgongpaidemo",
        "apps.main.agentid": PORTAL,
        "apps.main.corpsecret": app.secret,
        **settings,
    }
    config = folder / "gongpai.toml"
    config.write_text("".join(f"{key} = {_toml(value)}\n" for key, value in lines.items()))
    config.chmod(0o600)
    return config


@contextmanager
def served(config: Path, workers: int = 1, name: str = "gateway") -> Iterator[Served]:
    """Run `gongpai serve` until the block ends."""
    with launched(config, workers, name) as await_ready:
        yield await_ready()


@contextmanager
def launched(
    config: Path, workers: int = 1, name: str = "gateway", environment: Mapping[str, str] | None = None
) -> Iterator[Callable[[], Served]]:
    """Run `gongpai serve` with more *environment* until the block ends; yield what waits for it to be ready."""
    log = config.parent / f"{name}.log"
    command = [sys.executable, "-m", "gongpai.cli", "serve", "--config", str(config), "--workers", str(workers)]
    command = [*heeding_permissions(), *command]
    with log.open("w") as errors:
        around = {**os.environ, **(environment or {})}
        process = subprocess.Popen(dies_with_us(command), stdout=subprocess.PIPE, stderr=errors, text=True, env=around)

    def await_ready() -> Served:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"listens on (\S+), metrics on ([^\s,]+)(?:, gate on (\S+))?", line)
        assert found is not None, log.read_text()
        gateway = Served(process, f"http://{found[1]}", f"http://{found[2]}/metrics", log, found[3] or "")
        until(gateway.is_ready)
        return gateway

    try:
        yield await_ready
    finally:
        process.terminate()
        process.wait(60)
        if process.stdout is not None:
            process.stdout.close()


def until(condition: Callable[[], bool]) -> None:
    """Return once *condition* holds of other processes."""
    deadline = time.monotonic() + 90
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


async def sign_in(http: httpx2.AsyncClient, gateway: Served) -> httpx2.Response:
    """Sign in silently as a new browser in WeCom; return the gateway's answer to the callback."""
    begun = await http.get(f"{gateway.url}/signin")
    assert begun.status_code == 303, begun.text
    browser = begun.headers["set-cookie"].partition(";")[0]
    page = await http.get(begun.headers["location"])
    assert page.status_code == 302, page.text
    return await http.get(gateway.local(page.headers["location"]), headers={"cookie": browser})


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return str(value) if isinstance(value, int) else f'"{value}"'
