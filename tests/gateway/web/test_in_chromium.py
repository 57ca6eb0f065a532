"""Every page in a real browser: the real policy, phone and desktop, both languages, both colour schemes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it ships no types
from playwright.sync_api import Browser, ConsoleMessage, Route
from playwright.sync_api import Page as Tab
from starlette.applications import Starlette
from starlette.testclient import TestClient

from gateway.web.gallery import GATE_PAGES, NONCE, PAGES, context
from gongpai.gateway.messages import Language
from gongpai.gateway.web.headers import PagePolicy
from gongpai.gateway.web.render import render
from gongpai.gateway.web.static import routes

pytestmark = pytest.mark.browser

_ORIGIN = "https://sso.example.com"
_POLICY = PagePolicy(form_origins=("https://open.weixin.qq.com",), panel_origin="https://login.work.weixin.qq.com")
_FOCUSABLE = "a[href], button, input:not([type=hidden])"
_SHOWN = PAGES | GATE_PAGES
_FINGERTIP = 44  # CSS pixels each way: WCAG 2.2, 2.5.5


@dataclass(frozen=True, slots=True)
class Device:
    """A screen, its colours and the language of its owner."""

    width: int
    scheme: Literal["light", "dark"]
    lang: Language


PHONE = Device(390, "light", "zh")
DESKTOP = Device(1280, "dark", "en")
# What the pages are seldom seen in, for those with the most on them.
NARROW_DARK = Device(320, "dark", "en")
WIDE_LIGHT = Device(1280, "light", "zh")


class Gallery:
    """A browser tab that shows pages of the gateway, and what its console said."""

    def __init__(self, tab: Tab, device: Device) -> None:
        self.tab = tab
        self.complaints: list[str] = []
        self._device = device
        self._static = TestClient(Starlette(routes=routes()), base_url=_ORIGIN)
        tab.on("console", self._hear)
        tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        tab.route("**/*", self._answer)

    def show(self, name: str) -> Tab:
        self.tab.goto(f"{_ORIGIN}/{name}")
        return self.tab

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def _answer(self, route: Route) -> None:
        origin, _, name = route.request.url.rpartition("/")
        if name.startswith("form_post."):
            # The page would go on to its party before anybody has looked at it.
            route.fulfill(content_type="text/javascript", body="")
        elif origin == f"{_ORIGIN}/static":
            file = self._static.get(f"/static/{name}", headers={"Accept-Encoding": "identity"})
            route.fulfill(status=file.status_code, headers=dict(file.headers), body=file.content)
        elif origin == _ORIGIN and name in _SHOWN:
            is_watching = name.startswith("continue-in-wecom")
            policy = _POLICY.text(NONCE, has_panel=name == "panel", is_watching=is_watching)
            signed_in = name.startswith(("me", "signout", "continue-in-wecom", "ask-again"))
            html = render(context(self._device.lang, is_signed_in=signed_in), _SHOWN[name])
            headers = {"content-security-policy": f"{policy}; require-trusted-types-for 'script'"}
            route.fulfill(body=html, content_type="text/html; charset=utf-8", headers=headers)
        elif origin == f"{_ORIGIN}/handoff/ref":
            route.fulfill(json={"state": "waiting"})
        elif origin.startswith("https://login.work.weixin.qq.com/"):
            route.fulfill(content_type="text/html", body="<!doctype html><html lang=en><title>the panel</title>")
        else:
            route.abort()


@pytest.fixture
def gallery(chromium: Browser, device: Device) -> Iterator[Gallery]:
    browser_context = chromium.new_context(
        viewport={"width": device.width, "height": 760}, color_scheme=device.scheme, timezone_id="Asia/Shanghai"
    )
    yield Gallery(browser_context.new_page(), device)
    browser_context.close()


each_device = pytest.mark.parametrize("device", [PHONE, DESKTOP], ids=["phone", "desktop"])


def names_for(device: Device) -> list[str]:
    if device in {NARROW_DARK, WIDE_LIGHT}:
        return [
            "chooser",
            "panel",
            "refused-stranger",
            "signout",
            "me",
            "me-before",
            "continue-in-wecom",
            "handoff-pick",
        ]
    one_of_many = {"refused-stranger", "refused-member_refused", "start-again-cookie_lost"}
    return [name for name in _SHOWN if name in one_of_many or not name.startswith(("refused-", "start-again-"))]


@pytest.mark.parametrize(
    "device", [PHONE, DESKTOP, NARROW_DARK, WIDE_LIGHT], ids=["phone", "desktop", "narrow-dark", "wide-light"]
)
def test_every_page_fits_is_accessible_and_keeps_the_policy(gallery: Gallery, device: Device) -> None:
    axe = Axe()
    for name in names_for(device):
        tab = gallery.show(name)
        assert tab.evaluate("document.documentElement.scrollWidth") <= device.width, name
        found = axe.run(tab)
        assert found.violations_count == 0, f"{name}: {found.generate_report()}"
    assert gallery.complaints == []


@pytest.mark.parametrize("device", [PHONE])
def test_everything_to_press_is_as_large_as_a_fingertip(gallery: Gallery, device: Device) -> None:
    for name in names_for(device):
        sizes = gallery.show(name).evaluate(
            "what => [...document.querySelectorAll(what)].filter(e => !e.classList.contains('gp-skip'))"
            ".map(e => [e.outerHTML, e.getBoundingClientRect()]).map(([html, box]) => [html, box.width, box.height])",
            _FOCUSABLE,
        )
        assert [html for html, width, height in sizes if width < _FINGERTIP or height < _FINGERTIP] == [], name


@each_device
def test_every_page_can_be_walked_by_keyboard(gallery: Gallery, device: Device) -> None:
    del device
    for name in ("chooser", "refused-stranger", "signout", "me", "continue-in-wecom", "handoff-pick", "end-notice"):
        tab = gallery.show(name)
        reached = []
        for _ in range(tab.locator(_FOCUSABLE).count()):
            tab.keyboard.press("Tab")
            focus = tab.evaluate(
                "(e => [e.tagName + '|' + (e.getAttribute('href') || e.textContent.trim()),"
                " getComputedStyle(e).outlineStyle !== 'none'])(document.activeElement)"
            )
            reached.append(focus[0])
            assert focus[1], f"{name}: the focus on {focus[0]} cannot be seen"
        assert reached[0] == "A|#content"
        assert len(reached) == tab.locator(_FOCUSABLE).count()


@pytest.mark.parametrize("device", [DESKTOP])
def test_colours_that_the_system_forces_leave_every_button_an_edge_and_no_motion_is_none(
    gallery: Gallery, device: Device
) -> None:
    gallery.tab.emulate_media(forced_colors="active", reduced_motion="reduce")
    for name in names_for(device):
        tab = gallery.show(name)
        bare = tab.evaluate(
            "[...document.querySelectorAll('button, .weui-btn, .gp-more a')]"
            ".filter(e => getComputedStyle(e).borderTopWidth === '0px')"
            ".map(e => e.outerHTML)"
        )
        assert bare == [], name
        moving = tab.evaluate(
            "[...document.querySelectorAll('*')].filter(e => getComputedStyle(e).transitionDuration !== '0s'"
            " || getComputedStyle(e).animationName !== 'none').map(e => e.outerHTML)"
        )
        assert moving == [], name


@pytest.mark.parametrize("device", [PHONE])
def test_moments_are_told_in_the_readers_own_time(gallery: Gallery, device: Device) -> None:
    del device
    moment = gallery.show("me").locator("time").first
    assert moment.inner_text() == "2026年11月22日 16:30"
    assert moment.get_attribute("title") == "2026-11-22 08:30 UTC"


@each_device
def test_the_panel_is_wecoms_own_with_the_full_page_one_click_away(gallery: Gallery, device: Device) -> None:
    tab = gallery.show("panel")
    frame = tab.locator("#panel iframe")
    source = frame.get_attribute("src") or ""
    assert source.startswith("https://login.work.weixin.qq.com/wwlogin/sso/login?")
    assert "redirect_type=callback" in source
    assert f"panel_size={'small' if device.width < 560 else 'middle'}" in source
    assert "state=abc" in source
    assert frame.get_attribute("title")
    link = tab.get_by_role("link", name="打开企业微信登录页" if device.lang == "zh" else "Open WeCom’s sign-in page")
    assert link.get_attribute("href") == "/signin?via=web&page=full"
