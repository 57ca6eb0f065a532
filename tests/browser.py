"""A real Chromium for the tests."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from programs import require_program

_ARGUMENTS = (
    "--no-sandbox",  # the suite may run as root, and opens nothing but its own pages
    "--headless=new",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def launch_chromium(*extra_arguments: str) -> Iterator[Browser]:
    """Yield a Chromium with *extra_arguments* beside the usual ones, for a fixture to `yield from`."""
    program = require_program("chromium", "chromium-browser", "google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[*_ARGUMENTS, *extra_arguments])
        yield browser
        browser.close()


# One a module, not one a session: while Playwright's synchronous API is open its event loop counts as running in this
# thread, and every asynchronous test after it would fail.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Yield a Chromium for this module; make a new context for each person and device."""
    yield from launch_chromium()
