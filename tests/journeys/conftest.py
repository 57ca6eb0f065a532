"""What the journeys may ask for."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from gongpai.sandbox import Sandbox
from journeys.stage import Stage, staged, two_workers
from served import Served


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Sandbox, Served]]:
    """Run a sandbox and a gateway on two workers for the whole module."""
    with two_workers(tmp_path_factory.mktemp("gateway")) as running:
        yield running


@pytest.fixture
def stage(chromium: Browser, running: tuple[Sandbox, Served]) -> Iterator[Stage]:
    """Set the stage anew for each test."""
    with staged(chromium, *running) as stage:
        yield stage
