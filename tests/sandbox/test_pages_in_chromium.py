"""The sandbox's pages in a real browser: both journeys with the phone, the keyboard, and how they look and sound."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it ships no types
from playwright.sync_api import Browser, BrowserContext, Page, expect

from browser import patient, read_qr
from gongpai.sandbox import Corner, Sandbox
from local_site import Answer, local_site

DESKTOP, PHONE = (1280, 900), (390, 844)
_FINGERTIP = 43.9  # CSS pixels each way: 44 (WCAG 2.2, 2.5.5) less what rounding takes
_SMALLER = """least => [...document.querySelectorAll('header a, main a, main button')]
    .filter(each => each.checkVisibility() && Math.min(each.offsetWidth, each.offsetHeight) < least)
    .map(each => each.outerHTML)"""


@dataclass(frozen=True, slots=True)
class Site:
    """A site with a callback, as a developer's own."""

    domain: str

    @property
    def callback(self) -> str:
        return f"http://{self.domain}/cb"


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    page = Answer(b"<!doctype html><title>The site</title><p>The site", headers={"Content-Type": "text/html"})
    with local_site({"/cb": page, "/me": page}) as domain:
        yield Site(domain)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox.start(world="base") as running:
        yield running


@pytest.fixture
def corner(sandbox: Sandbox, site: Site) -> Iterator[Corner]:
    with sandbox.corner() as corner:
        corner.update_app(1000000, callback_domain=site.domain, oauth_domain=site.domain)
        yield corner


def _context(chromium: Browser, size: tuple[int, int], scheme: str = "light", locale: str = "zh-CN") -> BrowserContext:
    width, height = size
    context = chromium.new_context(
        viewport={"width": width, "height": height}, locale=locale, color_scheme="dark" if scheme == "dark" else "light"
    )
    return patient(context)


def _web_login(corner: Corner, site: Site) -> str:
    query = {"login_type": "CorpApp", "appid": "wxCorpId", "agentid": "1000000", "state": "S"}
    return f"{corner.url}/wwlogin/sso/login?{urlencode({**query, 'redirect_uri': site.callback})}"


def _in_app_link(corner: Corner, site: Site, scope: str) -> str:
    query = {"appid": "wxCorpId", "redirect_uri": site.callback, "response_type": "code", "scope": scope}
    return f"{corner.url}/connect/oauth2/authorize?{urlencode({**query, 'state': 'S', 'agentid': '1000000'})}"


def _pick_up(page: Page, corner: Corner, name: str) -> None:
    page.goto(corner.phone_url)
    page.get_by_role("button", name=re.compile(name)).click()
    expect(page.get_by_text(name).first).to_be_visible()


def test_a_colleague_scans_on_one_screen_and_is_signed_in_on_the_other(
    chromium: Browser, corner: Corner, site: Site
) -> None:
    desktop, phone = _context(chromium, DESKTOP).new_page(), _context(chromium, PHONE).new_page()
    _pick_up(phone, corner, "李四")
    expect(phone.get_by_text("还没有二维码")).to_be_visible()
    desktop.goto(_web_login(corner, site))
    expect(desktop.get_by_text("请用沙箱手机扫描")).to_be_visible()
    phone.get_by_role("link", name="扫描").click()
    expect(desktop.get_by_text("扫描成功，请在手机上确认登录")).to_be_visible()
    phone.get_by_role("button", name="确认登录").click()
    expect(phone.get_by_text("已确认，登录页会自己继续。")).to_be_visible()
    desktop.wait_for_url(f"{site.callback}?**")
    query = parse_qs(urlsplit(desktop.url).query)
    assert (query["state"], query["appid"]) == (["S"], ["wxCorpId"])
    assert query["code"][0]


def test_what_the_screen_shows_can_be_read_and_pasted_into_the_phone(
    chromium: Browser, corner: Corner, site: Site
) -> None:
    desktop, phone = _context(chromium, DESKTOP).new_page(), _context(chromium, PHONE).new_page()
    desktop.goto(_web_login(corner, site))
    code = read_qr(desktop)
    _pick_up(phone, corner, "张三")
    phone.get_by_placeholder("https://…").fill(code)
    phone.get_by_role("button", name="继续").click()
    phone.get_by_role("button", name="拒绝").click()
    desktop.wait_for_url(f"{site.callback}?**")
    assert parse_qs(urlsplit(desktop.url).query) == {"state": ["S"]}


