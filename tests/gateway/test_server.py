"""The supervisor and its workers, as an operator meets them."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from gateways import PORTAL, WECOM_UA
from gongpai.sandbox import Corner
from programs import dies_with_us
from served import Served, served, sign_in, until, write_config


@pytest.fixture
def gateway(wecom_sandbox: Corner, tmp_path: Path) -> Iterator[Served]:
    wecom_sandbox.hold_phone("lisi")
    with served(write_config(tmp_path, wecom_sandbox), workers=2) as gateway:
        yield gateway


def _await_event(gateway: Served, name: str, **facts: object) -> dict[str, object]:
    """Wait for a line of the log: a visitor may have the answer before it is written."""
    found: list[dict[str, object]] = []

    def is_there() -> bool:
        lines = (json.loads(line) for line in gateway.log.read_text().splitlines(keepends=True) if line.endswith("\n"))
        found.extend(line for line in lines if line["event"] == name and facts.items() <= line.items())
        return bool(found)

    until(is_there)
    return found[0]


async def test_metrics_add_up_over_all_workers_and_stay_off_the_public_listener(gateway: Served) -> None:
    async with httpx2.AsyncClient(headers={"user-agent": WECOM_UA}, trust_env=False, timeout=120) as http:
        for _ in range(12):
            # A connection of its own, so that either worker may take it.
            answer = await sign_in(http, gateway)
            assert answer.headers["location"] == "/me"
            await http.get(f"{gateway.url}/healthz", headers={"connection": "close"})
        assert (await http.get(f"{gateway.url}/metrics")).status_code == 404
    # A visitor may have the answer before the request is counted.
    counted = 'gongpai_requests_total{method="GET",route="/signin/callback/{app}",status="303"} 12.0'
    until(lambda: counted in httpx2.get(gateway.metrics_url, timeout=120).text)
    metrics = httpx2.get(gateway.metrics_url, timeout=120).text
    assert 'gongpai_signins_total{app="main",outcome="signed_in"} 12.0' in metrics
    assert 'gongpai_signins_begun_total{app="main",purpose="sign_in",way="in_app"} 12.0' in metrics
    assert "gongpai_workers_replaced_total 0.0" in metrics


async def test_every_line_of_the_log_is_json_with_a_request_id_and_no_query(gateway: Served) -> None:
    async with httpx2.AsyncClient(headers={"user-agent": WECOM_UA}, trust_env=False, timeout=120) as http:
        answer = await sign_in(http, gateway)
    line = _await_event(gateway, "request", path="/signin/callback/main")
    assert line["request_id"] == answer.headers["x-request-id"]
    assert line["status"] == 303
    audited = _await_event(gateway, "sign_in.succeeded")
    assert audited["request_id"] == answer.headers["x-request-id"]
    query = urlsplit(str(answer.request.url)).query
    written = gateway.log.read_text()
    for pair in query.split("&"):
        assert pair.partition("=")[2] not in written
    assert answer.headers["set-cookie"].partition("=")[2].partition(";")[0] not in written


def test_a_worker_that_dies_is_replaced(gateway: Served) -> None:
    doomed, other = gateway.workers()
    os.kill(doomed, signal.SIGKILL)
    until(lambda: len(gateway.workers()) == 2 and doomed not in gateway.workers())
    assert other in gateway.workers()
    until(gateway.is_ready)
    assert "gongpai_workers_replaced_total 1.0" in httpx2.get(gateway.metrics_url, timeout=120).text


def test_a_worker_that_dies_while_the_configuration_is_faulty_is_back_once_it_is_mended(
    wecom_sandbox: Corner, tmp_path: Path
) -> None:
    config = write_config(tmp_path, wecom_sandbox)
    sound = config.read_text()
    with served(config, workers=2, name="faulty") as gateway:
        doomed, other = gateway.workers()
        config.write_text(f"{sound}starts_per_minute = nonsense\n")
        os.kill(doomed, signal.SIGKILL)
        assert "gongpai.toml" in str(_await_event(gateway, "cannot_start")["faults"])
        assert other in gateway.workers()
        until(gateway.is_ready)
        config.write_text(sound)
        os.kill(other, signal.SIGKILL)
        until(lambda: len(gateway.workers()) == 2 and other not in gateway.workers())
        until(gateway.is_ready)
        assert "Traceback" not in gateway.log.read_text()


def test_a_configuration_that_waits_for_a_restart_is_seen_until_the_last_worker_runs_with_it(
    wecom_sandbox: Corner, tmp_path: Path
) -> None:
    config = write_config(tmp_path, wecom_sandbox)
    with served(config, workers=2, name="behind") as gateway:

        def is_told(due: float) -> bool:
            text = httpx2.get(gateway.metrics_url, timeout=120).text
            return f'gongpai_config_behind{{why="restart"}} {due}' in text

        until(lambda: is_told(0.0))
        with config.open("a") as file:
            file.write('[tokens]\naccess = "5m"\n')
        until(lambda: is_told(1.0))
        doomed, other = gateway.workers()
        os.kill(doomed, signal.SIGKILL)
        until(lambda: len(gateway.workers()) == 2 and doomed not in gateway.workers())
        until(gateway.is_ready)
        assert is_told(1.0)
        os.kill(other, signal.SIGKILL)
        until(lambda: is_told(0.0))


def test_sigterm_lets_requests_finish_and_ends_all(gateway: Served, wecom_sandbox: Corner) -> None:
    workers = gateway.workers()
    wecom_sandbox.plan_fault("auth/getuserinfo", delay_seconds=1.0, times=1)
    with httpx2.Client(headers={"user-agent": WECOM_UA}, trust_env=False, timeout=120) as http:
        begun = http.get(f"{gateway.url}/signin")
        browser = begun.headers["set-cookie"].partition(";")[0]
        callback = gateway.local(http.get(begun.headers["location"]).headers["location"])
        address = urlsplit(gateway.url)
        with socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=120) as slow:
            target = callback.removeprefix(gateway.url)
            slow.sendall(f"GET {target} HTTP/1.1\r\nHost: sso\r\nCookie: {browser}\r\n\r\n".encode())
            until(lambda: not wecom_sandbox.faults())
            gateway.process.send_signal(signal.SIGTERM)
            assert b" 303 " in slow.recv(4096)
    assert gateway.process.wait(90) == 0
    assert not any(_is_running(pid) for pid in workers)


def test_workers_do_not_outlive_a_supervisor_that_is_killed(gateway: Served) -> None:
    workers = gateway.workers()
    gateway.process.kill()
    gateway.process.wait()
    until(lambda: not any(_is_running(pid) for pid in workers))


def _is_running(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize("head", [b"GET /" + b"a" * 70_000, b"GET / HTTP/1.1\r\nX-Long: " + b"a" * 70_000])
def test_a_head_without_end_is_refused(gateway: Served, head: bytes) -> None:
    address = urlsplit(gateway.url)
    with socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=120) as connection:
        connection.sendall(head)
        assert connection.recv(4096).startswith(b"HTTP/1.1 431 ")


def _serve(config: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gongpai.cli", "serve", "--config", str(config)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_every_fault_of_the_configuration_is_named_at_once(wecom_sandbox: Corner, tmp_path: Path) -> None:
    config = write_config(tmp_path, wecom_sandbox, public_url="not a url", starts_per_minute=-1)
    ended = _serve(config)
    assert ended.returncode == 2
    assert "public_url" in ended.stderr
    assert "starts_per_minute" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_environment_alone_is_enough(wecom_sandbox: Corner, tmp_path: Path) -> None:
    lines = (line.split(" = ", 1) for line in write_config(tmp_path, wecom_sandbox).read_text().splitlines())
    environ = {f"GONGPAI_{key.upper().replace('.', '__')}": value.strip('"') for key, value in lines}
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    process = subprocess.Popen(
        dies_with_us([sys.executable, "-m", "gongpai.cli", "serve"]),
        cwd=elsewhere,
        env=os.environ | environ,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process, process.stdout or pytest.fail("there is a pipe") as said:
        url = said.readline().split()[3].rstrip(",")
        until(lambda: httpx2.get(f"http://{url}/readyz", timeout=120).is_success)
        process.terminate()
        assert process.wait(90) == 0


async def test_a_log_at_debug_holds_no_secret(wecom_sandbox: Corner, tmp_path: Path) -> None:
    wecom_sandbox.hold_phone("lisi")
    config = write_config(tmp_path, wecom_sandbox, log_level="debug")
    with served(config) as gateway:
        async with httpx2.AsyncClient(headers={"user-agent": WECOM_UA}, trust_env=False, timeout=120) as http:
            answer = await sign_in(http, gateway)
    secrets = {pair.partition("=")[2] for pair in urlsplit(str(answer.request.url)).query.split("&")}
    secrets |= {value.partition(";")[0].partition("=")[2] for value in answer.headers.get_list("set-cookie")}
    secrets |= {answer.request.headers["cookie"].partition("=")[2], wecom_sandbox.app(PORTAL).secret}
    secrets |= {
        line.partition('"')[2].rstrip('"\n')
        for line in config.read_text().splitlines()
        if line.startswith("secret_key")
    }
    assert len(secrets) >= 6
    written = gateway.log.read_text()
    for secret in secrets:
        assert secret
        assert secret not in written


def test_it_says_in_the_operators_language_where_it_listens(wecom_sandbox: Corner, tmp_path: Path) -> None:
    environ = {**os.environ, "GONGPAI_LANG": "zh", "PYTHONUTF8": "1"}
    command = [sys.executable, "-m", "gongpai.cli", "serve", "--config", str(write_config(tmp_path, wecom_sandbox))]
    with subprocess.Popen(
        dies_with_us(command), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8", env=environ
    ) as process:
        assert process.stdout is not None
        said = process.stdout.readline() + process.stdout.readline()
        process.terminate()
    assert said.startswith("gongpai 监听 127.0.0.1:")
    assert "请打开 http://127.0.0.1" in said
