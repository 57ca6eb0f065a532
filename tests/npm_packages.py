"""Packages from npm that tests run unmodified, as tests/npm pins them."""

from pathlib import Path

import pytest

NPM_ROOT = Path(__file__).parent / "npm"


def require_npm_file(path: str) -> Path:
    """Return a file of an installed package; fail the test with the command to type if it is not there."""
    file = NPM_ROOT / "node_modules" / path
    if not file.is_file():
        pytest.fail(f"{path} is not installed; type: npm ci --ignore-scripts --prefix tests/npm", pytrace=False)
    return file
