"""A corner with the base world, and browsers without a screen that look at it."""

import pytest
from starlette.testclient import TestClient

from gongpai.sandbox.app import Run, SandboxApp
from gongpai.sandbox.corners import Corners, CornerState
from gongpai.sandbox.world_file import load_world

TOKEN = "token-of-this-run"
ORIGIN = "http://127.0.0.1:8899"


@pytest.fixture
def run() -> Run:
    return Run(TOKEN, Corners(load_world("base")))


@pytest.fixture
def corner(run: Run) -> CornerState:
    return run.corners.root


@pytest.fixture
def browser(run: Run) -> TestClient:
    """An ordinary browser that does not know the token of this run."""
    return TestClient(SandboxApp(run), base_url=ORIGIN, follow_redirects=False, headers={"Accept-Language": "zh-CN"})


@pytest.fixture
def trusted_browser(browser: TestClient) -> TestClient:
    """A browser that opened the printed address once."""
    assert browser.get("/", params={"token": TOKEN}).status_code == 303
    return browser


@pytest.fixture
def phone(trusted_browser: TestClient) -> TestClient:
    """A browser in which lisi holds the phone."""
    answer = trusted_browser.post("/phone/people", data={"person": "wxCorpId/lisi"}, headers={"Origin": ORIGIN})
    assert answer.headers["location"] == "/phone"
    return trusted_browser
