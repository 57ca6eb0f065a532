"""What the journeys through real relying parties may ask for."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from gongpai.sandbox import Corner, Sandbox
from journeys.stage import Stage
from provided import Provided


@pytest.fixture(scope="module")
def corner(wecom_sandbox_server: Sandbox) -> Iterator[Corner]:
    """Yield the pretend WeCom of one module."""
    with wecom_sandbox_server.corner() as corner:
        yield corner


@pytest.fixture
def stage(chromium: Browser, corner: Corner, party: Provided) -> Iterator[Stage]:
    """Set the stage for browsers that begin at the module's *party*."""
    stage = Stage(chromium, corner, party.issuer)
    yield stage
    for context in stage.contexts:
        context.close()
