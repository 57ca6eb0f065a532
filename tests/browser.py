"""A real Chromium for the tests, and a camera that reads its screen."""

import io
import time
from collections.abc import Iterator

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect, sync_playwright

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

# Busy cores and several programs beside the browser: patience costs nothing where all goes well.
PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)


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


def patient(context: BrowserContext) -> BrowserContext:
    """Let *context* wait as long for everything as our expectations do, and return it."""
    context.set_default_timeout(PATIENCE_MS)
    return context


def read_qr(page: Page, other_than: str | None = None) -> str:
    """Read the one QR code on the screen, as a phone's camera would: it looks until there is one to read.

    What is on the screen may be older than what the page knows: after a code was replaced, say which is the old one.
    """
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while True:
        seen = _codes_on(page)
        if len(seen) == 1 and seen[0] != other_than:
            return seen[0]
        assert time.monotonic() < deadline, f"{page.url} shows {seen}"
        page.wait_for_timeout(50)


def _codes_on(page: Page) -> list[str]:
    try:
        screen = page.screenshot()
    except Error:
        # The page is just being left for the next one.
        return []
    return [code.text for code in zxingcpp.read_barcodes(Image.open(io.BytesIO(screen)))]
