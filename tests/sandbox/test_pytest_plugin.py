"""The fixture costs nothing until it is used, gives each test its own corner, and says what is missing."""

import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from gongpai.sandbox import Corner

SEEN: list[str] = []


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_has_a_corner_of_its_own(wecom_sandbox: Corner, turn: int) -> None:
    assert wecom_sandbox.id not in SEEN
    assert wecom_sandbox.journal() == []
    SEEN.append(wecom_sandbox.id)
    assert httpx2.get(f"{wecom_sandbox.url}/cgi-bin/gettoken").json()["errcode"] == 41004
    assert len(wecom_sandbox.journal()) == 1
    assert len(SEEN) == turn


def _run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=270, check=False
    )


def test_the_plug_in_imports_nothing_until_it_is_used() -> None:
    done = _run(
        "import sys, pytest; before = set(sys.modules); import gongpai.sandbox.pytest_plugin;"
        "print(sorted(set(sys.modules) - before))"
    )
    assert done.stdout.strip() == "['gongpai', 'gongpai.sandbox', 'gongpai.sandbox.pytest_plugin']", done.stderr


def test_without_the_extra_other_tests_pass_and_the_fixture_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "test_two.py").write_text(
        "def test_plain(): pass\ndef test_fixture(wecom_sandbox): pass\n", encoding="utf-8"
    )
    bare = "import sys; sys.modules['msgspec'] = None; import pytest; sys.exit(pytest.main(sys.argv[1:]))"
    done = _run(bare, str(tmp_path), "-p", "no:cacheprovider", f"--rootdir={tmp_path}")
    assert "1 passed, 1 error" in done.stdout, done.stdout
    assert "pip install 'gongpai[sandbox]'" in done.stdout
    assert "Traceback" not in done.stdout


def test_only_names_that_are_there_are_given() -> None:
    import gongpai.sandbox  # noqa: PLC0415  the lazy door is what is tested

    assert gongpai.sandbox.Corner is Corner
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = gongpai.sandbox.Nothing
