"""What the journeys may ask for."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from gongpai.sandbox import Sandbox
from journeys.stage import Stage, staged, two_workers
from local_site import Answer, local_site
from served import Served

_WELCOME = Answer(b"<!doctype html><title>The Wiki</title><h1>Welcome to the wiki</h1>")


@pytest.fixture(scope="module")
def redirect_uri() -> Iterator[str]:
    """Run a party's own site; yield where it takes people back."""
    with local_site({"/cb": _WELCOME, "/favicon.ico": Answer()}) as host:
        yield f"http://{host}/cb"


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
