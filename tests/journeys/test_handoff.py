"""At a desk a party asks for what only WeCom hands over: the phone consents, and the desk goes on by itself."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Page, expect

from browser import read_qr
from gongpai.sandbox import Sandbox
from journeys.stage import Stage, heading, two_workers
from served import Served

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, redirect_uri: str) -> Iterator[tuple[Sandbox, Served]]:
    """Run a gateway that knows the party, and its WeCom."""
    party = {
        "parties.wiki.name": "The Wiki",
        "parties.wiki.client_secret": "a-secret-of-this-test-alone-43-characters-x",
        "parties.wiki.redirect_uris": [redirect_uri],
        "parties.wiki.scopes": ["openid", "profile", "phone"],
        "parties.wiki.trusted": True,
        "parties.wiki.without_pkce": True,
    }
    with two_workers(tmp_path_factory.mktemp("gateway"), **party) as running:
        yield running


def ask(stage: Stage, desk: Page, redirect_uri: str) -> None:
    """Let the party send *desk* to sign in."""
    query = {"client_id": "wiki", "redirect_uri": redirect_uri, "response_type": "code", "scope": "openid phone"}
    desk.goto(f"{stage.url('/authorize')}?{urlencode(query)}")


def sign_in(stage: Stage, desk: Page, redirect_uri: str, name: str = "Li Si") -> Page:
    """Sign *desk* in by scanning; return the phone."""
    ask(stage, desk, redirect_uri)
    phone = stage.scan(desk, name)
    phone.get_by_role("button", name="Confirm").click()
    heading(desk, "Continue on your phone")
    return phone


def open_code(stage: Stage, phone: Page, desk: Page) -> None:
    """Scan the desk's code with WeCom on *phone*."""
    phone.goto(stage.corner.phone_url)
    phone.get_by_label("Paste what a QR code says").fill(read_qr(desk))
    phone.get_by_role("button", name="Continue").click()
    phone.get_by_role("button", name="Open").click()
    heading(phone, "Share details with a computer?")


def number_on(desk: Page) -> str:
    return desk.locator(".gp-number").inner_text()


def test_the_phone_gives_a_number_and_the_desk_goes_on_by_itself(stage: Stage, redirect_uri: str) -> None:
    desk = stage.desk()
    phone = sign_in(stage, desk, redirect_uri)
    assert urlsplit(read_qr(desk)).path.startswith("/handoff/")
    open_code(stage, phone, desk)
    expect(phone.get_by_text("The Wiki asks for these details of yours:")).to_be_visible()
    expect(phone.get_by_text("Mobile")).to_be_visible()
    expect(phone.get_by_text("127.0.0.1")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    phone.get_by_role("button", name=number_on(desk)).click()
    expect(phone.get_by_text("Staff portal would like to see your sensitive data")).to_be_visible()
    expect(desk.get_by_role("status")).to_have_text("Your phone has opened it. Go on there.")
    phone.get_by_role("button", name="Agree").click()
    heading(phone, "Your answer has arrived")
    heading(desk, "Welcome to the wiki")
    assert "code" in parse_qs(urlsplit(desk.url).query)
    assert stage.corner.counts()["auth/getuserdetail"] == 1
    # The phone was signed in nowhere by that, and the desk knows the number.
    assert [cookie["name"] for cookie in phone.context.cookies() if "session" in cookie.get("name", "")] == []
    desk.goto(stage.url("/me"))
    expect(desk.get_by_text("13800138005")).to_be_visible()


def test_refusing_on_the_phone_lets_the_desk_go_on_without(stage: Stage, redirect_uri: str) -> None:
    desk = stage.desk()
    phone = sign_in(stage, desk, redirect_uri)
    open_code(stage, phone, desk)
    phone.get_by_role("button", name=number_on(desk)).click()
    phone.get_by_role("button", name="Refuse").click()
    heading(desk, "Welcome to the wiki")


def test_skipping_at_the_desk_is_one_click_and_is_not_asked_about_again(stage: Stage, redirect_uri: str) -> None:
    desk = stage.desk()
    sign_in(stage, desk, redirect_uri)
    desk.get_by_role("button", name="Go on without them").click()
    heading(desk, "Welcome to the wiki")
    ask(stage, desk, redirect_uri)
    heading(desk, "Welcome to the wiki")


def test_a_wrong_number_withdraws_the_code_and_a_new_one_works(stage: Stage, redirect_uri: str) -> None:
    desk = stage.desk(width=390)
    phone = sign_in(stage, desk, redirect_uri)
    open_code(stage, phone, desk)
    phone.get_by_role("button", name="None of these: I did not ask").click()
    heading(phone, "The code was withdrawn")
    expect(desk.get_by_role("status")).to_have_text(re.compile("Another number was picked"))
    assert desk.evaluate("document.documentElement.scrollWidth") <= 390
    desk.get_by_role("link", name="Show a new code").click()
    expect(desk.get_by_role("status")).to_have_text("Waiting for your phone…")
    open_code(stage, phone, desk)
    phone.get_by_role("button", name=number_on(desk)).click()
    phone.get_by_role("button", name="Agree").click()
    heading(desk, "Welcome to the wiki")


def test_another_person_shares_nothing_and_neither_screen_names_the_other(stage: Stage, redirect_uri: str) -> None:
    desk = stage.desk()
    phone = sign_in(stage, desk, redirect_uri)
    phone.goto(stage.corner.phone_url)
    phone.get_by_role("link", name="Change").click()
    phone.get_by_role("button", name="Zhang San").click()
    open_code(stage, phone, desk)
    phone.get_by_role("button", name=number_on(desk)).click()
    phone.get_by_role("button", name="Agree").click()
    heading(phone, "A different account answered")
    expect(desk.get_by_role("status")).to_have_text(re.compile("Nothing was shared"))
    for screen in (phone, desk):
        assert "张三" not in screen.content()
        assert "李四" not in screen.content()
    assert "auth/getuserdetail" not in stage.corner.counts()


def test_in_wecom_its_page_follows_the_silent_sign_in_and_is_left_without_a_loop(
    stage: Stage, redirect_uri: str
) -> None:
    page = stage.wecom("lisi")
    ask(stage, page, redirect_uri)
    expect(page.get_by_text("Staff portal would like to see your sensitive data")).to_be_visible()
    # Back to where they were: the page offers both ways and sends nobody off unasked.
    ask(stage, page, redirect_uri)
    heading(page, "Share these details?")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="Choose in WeCom").click()
    page.get_by_role("button", name="Agree").click()
    heading(page, "Welcome to the wiki")
