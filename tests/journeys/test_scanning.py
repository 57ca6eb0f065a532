"""An ordinary browser at a desk: the QR code on the screen, the phone in the hand."""

import pytest
from playwright.sync_api import Route, expect

from browser import read_qr
from journeys.stage import BROWSER_COOKIE, CALLBACK, Stage, before_callback, callback_of, heading

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [1280, 390], ids=["desktop", "phone-width"])
def test_somebody_scans_confirms_and_is_told_who_they_are(stage: Stage, width: int) -> None:
    desk = stage.desk(width=width)
    desk.goto(stage.url("/"))
    phone = stage.scan(desk, "Zhang San")
    expect(desk.get_by_text("Scanned. Confirm on the phone")).to_be_visible()
    phone.get_by_role("button", name="Confirm").click()
    heading(desk, "张三")
    expect(desk).to_have_url(stage.url("/me"))
    expect(desk.get_by_text("zhangsan", exact=True)).to_be_visible()
    expect(desk.get_by_text("平台组 (3)").first).to_be_visible()
    assert desk.evaluate("document.documentElement.scrollWidth") <= width


def test_the_cookie_of_a_session_is_for_this_host_alone(stage: Stage) -> None:
    desk = stage.desk()
    desk.goto(stage.url("/me"))
    stage.scan(desk, "Zhang San").get_by_role("button", name="Confirm").click()
    heading(desk, "张三")
    cookies = {cookie["name"]: cookie for cookie in desk.context.cookies(stage.gateway_url)}
    session = cookies["__Host-gongpai_session"]
    assert (session["httpOnly"], session["secure"], session["path"]) == (True, True, "/")
    assert session["domain"] == "127.0.0.1"
    assert session["sameSite"] == "Lax"


def test_somebody_refuses_and_may_begin_again(stage: Stage) -> None:
    desk = stage.desk()
    desk.goto(stage.url("/me"))
    stage.scan(desk, "Zhang San").get_by_role("button", name="Refuse").click()
    heading(desk, "You did not sign in")
    desk.get_by_role("link", name="Sign in again").click()
    stage.scan(desk, "Zhang San").get_by_role("button", name="Confirm").click()
    heading(desk, "张三")


def test_a_code_on_the_screen_expires_and_a_new_one_works(stage: Stage) -> None:
    desk = stage.desk()
    desk.goto(stage.url("/me"))
    old = read_qr(desk)
    stage.corner.advance(301)
    desk.get_by_role("button", name="New QR code").click()
    assert read_qr(desk, other_than=old)
    stage.scan(desk, "Zhang San").get_by_role("button", name="Confirm").click()
    heading(desk, "张三")


def test_a_confirmation_that_comes_too_late_is_not_accepted(stage: Stage) -> None:
    desk = stage.desk()
    desk.goto(stage.url("/me"))
    before_callback(desk, lambda: stage.corner.advance(301))
    stage.scan(desk, "Zhang San").get_by_role("button", name="Confirm").click()
    heading(desk, "WeCom did not accept the confirmation")
    desk.get_by_role("link", name="Begin again").click()
    stage.scan(desk, "Zhang San").get_by_role("button", name="Confirm").click()
    heading(desk, "张三")


def test_a_browser_that_lost_its_cookie_gets_a_button_and_no_session(stage: Stage) -> None:
    desk = stage.desk()
    desk.goto(stage.url("/me"))
    desk.context.clear_cookies(name=BROWSER_COOKIE)
    stage.scan(desk, "Zhang San").get_by_role("button", name="Confirm").click()
    heading(desk, "Let’s begin again")
    assert stage.corner.counts().get("auth/getuserinfo", 0) == 0
    desk.get_by_role("link", name="Begin again").click()
    stage.scan(desk, "Zhang San").get_by_role("button", name="Confirm").click()
    heading(desk, "张三")


def test_the_way_back_opens_nothing_in_another_browser(stage: Stage) -> None:
    desk, other = stage.desk(), stage.desk()
    other.goto(stage.url("/me"))  # it has a sign-in of its own under way
    intercepted: list[str] = []

    def steal(route: Route) -> None:
        intercepted.append(route.request.url)
        route.abort()

    desk.goto(stage.url("/me"))
    desk.route(CALLBACK, steal)
    with desk.expect_event("requestfailed", lambda request: "/signin/callback/" in request.url):
        stage.scan(desk, "Zhang San").get_by_role("button", name="Confirm").click()
    other.goto(intercepted[0])
    heading(other, "This sign-in was begun in another browser")
    assert stage.corner.counts().get("auth/getuserinfo", 0) == 0
    other.goto(stage.url("/me"))
    expect(other.get_by_role("img", name="QR code")).to_be_visible()


def test_the_same_way_back_taken_twice_gives_the_same_answer(stage: Stage) -> None:
    desk = stage.desk()
    seen = callback_of(desk)
    desk.goto(stage.url("/me"))
    stage.scan(desk, "Zhang San").get_by_role("button", name="Confirm").click()
    heading(desk, "张三")
    desk.goto(seen[0])
    heading(desk, "张三")
    expect(desk).to_have_url(stage.url("/me"))
    assert stage.corner.counts()["auth/getuserinfo"] == 1


def test_what_is_sensitive_is_asked_for_on_the_phone(stage: Stage) -> None:
    desk = stage.desk()
    desk.goto(stage.url("/me"))
    stage.scan(desk, "Zhang San").get_by_role("button", name="Confirm").click()
    desk.get_by_role("button", name="Give them with my phone").click()
    heading(desk, "Continue on your phone")
    phone = stage.wecom("zhangsan")
    phone.goto(f"{read_qr(desk)}?via=in_app")
    phone.get_by_role("button", name=desk.locator(".gp-number").inner_text()).click()
    phone.get_by_role("button", name="Agree").click()
    heading(phone, "Your answer has arrived")
    heading(desk, "张三")
    expect(desk.get_by_text("13800138004")).to_be_visible()


def test_after_signing_out_it_takes_a_click_to_sign_in(stage: Stage) -> None:
    desk = stage.desk()
    desk.goto(stage.url("/me"))
    stage.scan(desk, "Zhang San").get_by_role("button", name="Confirm").click()
    desk.get_by_role("link", name="Sign out").click()
    heading(desk, "Sign out?")
    desk.get_by_role("button", name="Sign out").click()
    heading(desk, "You are signed out")
    desk.goto(stage.url("/me"))
    heading(desk, "You are signed out")
    desk.get_by_role("button", name="Sign in again").click()
    stage.scan(desk, "Zhang San").get_by_role("button", name="Confirm").click()
    heading(desk, "张三")
