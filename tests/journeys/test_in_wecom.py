"""Inside WeCom, on each of its clients: nothing to scan, and consent for what is sensitive."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from journeys.stage import BROWSER_COOKIE, WECHAT_IOS, WECOM_CLIENTS, WECOM_WINDOWS, Stage, heading

pytestmark = pytest.mark.browser


def leave_and_lose_the_cookie(page: Page, url: str) -> str:
    """Follow *url* to where the gateway sends the browser, and lose our cookie there; return that address.

    WeCom's desktop client does so: it opens the way back in another webview, which lacks the cookie.
    """
    answer = page.context.request.get(url, max_redirects=0)
    assert answer.status == 303, answer.text()
    page.context.clear_cookies(name=BROWSER_COOKIE)
    return answer.headers["location"]


@pytest.mark.parametrize("client", WECOM_CLIENTS)
def test_somebody_is_signed_in_at_once_on_every_client(stage: Stage, client: str) -> None:
    page = stage.wecom("zhangsan", WECOM_CLIENTS[client])
    page.goto(stage.url("/me"))
    heading(page, "张三")
    assert urlsplit(page.url).path == "/me"
    names = {"ios": "iPhone or iPad", "android": "Android", "windows": "Windows", "mac": "Mac"}
    expect(page.get_by_text(f"WeCom · {names[client]}").first).to_be_visible()
    assert stage.corner.counts()["auth/getuserinfo"] == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_member_who_uses_wechat_is_signed_in_too(stage: Stage) -> None:
    page = stage.wecom("zhangsan", WECHAT_IOS)
    page.goto(stage.url("/me"))
    heading(page, "张三")


def test_somebody_grants_what_is_sensitive_sees_it_and_erases_it(stage: Stage) -> None:
    page = stage.wecom("lisi")
    page.goto(stage.url("/me"))
    page.get_by_role("button", name="Ask WeCom for them").click()
    expect(page.get_by_text("Staff portal would like to see your sensitive data")).to_be_visible()
    page.get_by_role("button", name="Agree").click()
    heading(page, "李四")
    expect(page.get_by_text("13800138005")).to_be_visible()
    expect(page.get_by_text("lisi@gongpai-demo.example")).to_be_visible()
    expect(page.get_by_text("you, in WeCom").first).to_be_visible()
    page.get_by_role("button", name="Erase what I gave").click()
    expect(page.get_by_role("button", name="Ask WeCom for them")).to_be_visible()
    expect(page.get_by_text("13800138005")).to_have_count(0)
    expect(page.get_by_role("button", name="Erase what I gave")).to_have_count(0)


def test_somebody_grants_some_fields_and_is_told_about_the_others(stage: Stage) -> None:
    page = stage.wecom("sunyue")
    page.goto(stage.url("/me"))
    page.get_by_role("button", name="Ask WeCom for them").click()
    page.get_by_label("Mobile number").uncheck()
    page.get_by_role("button", name="Agree").click()
    heading(page, "孙悦")
    expect(page.get_by_text("sunyue@gongpai-demo.example")).to_be_visible()
    expect(page.get_by_text("13800138006")).to_have_count(0)
    mobile = page.get_by_role("term").filter(has_text="Mobile").locator("..")
    expect(mobile.get_by_text("Not shared")).to_be_visible()


def test_somebody_refuses_to_grant_and_stays_signed_in(stage: Stage) -> None:
    page = stage.wecom("heping")
    page.goto(stage.url("/me"))
    page.get_by_role("button", name="Ask WeCom for them").click()
    page.get_by_role("button", name="Refuse").click()
    heading(page, "何平")
    expect(page.get_by_text("You chose not to share it.").first).to_be_visible()
    expect(page.get_by_text("13800138008")).to_have_count(0)


def test_a_browser_that_lost_its_cookie_begins_again_silently_and_once(stage: Stage) -> None:
    page = stage.wecom("zhangsan", WECOM_WINDOWS)
    page.goto(leave_and_lose_the_cookie(page, stage.url("/signin")))
    heading(page, "张三")
    assert stage.corner.counts()["auth/getuserinfo"] == 1


def test_a_browser_that_keeps_no_cookie_gets_a_button_instead_of_a_loop(stage: Stage) -> None:
    page = stage.wecom("zhangsan", WECOM_WINDOWS)
    wecom = page.context.request.get(leave_and_lose_the_cookie(page, stage.url("/signin")), max_redirects=0)
    page.goto(leave_and_lose_the_cookie(page, wecom.headers["location"]))
    heading(page, "Let’s begin again")
    assert stage.corner.counts().get("auth/getuserinfo", 0) == 0
    page.get_by_role("link", name="Begin again").click()
    heading(page, "张三")


def test_the_consent_is_remembered_by_wecom(stage: Stage) -> None:
    page = stage.wecom("lisi")
    page.goto(stage.url("/me"))
    page.get_by_role("button", name="Ask WeCom for them").click()
    page.get_by_role("button", name="Agree").click()
    expect(page.get_by_text("13800138005")).to_be_visible()
    page.get_by_role("button", name="Choose again in WeCom").click()
    heading(page, "李四")
    expect(page.get_by_text("13800138005")).to_be_visible()
