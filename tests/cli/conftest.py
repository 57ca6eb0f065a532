"""What the tests of commands may ask for."""

from pathlib import Path

import pytest

from gongpai.gateway.records import World
from gongpai.gateway.store.migrate import migrate


@pytest.fixture
def storage(tmp_path: Path) -> str:
    storage = f"sqlite://{tmp_path}/gongpai.db"
    migrate(storage, World.WECOM)
    return storage
