"""`gongpai sandbox`: it says where it is and that it is not WeCom, and ends with Ctrl-C."""

import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from typer.testing import CliRunner

from gongpai.cli.program import program
from gongpai.cli.sandbox import _https_port


@contextmanager
def _running(*options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run the command and give what it says up to the rule that ends its banner."""
    command = [sys.executable, "-m", "gongpai.cli", "sandbox", "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        try:
            assert process.stdout is not None
            said = process.stdout.readline()
            for line in process.stdout:
                said += line
                if line.startswith("====="):
                    break
            yield process, said
        finally:
            process.kill()


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_it_runs_until_it_is_ended(end: signal.Signals) -> None:
    with _running("--world", "base") as (process, said):
        assert "PRETEND WeCom" in said
        home = re.search(r"Open this first: (\S+)", said)
        token = re.search(r"Control token: +(\S+)", said)
        assert home is not None
        assert token is not None
        with httpx2.Client(follow_redirects=True) as browser:
            assert browser.get(home[1]).status_code == 200
            control = f"{str(httpx2.URL(home[1]).copy_with(query=None)).rstrip('/')}/_sandbox/world"
            world = browser.get(control, headers={"Authorization": f"Bearer {token[1]}"}).json()
        assert world["corps"][0]["corpid"] == "wxCorpId"
        process.send_signal(end)
        rest = process.communicate(timeout=90)[0]
    assert "nothing is kept" in rest
    assert process.returncode == 0


def test_it_speaks_chinese_where_the_operator_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GONGPAI_LANG", "zh")
    with _running("--tls", "--tls-port", "0", "--host", "127.0.0.1", "--expose", "sso.test") as (process, said):
        assert "请勿向它发送真实的密钥" in said
        assert "已对外开放" in said
        assert "先打开这里：  http://127.0.0.1:" in said
        assert process.stdout is not None
        assert "下面每条命令只让一个进程信任它" in "".join(process.stdout.readline() for _ in range(3))
        process.send_signal(signal.SIGINT)
        assert "沙箱已结束" in process.communicate(timeout=90)[0]


def test_tls_prints_how_to_reach_it() -> None:
    with _running("--tls", "--tls-port", "0") as (process, _):
        assert process.stdout is not None
        assert any("curl --cacert" in line for line in process.stdout)
        process.send_signal(signal.SIGINT)
        assert "nothing is kept" in process.communicate(timeout=90)[0]


def test_where_all_addresses_answer_the_recipes_name_the_exposed_one() -> None:
    options = ("--host", "0.0.0.0", "--expose", "192.0.2.7", "--tls", "--tls-port", "0")  # noqa: S104  what is tested
    with _running(*options) as (process, said):
        assert "EXPOSED" in said
        assert process.stdout is not None
        assert any("MAP qyapi.weixin.qq.com 192.0.2.7:" in line for line in process.stdout)


def test_every_fault_of_a_world_is_printed(tmp_path: Path) -> None:
    path = tmp_path / "w.toml"
    path.write_text('[[corps]]\ncorpid = 3\nnam = "x"\n', encoding="utf-8")
    done = CliRunner().invoke(program, ["sandbox", "--world", str(path)])
    assert done.exit_code == 2
    assert {"corps[0].name: missing", "corps[0].corpid: Expected `str`, got `int`"} <= set(done.output.splitlines())


def test_other_machines_need_a_name() -> None:
    done = CliRunner().invoke(program, ["sandbox", "--host", "192.0.2.1"])
    assert (done.exit_code, "not loopback" in done.output) == (2, True)


def test_a_taken_port_is_said_plainly() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = CliRunner().invoke(program, ["sandbox", "--port", str(port)])
    assert (done.exit_code, "Choose another --port" in done.output) == (3, True)


def test_the_schema_of_a_world_file_can_be_had() -> None:
    done = CliRunner().invoke(program, ["sandbox", "--schema"])
    assert "WorldFile" in json.loads(done.output)["$defs"]


def test_the_port_of_https_is_taken_only_if_it_may_be() -> None:
    assert _https_port("127.0.0.1") in (443, 8443)
    assert _https_port("192.0.2.1") == 8443
