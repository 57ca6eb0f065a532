"""A site that embeds the login panel by the official SDK, as a browser shows it."""

from dataclasses import dataclass
from urllib.parse import urlencode

from playwright.sync_api import Frame, Locator, Page

from browser import read_qr

USUAL = {"login_type": "CorpApp", "appid": "wxCorpId", "agentid": "1000000", "state": "S"}


@dataclass(frozen=True, slots=True)
class Site:
    """A web site that embeds the panel, as a developer would write it."""

    domain: str

    @property
    def callback(self) -> str:
        return f"http://{self.domain}/cb"

    def page(self, **params: str) -> str:
        return f"http://{self.domain}/?{urlencode({**USUAL, 'redirect_uri': self.callback, **params})}"


def frame(page: Page) -> Frame:
    """Return the frame that the SDK opened, loaded."""
    page.wait_for_function("document.querySelector('iframe') !== null")
    handle = page.query_selector("iframe")
    assert handle is not None
    opened = handle.content_frame()
    assert opened is not None
    opened.wait_for_load_state()
    return opened


def scan(page: Page, other_than: str | None = None) -> str:
    """Read the QR code from what is on the screen."""
    text = read_qr(page, other_than)
    assert text.startswith("https://open.work.weixin.qq.com/wwopen/sso/confirm2?k=")
    return text


def renew(page: Page, button: str, old: str) -> str:
    """Press *button* and read the QR code that takes the place of the *old* one on the screen."""
    frame(page).get_by_role("button", name=button).click()
    return scan(page, other_than=old)


def status(page: Page) -> Locator:
    """Return what the panel says of the scan."""
    return frame(page).locator("[role=status] p:visible")


def hear(page: Page, name: str) -> dict[str, object]:
    """Return what the SDK handed to the site's callback *name*."""
    page.wait_for_function("name => heard.some((each) => each[0] === name)", arg=name)
    told: dict[str, object] = page.evaluate("name => heard.find((each) => each[0] === name)[1]", name)
    return told
