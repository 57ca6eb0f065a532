"""A file of secrets that may not be read: at the start it is named, and what runs goes on without it."""

import os
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from gongpai.sandbox import Corner
from programs import heeding_permissions
from served import Served, served, until, write_config

CALLBACK = "https://grafana.example.com/cb"
SECRET = "the secret of a party of this test only"
PARTY = '[parties.{}]\nredirect_uris = ["{}"]\nclient_secret_file = "{}"\n'
WORDS = {
    "zh": ("读不了这个文件", "检查路径和权限"),
    "en": ("this file cannot be read", "check its path and its permissions"),
}


class Files:
    """A configuration whose secrets all stand in files of their own."""

    def __init__(self, folder: Path, corner: Corner) -> None:
        self.config = write_config(folder, corner)
        lines = self.config.read_text().splitlines()
        kept = [line for line in lines if not line.startswith(("secret_key", "apps.main.corpsecret"))]
        values = dict(line.split(" = ") for line in lines if line not in kept)
        self.files = {"gongpai.toml": self.config}
        for key, value in [*values.items(), ("parties.grafana.client_secret", f'"{SECRET}"')]:
            self.files[f"{key}_file"] = file = folder / key
            file.write_text(value.strip('"'))
            kept += [] if key.startswith("parties") else [f'{key}_file = "{file}"']
        party = PARTY.format("grafana", CALLBACK, self.files["parties.grafana.client_secret_file"])
        self.config.write_text("\n".join(kept) + "\n" + party)

    def run(self, *command: str, lang: str) -> subprocess.CompletedProcess[str]:
        """Run a command of gongpai's to its end."""
        words = [sys.executable, "-m", "gongpai.cli", *command, "--config", str(self.config)]
        environ = {**os.environ, "GONGPAI_LANG": lang, "PYTHONUTF8": "1"}
        return subprocess.run(
            [*heeding_permissions(), *words],
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
            env=environ,
        )


@pytest.fixture
def files(wecom_sandbox: Corner, tmp_path: Path) -> Files:
    return Files(tmp_path, wecom_sandbox)


@pytest.mark.parametrize(
    "key", ["gongpai.toml", "secret_key_file", "apps.main.corpsecret_file", "parties.grafana.client_secret_file"]
)
@pytest.mark.parametrize(("command", "lang"), [(("serve",), "zh"), (("config", "check"), "en")])
def test_a_file_that_may_not_be_read_is_named_at_the_start(
    files: Files, key: str, command: tuple[str, ...], lang: str
) -> None:
    files.files[key].chmod(0)
    ended = files.run(*command, lang=lang)
    assert (ended.returncode, ended.stdout) == (2, "")
    fault, remedy = ended.stderr.splitlines()
    assert key in fault
    assert str(files.files[key]) in fault
    said, advised = WORDS[lang]
    assert said in fault
    assert advised in remedy


def test_a_database_that_may_not_be_read_is_not_copied(files: Files, tmp_path: Path) -> None:
    database = tmp_path / "old.db"
    database.touch(0)
    ended = files.run("migrate", "copy", str(database), lang="zh")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert f"没有权限读取文件 '{database}'。" in ended.stderr


def behind(gateway: Served, why: str) -> bool:
    """Whether the metrics say that a worker runs with something else than what lies on disk."""
    return f'gongpai_config_behind{{why="{why}"}} 1.0' in httpx2.get(gateway.metrics_url, timeout=120).text


def error_for(gateway: Served, client_id: str) -> str:
    """Return what the token endpoint says to a party that brings a code of its own invention."""
    body = {"grant_type": "authorization_code", "code": "invented", "redirect_uri": CALLBACK}
    answer = httpx2.post(f"{gateway.url}/token", data=body, auth=(client_id, SECRET), timeout=120)
    return str(answer.json()["error"])


@pytest.mark.parametrize("key", ["secret_key_file", "apps.main.corpsecret_file", "parties.grafana.client_secret_file"])
def test_a_gateway_goes_on_when_a_file_may_be_read_no_more_and_follows_it_when_it_may_again(
    files: Files, key: str
) -> None:
    with served(files.config) as gateway:
        until(lambda: 'gongpai_config_behind{why="restart"} 0.0' in httpx2.get(gateway.metrics_url, timeout=120).text)
        files.files[key].chmod(0)
        until(lambda: behind(gateway, "fault"))
        assert str(files.files[key]) in gateway.log.read_text()
        assert gateway.is_ready()
        assert error_for(gateway, "grafana") == "invalid_grant"
        # Nothing else of the file is taken over until it can be read whole, and then all of it, with no more than that.
        with files.config.open("a") as file:
            file.write(PARTY.format("gitea", CALLBACK, files.files["parties.grafana.client_secret_file"]))
        assert error_for(gateway, "gitea") == "invalid_client"
        files.files[key].chmod(0o600)
        until(lambda: error_for(gateway, "gitea") == "invalid_grant")
        until(lambda: not behind(gateway, "fault"))
        assert not behind(gateway, "restart")
        assert SECRET not in gateway.log.read_text()