def test_an_expired_code_says_so_and_a_click_brings_a_new_one(chromium: Browser, corner: Corner, site: Site) -> None:
    desktop = _context(chromium, DESKTOP).new_page()
    desktop.goto(_web_login(corner, site))
    image = desktop.get_by_alt_text("登录二维码")
    first = image.get_attribute("src") or ""
    corner.advance(301)
    desktop.get_by_role("button", name="刷新二维码").click()
    expect(desktop.get_by_text("请用沙箱手机扫描")).to_be_visible()
    expect(image).not_to_have_attribute("src", first)


def test_a_link_is_opened_in_wecom_and_the_member_grants_with_the_keyboard(
    chromium: Browser, corner: Corner, site: Site
) -> None:
    phone = _context(chromium, PHONE, locale="en").new_page()
    _pick_up(phone, corner, "Li Si")
    phone.get_by_placeholder("https://…").fill(_in_app_link(corner, site, "snsapi_privateinfo"))
    phone.keyboard.press("Enter")
    phone.get_by_role("button", name="Open").press("Enter")
    switch = phone.get_by_role("switch", name="Mobile number")
    expect(switch).to_be_checked()
    switch.focus()
    phone.keyboard.press("Space")
    expect(switch).not_to_be_checked()
    phone.get_by_role("button", name="Agree").press("Enter")
    phone.wait_for_url(f"{site.callback}?code=**")
    phone.goto(f"{corner.url}/phone")
    phone.get_by_role("link", name="What I granted").first.click()
    expect(phone.get_by_role("switch", name="Mobile number")).not_to_be_checked()
    phone.get_by_role("switch", name="Mobile number").check()
    phone.get_by_role("button", name="Save").click()
    expect(phone.get_by_role("status")).to_have_text("Saved.")


def test_our_own_address_is_told_that_it_is_opened_in_wecom(chromium: Browser, corner: Corner, site: Site) -> None:
    phone = _context(chromium, PHONE).new_page()
    _pick_up(phone, corner, "李四")
    phone.get_by_placeholder("https://…").fill(f"http://{site.domain}/me")
    phone.get_by_role("button", name="继续").click()
    phone.get_by_role("button", name="打开").click()
    phone.wait_for_url(f"http://{site.domain}/me?via=in_app")


def test_a_browser_without_the_phone_is_outside(chromium: Browser, corner: Corner, site: Site) -> None:
    page = _context(chromium, DESKTOP).new_page()
    page.goto(_in_app_link(corner, site, "snsapi_base"))
    expect(page.get_by_role("heading", name="请在企业微信客户端打开链接")).to_be_visible()


def test_an_administrator_changes_a_setting(chromium: Browser, corner: Corner) -> None:
    page = _context(chromium, DESKTOP, locale="en").new_page()
    page.goto(corner.console_url)
    page.get_by_role("link", name="Settings App A").click()
    page.get_by_label("Callback domain").fill("login.example:8443")
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_role("status")).to_have_text("Saved.")
    assert corner.app(1000000).callback_domain == "login.example:8443"


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
@pytest.mark.parametrize(("scheme", "locale"), [("light", "zh-CN"), ("dark", "en")])
def test_every_page_fits_is_quiet_in_the_console_and_passes_axe(
    chromium: Browser, corner: Corner, site: Site, size: tuple[int, int], scheme: str, locale: str
) -> None:
    context = _context(chromium, size, scheme, locale)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(corner.phone_url)
    page.get_by_role("button").first.click()
    places = ["/", "/phone", "/phone/people", "/console", "/console/wxCorpId/1000000", "/phone/scan/0a"]
    links = [_web_login(corner, site), _in_app_link(corner, site, "snsapi_privateinfo")]
    query = urlencode({"url": site.callback})
    for url in [*(f"{corner.url}{place}" for place in places), f"{corner.url}/phone/open?{query}", *links]:
        page.goto(url)
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0], url
        assert page.evaluate(_SMALLER, _FINGERTIP) == [], url
        found = Axe().run(page)
        assert found.violations_count == 0, f"{url}\n{found.generate_report()}"
    complaints = [each for each in complaints if "404" not in each]
    assert complaints == []
    context.close()
