"""Every command ends with the status that the documentation says, whatever went wrong in it."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gongpai.cli.program import program
from gongpai.cli.statuses import Status
from settings_of_tests import RIGHT

_ROOT = Path(__file__).parents[2]


@pytest.fixture
def storage(tmp_path: Path) -> str:
    return f"sqlite://{tmp_path}/gongpai.db"


def status_of(storage: str, *arguments: str, **changes: str) -> int:
    environ = {**RIGHT, "GONGPAI_STORAGE": storage, "GONGPAI_METRICS_LISTEN": "127.0.0.1:0", "LANG": "C", **changes}
    if "serve" in arguments:
        # In a process of its own: it sends all logs of its process to a standard error that is closed afterwards.
        command = [sys.executable, "-m", "gongpai.cli", *arguments]
        return subprocess.run(command, env={**os.environ, **environ}, capture_output=True, check=False).returncode
    ended = CliRunner().invoke(program, arguments, env=environ)
    assert ended.exception is None or isinstance(ended.exception, SystemExit)
    return ended.exit_code


@pytest.mark.parametrize(
    "call",
    [
        "errcode 1",
        "parties show wiki",
        "parties disable wiki",
        "parties rotate-secret wiki",
        "parties remove wiki",
        "parties preview wiki --userid lisi",
        "keys revoke 00000000",
        "migrate --check",
    ],
)
def test_1_says_that_the_answer_is_no(storage: str, call: str) -> None:
    if call != "migrate --check":
        assert status_of(storage, "migrate") == 0
    assert status_of(storage, *call.split()) == Status.NO


@pytest.mark.parametrize(
    "call",
    [
        "nonsense",
        "errcode x",
        "sandbox --world nothing.toml",
        "sandbox --host 192.0.2.1",
        "parties add wiki --set nonsense --redirect-uri https://wiki.example.com/cb",
        "parties add wiki --set scopes=all --redirect-uri https://wiki.example.com/cb",
        "parties preview wiki",
        "parties preview wiki --userid lisi --app other",
        "parties recipe nonsense",
        "parties recipe grafana --url nonsense",
        "keys rotate gate --signing",
        "backup existing.db",
        "migrate copy existing.db",
    ],
)
def test_2_says_that_the_call_is_wrong(
    storage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "existing.db").touch()
    status_of(storage, "migrate")
    assert status_of(storage, *call.split()) == Status.WRONG_CALL


_NEEDS_STORAGE = [
    "serve",
    "audit verify",
    "backup copy.db",
    "keys list",
    "keys rotate",
    "parties list",
    "parties show wiki",
    "parties recipe grafana --url https://grafana.example.com",
    "parties preview wiki --userid lisi",
]


@pytest.mark.parametrize("call", [*_NEEDS_STORAGE, "migrate", "config check"])
def test_2_says_that_the_configuration_is_wrong(storage: str, call: str) -> None:
    assert status_of(storage, *call.split(), GONGPAI_PUBLIC_URL="nonsense") == Status.WRONG_CALL


@pytest.mark.parametrize("call", [*_NEEDS_STORAGE, "migrate"])
def test_3_says_that_what_the_configuration_names_does_not_serve(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.db").write_bytes(b"this is no database" * 100)
    assert status_of(f"sqlite://{tmp_path}/broken.db", *call.split()) == Status.NOT_SERVED


def test_3_says_that_nobody_can_be_heard_at_the_address(storage: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert status_of(storage, "serve", GONGPAI_LISTEN=f"127.0.0.1:{port}") == Status.NOT_SERVED
        assert status_of(storage, "sandbox", "--port", str(port)) == Status.NOT_SERVED


def test_no_command_ends_with_a_number_of_its_own() -> None:
    sources = [file.read_text(encoding="utf-8") for file in (_ROOT / "src/gongpai/cli").rglob("*.py")]
    assert re.findall(r"Exit\([^)a-zS]", "\n".join(sources)) == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_documentation_knows_every_status(language: str) -> None:
    page = (_ROOT / "docs" / language / "operate.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| (\d) \|", page, re.MULTILINE) == [str(each) for each in (0, *map(int, Status))]
