"""Products in Python that tests run unmodified, each in an environment of its own, as requirements/ pins it."""

import fcntl
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_REQUIREMENTS = Path(__file__).parent.parent / "requirements"
# Inside our own environment, so that it is removed with it and no tool of ours looks into it.
_ENVIRONMENTS = Path(sys.prefix) / "environments"


def require_environment(name: str) -> Path:
    """Return the folder of programs of the environment *name*, made at the first call and whenever its pins change."""
    requirements = _REQUIREMENTS / f"{name}.txt"
    folder = _ENVIRONMENTS / name
    pins = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()
    # Written last: what was interrupted is begun anew.
    stamp = folder / "pins.sha256"
    with _alone(name):
        if not stamp.is_file() or stamp.read_text() != pins:
            shutil.rmtree(folder, ignore_errors=True)
            _run(sys.executable, "-m", "venv", "--without-pip", str(folder))
            pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), "install"]
            # The pins are complete; and what is never imported, which is most of it, need not be compiled.
            options = ["--disable-pip-version-check", "--quiet", "--require-hashes", "--no-deps", "--no-compile"]
            _run(*pip, *options, "-r", str(requirements))
            stamp.write_text(pins)
    return folder / "bin"


@contextmanager
def _alone(name: str) -> Iterator[None]:
    """Wait for the other test workers; the system lets go of a lock whose holder dies."""
    _ENVIRONMENTS.mkdir(exist_ok=True)
    with (_ENVIRONMENTS / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.fail(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}", pytrace=False)
