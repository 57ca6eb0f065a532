"""A desk that shows a code, and a phone that opens it: the two ends of a hand-off in tests."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx2

from drawn_qr import read_drawn_qr
from gateways import DESKTOP_UA, PORTAL, Browser, Gateway, callback, query_of
from relying_party import Party

SCOPE = "openid phone"


@dataclass
class Desk:
    """A browser at a desk where somebody signed in by scanning, and the page with the code that it shows."""

    browser: Browser
    page: str = ""

    @property
    def ticket_path(self) -> str:
        """Where the code leads."""
        return urlsplit(read_drawn_qr(self.page)).path

    @property
    def number(self) -> str:
        """The number to pick."""
        return _found(r'class="gp-number">(\d\d)<', self.page)

    @property
    def watch_path(self) -> str:
        """Where the page asks what became of its code."""
        return _found(r'data-watch="([^"]+)"', self.page)

    async def state(self) -> str:
        """Return what became of the code."""
        state: str = (await self.browser.get(self.watch_path)).json()["state"]
        return state


async def open_desk(gateway: Gateway, person: str = "lisi") -> Desk:
    """Open a browser at a desk and sign *person* in by scanning."""
    browser = gateway.browser(DESKTOP_UA)
    state = (await browser.begin())["state"]
    await browser.get(callback(state, gateway.mint(person, way="web")))
    return Desk(browser)


async def show_code(gateway: Gateway, desk: Desk, party: Party | None = None) -> Desk:
    """Let *desk* show a code, as the party's wish for a mobile number leads to it."""
    answer = await desk.browser.get((party or Party(gateway)).url(scope=SCOPE))
    desk.page = (await desk.browser.get(answer.headers["location"])).text
    return desk


async def pick(phone: Browser, desk: Desk, number: str | None = None) -> httpx2.Response:
    """Open the desk's code on *phone* and pick *number*, the right one if none is given."""
    page = await phone.get(desk.ticket_path)
    assert page.status_code == 200, page.text
    return await phone.post(desk.ticket_path, {"number": number or desk.number}, page=page.text)


def state_of(answer: httpx2.Response) -> str:
    """Return the state of the trip to WeCom that *answer* leads to."""
    assert answer.status_code == 303, answer.text
    return query_of(answer.headers["location"])["state"]


def consent_of(gateway: Gateway, person: str, *fields: str) -> str:
    """Let *person* agree to *fields*; return WeCom's code."""
    gateway.corner.set_consent(PORTAL, person, fields)
    return gateway.mint(person, scope="snsapi_privateinfo")


def _found(pattern: str, page: str) -> str:
    found = re.search(pattern, page)
    assert found is not None, page
    return found[1]
