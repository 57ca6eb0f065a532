"""The same journeys without a mouse, without eyes, and in the other language."""

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it ships no types
from playwright.sync_api import Page, expect

from journeys.stage import Stage, heading

pytestmark = pytest.mark.browser

_MOST_TABS = 60


def tab_to(page: Page, name: str) -> None:
    """Walk with the Tab key until what is called *name* has the focus."""
    for _ in range(_MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.innerText").strip() == name:
            return
    pytest.fail(f"{name} cannot be reached by keyboard on {page.url}")


def test_a_whole_journey_without_a_mouse(stage: Stage) -> None:
    page = stage.wecom("lisi")
    page.goto(stage.url("/me"))
    for name, then in (
        ("Ask WeCom for them", "Staff portal would like to see your sensitive data"),
        ("Agree", "李四"),
        ("Sign out", "Sign out?"),
        ("Sign out", "You are signed out"),
        ("Sign in again", "李四"),
    ):
        tab_to(page, name)
        page.keyboard.press("Enter")
        heading(page, then)


def test_every_stop_of_a_journey_passes_the_accessibility_scan(stage: Stage) -> None:
    page = stage.wecom("lisi")
    axe = Axe()

    def scan() -> None:
        found = axe.run(page)
        assert found.violations_count == 0, f"{page.url}: {found.generate_report()}"

    page.goto(stage.url("/me"))
    scan()
    page.get_by_role("button", name="Ask WeCom for them").click()
    page.get_by_role("button", name="Agree").click()
    expect(page.get_by_text("13800138005")).to_be_visible()
    scan()
    page.get_by_role("link", name="Sign out").click()
    scan()
    page.get_by_role("button", name="Sign out").click()
    scan()
    page.get_by_role("button", name="Sign in again").click()
    heading(page, "李四")


def test_the_language_is_the_browsers_until_somebody_chooses(stage: Stage) -> None:
    page = stage.wecom("lisi", locale="zh-CN")
    page.goto(stage.url("/me"))
    expect(page.get_by_role("heading", name="企业微信中的您")).to_be_visible()
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", name="What WeCom says about you")).to_be_visible()
    assert page.locator("html").get_attribute("lang") == "en"
    page.get_by_role("link", name="Sign out").click()
    heading(page, "Sign out?")
    page.get_by_role("link", name="中文").click()
    heading(page, "要退出登录吗？")


def test_the_login_page_of_wecom_speaks_the_chosen_language_too(stage: Stage) -> None:
    page = stage.desk(locale="zh-CN")
    page.goto(stage.url("/nonsense"))
    page.get_by_role("link", name="English").click()
    page.goto(stage.url("/me"))
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_no_page_of_a_journey_complains_or_asks_another_host(stage: Stage) -> None:
    page = stage.wecom("lisi")
    complaints: list[str] = []
    hosts: set[str] = set()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: hosts.add("/".join(request.url.split("/")[:3])))
    page.goto(stage.url("/me"))
    heading(page, "李四")
    page.goto(stage.url("/signout"))
    heading(page, "Sign out?")
    assert complaints == []
    assert hosts == {stage.gateway_url, stage.corner.url}
