"""The docs' promise: a foreign app tested with the fixture in fifteen lines."""

import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_a_foreign_app_is_tested_with_the_fixture_in_fifteen_lines() -> None:
    example = EXAMPLES / "test_foreign_app.py"
    lines = [line for line in example.read_text(encoding="utf-8").splitlines() if line.strip()]
    assert len(lines) <= 15
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--rootdir={EXAMPLES}", str(example)]
    done = subprocess.run(command, cwd=EXAMPLES, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout
