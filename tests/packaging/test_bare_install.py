"""The built wheel alone, with the few parts it declares: what `pip install gongpai` gives.

Nothing is fetched: the declared parts are copied from this environment, where they were installed by hash.
"""

import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from dataclasses import dataclass
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
EXTRAS_ONLY = ["typer", "starlette", "uvicorn", "jinja2", "msgspec", "cryptography", "sqlalchemy", "valkey", "segno"]


@dataclass(frozen=True, slots=True)
class BareInstall:
    """A fresh environment that holds the wheel and what it declares."""

    folder: Path
    parts: frozenset[str]

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment, away from the sources."""
        program = str(self.folder / "bin" / command[0])
        return subprocess.run([program, *command[1:]], capture_output=True, text=True, check=False, cwd=self.folder)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def bare(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> BareInstall:
    folder = tmp_path_factory.mktemp("bare")
    venv.create(folder, symlinks=True)
    python = str(folder / "bin" / "python")
    command = [sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-index", "--no-deps", str(wheel)]
    subprocess.run(command, check=True, capture_output=True)
    site = site_packages(folder)
    (installed,) = Distribution.discover(name="gongpai", path=[str(site)])
    return BareInstall(folder, frozenset(copy_parts(installed, site)))


def site_packages(folder: Path) -> Path:
    """Return where the environment at *folder* keeps its packages."""
    return Path(sysconfig.get_path("purelib", "venv", vars={"base": str(folder)}))


def copy_parts(wanting: Distribution, site: Path) -> set[str]:
    """Copy what *wanting* requires without any extra, and what that requires, to *site*; return their names."""
    copied: set[str] = set()
    waiting = [wanting]
    while waiting:
        for line in waiting.pop().requires or []:
            requirement = Requirement(line)
            name = canonicalize_name(requirement.name)
            if name in copied or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
                continue
            part = distribution(name)
            copy(part, site)
            copied.add(name)
            waiting.append(part)
    return copied


def copy(part: Distribution, site: Path) -> None:
    """Copy the installed *part* to *site*, without its scripts."""
    for file in part.files or []:
        if ".." not in file.parts and "__pycache__" not in file.parts:
            (site / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(str(part.locate_file(file)), site / file)


def test_the_bare_install_is_the_library_and_a_few_parts(bare: BareInstall) -> None:
    assert "httpx2" in bare.parts
    assert bare.parts.isdisjoint(EXTRAS_ONLY)
    assert len(bare.parts) <= 8


def test_the_library_is_there(bare: BareInstall) -> None:
    program = "import sys, gongpai.wecom as wecom; wecom.WeComClient, wecom.AsyncWeComClient; print(*sys.modules)"
    done = bare.run("python", "-W", "error", "-c", program)
    assert done.returncode == 0, done.stderr
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert loaded.isdisjoint(EXTRAS_ONLY)
    assert not {"gongpai.gateway", "gongpai.sandbox", "gongpai.cli"} & set(done.stdout.split())


@pytest.mark.parametrize("extra", EXTRAS_ONLY)
def test_what_only_an_extra_brings_is_not_there(bare: BareInstall, extra: str) -> None:
    assert bare.run("python", "-c", f"import {extra}").returncode != 0


@pytest.mark.parametrize(
    ("command", "extra"),
    [("serve", "gateway"), ("sandbox", "sandbox"), ("demo", "all"), ("errcode", "cli"), ("--help", "cli")],
)
def test_a_command_says_which_extra_it_needs(bare: BareInstall, command: str, extra: str) -> None:
    done = bare.run("gongpai", command)
    assert done.returncode == 1
    assert f"pip install 'gongpai[{extra}]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_pytest_plugin_is_harmless_without_the_sandbox(bare: BareInstall, tmp_path: Path) -> None:
    pytest_itself, site = distribution("pytest"), site_packages(bare.folder)
    copy(pytest_itself, site)
    copy_parts(pytest_itself, site)
    test = tmp_path / "test_foreign.py"
    test.write_text("def test_alone(): pass\n\n\ndef test_wants_it(wecom_sandbox): pass\n", encoding="utf-8")
    done = bare.run("python", "-W", "error", "-m", "pytest", "-q", "-p", "no:cacheprovider", str(test))
    assert "1 passed, 1 error" in done.stdout
    assert "pip install 'gongpai[sandbox]'" in done.stdout


def test_the_wheel_holds_the_data_and_no_tests(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {"gongpai/py.typed", "gongpai/wecom/errcodes.json", "gongpai/gateway/messages/zh.toml"} <= set(names)
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not [name for name in names if name.startswith("tests") or "__pycache__" in name]
