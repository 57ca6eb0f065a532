"""What the first pages promise is true: their examples run, their commands exist."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from gongpai.cli.program import program
from gongpai.wecom import WECOM
from programs import answers, dies_with_us, free_port, stop

if TYPE_CHECKING:
    from gongpai.sandbox import Corner

ROOT = Path(__file__).resolve().parent.parent
SANDBOX = "http://127.0.0.1:8100"
READMES = [ROOT / "README.md", ROOT / "README.zh.md"]
PAGES = [*READMES, ROOT / "docs/en/start.md", ROOT / "docs/zh/start.md"]


def blocks(page: Path, language: str) -> list[str]:
    """Return the fenced blocks of *language* in *page*."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("readme", READMES, ids=lambda page: page.name)
def test_the_ten_lines_of_library_reach_the_mobile_number(
    readme: Path, wecom_sandbox: "Corner", capsys: pytest.CaptureFixture[str]
) -> None:
    def visit(url: str, browser_secret: str) -> tuple[str, str]:
        state = re.findall(r"state=(\w+)", url)[0]
        code = wecom_sandbox.mint_code(
            agentid=1000002, userid="lisi", scope="snsapi_privateinfo", redirect_host="127.0.0.1:8000"
        )
        return urlencode({"code": code, "state": state}), browser_secret

    example = blocks(readme, "python")[0]
    assert len(example.strip().splitlines()) <= 11
    exec(example.replace(SANDBOX, wecom_sandbox.url), {"visit": visit})  # noqa: S102  it is the example
    assert re.fullmatch(r"lisi \+?\d{8,}\n", capsys.readouterr().out)


@pytest.mark.parametrize("readme", READMES, ids=lambda page: page.name)
def test_the_foreign_test_of_the_readme_passes(readme: Path, wecom_sandbox: "Corner") -> None:
    names: dict[str, Callable[[Corner], None]] = {}
    exec(blocks(readme, "python")[1], names)  # noqa: S102  it is the example
    names["test_a_colleague_signs_in"](wecom_sandbox)


def test_without_the_two_sandbox_settings_the_library_means_the_real_wecom() -> None:
    assert WECOM.api == "https://qyapi.weixin.qq.com"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: "/".join(page.parts[-2:]))
def test_every_command_that_the_pages_name_exists(page: Path) -> None:
    typed = "\n".join([*blocks(page, "sh"), *blocks(page, "console")])
    named = set(re.findall(r"^(?:\$ )?gongpai ([a-z]+)", typed, re.MULTILINE))
    named |= set(re.findall(r"`gongpai ([a-z]+)", page.read_text(encoding="utf-8")))
    known = {command.name for command in program.registered_commands} | {g.name for g in program.registered_groups}
    assert named
    assert named <= known


@pytest.mark.parametrize("page", PAGES, ids=lambda page: "/".join(page.parts[-2:]))
def test_the_gateway_of_the_five_minutes_runs(page: Path, wecom_sandbox: "Corner", tmp_path: Path) -> None:
    port, metrics_port = free_port(), free_port()
    settings = settings_of(page, tmp_path).replace(SANDBOX, wecom_sandbox.url)
    settings = settings.replace("127.0.0.1:8000", f"127.0.0.1:{port}")
    listeners = f'listen = "127.0.0.1:{port}"\nmetrics_listen = "127.0.0.1:{metrics_port}"\n'
    (tmp_path / "gongpai.toml").write_text(listeners + settings, encoding="utf-8")
    shell = next(block for block in blocks(page, "sh") if "serve" in block)
    *steps, serve = shell.strip().splitlines()
    for step in steps:
        run(step, tmp_path)
    with (tmp_path / "log").open("wb") as log:
        gateway = subprocess.Popen(dies_with_us(in_shell(serve)), cwd=tmp_path, stdout=log, stderr=log)
    try:
        assert answers(f"http://127.0.0.1:{port}/readyz", gateway), (tmp_path / "log").read_text()
    finally:
        stop(gateway)


@pytest.mark.parametrize("readme", READMES, ids=lambda page: page.name)
def test_the_recipes_of_the_readme_are_printed_with_the_readers_own_addresses(readme: Path, tmp_path: Path) -> None:
    (tmp_path / "gongpai.toml").write_text(settings_of(readme, tmp_path), encoding="utf-8")
    for step in ("gongpai keys new > secret.key", "gongpai migrate --config gongpai.toml"):
        run(step, tmp_path)
    shell = next(block for block in blocks(readme, "sh") if "recipe" in block)
    gitea, nginx = (run(step, tmp_path) for step in shell.strip().splitlines())
    assert "https://git.corp.example/user/oauth2/gongpai/callback" in gitea
    assert "http://127.0.0.1:8000/.well-known/openid-configuration" in gitea
    assert "server_name wiki.corp.example;" in nginx


def settings_of(page: Path, folder: Path) -> str:
    """Return the configuration that *page* shows, with its database in *folder*."""
    (settings,) = blocks(page, "toml")
    return settings.replace("sqlite:///tmp/", f"sqlite://{folder}/")


def run(line: str, folder: Path) -> str:
    """Run *line* in *folder*; return what it printed."""
    done = subprocess.run(in_shell(line), capture_output=True, text=True, check=False, cwd=folder)
    assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"
    return done.stdout


def in_shell(line: str) -> list[str]:
    """Return the command that runs *line* with this environment's programs on the PATH."""
    program_folder = Path(sys.executable).parent
    shell = shutil.which("bash")
    assert shell is not None
    return [shell, "-c", f'PATH="{program_folder}:$PATH"; exec {line}']
