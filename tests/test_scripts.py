"""The scripts that `make` leans on."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from coverage import Coverage

ROOT = Path(__file__).resolve().parent.parent
SHELL_PROGRAMS = ["bash", "env", "grep", "cat"]


@pytest.fixture(scope="module")
def coverage_gate() -> ModuleType:
    specification = importlib.util.spec_from_file_location("coverage_gate", ROOT / "scripts" / "coverage_gate.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules["coverage_gate"] = module
    specification.loader.exec_module(module)
    return module


@pytest.fixture
def bare_path(tmp_path: Path) -> Path:
    """Return a folder for PATH that holds a shell and nothing that the tests need."""
    for name in SHELL_PROGRAMS:
        program = shutil.which(name)
        assert program is not None
        (tmp_path / name).symlink_to(program)
    return tmp_path


def system_packages(path: Path | str, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run scripts/system-packages with that PATH."""
    command = [str(ROOT / "scripts" / "system-packages"), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": str(path), **environment})


def test_missing_programs_are_named_with_the_command_to_type_when_installing_is_forbidden(bare_path: Path) -> None:
    done = system_packages(bare_path, NO_SYSTEM_INSTALL="1")
    assert done.returncode == 1
    assert "sudo apt-get update && sudo apt-get install --no-install-recommends chromium redis-server" in done.stderr


def test_measurements_need_programs_of_their_own(bare_path: Path) -> None:
    done = system_packages(bare_path, "measurements", NO_SYSTEM_INSTALL="1")
    assert done.returncode == 1
    assert "nginx-light" in done.stderr
    assert "chromium" not in done.stderr


def test_another_kind_of_system_is_told_the_names_too(bare_path: Path) -> None:
    done = system_packages(bare_path)
    assert done.returncode == 1
    assert "this is not Debian" in done.stderr


def test_nothing_is_said_where_all_is_there() -> None:
    done = system_packages(os.environ["PATH"], NO_SYSTEM_INSTALL="1")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def covered(folder: Path, *, called: str) -> tuple[Coverage, Path]:
    """Return the coverage of a small module of which one function was called."""
    source = folder / "room.py"
    source.write_text("def whole():\n    return 1\n\n\ndef half(x):\n    if x:\n        return 1\n    return 2\n")
    coverage = Coverage(data_file=None, branch=True, include=[str(source)], config_file=False)
    specification = importlib.util.spec_from_file_location("room", source)
    assert specification is not None
    assert specification.loader is not None
    room = importlib.util.module_from_spec(specification)
    with coverage.collect():
        specification.loader.exec_module(room)
        exec(called, vars(room))  # noqa: S102  the line under test is chosen by the test
    return coverage, source


@pytest.mark.parametrize(("called", "faults"), [("whole(), half(0), half(1)", 0), ("whole(), half(1)", 2)])
def test_a_pure_room_with_an_untried_branch_is_refused(
    coverage_gate: ModuleType, tmp_path: Path, called: str, faults: int
) -> None:
    coverage, source = covered(tmp_path, called=called)
    assert len(coverage_gate.judge(coverage, [source]).faults) == faults


def test_the_pure_rooms_are_files_that_exist(coverage_gate: ModuleType) -> None:
    files = coverage_gate.pure_files(ROOT / "pyproject.toml")
    assert ROOT / "src/gongpai/wecom/models.py" in files
    assert [file for file in files if not file.is_file()] == []
