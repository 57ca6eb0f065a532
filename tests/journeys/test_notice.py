"""A confirmed code may have been somebody else's: the message in WeCom ends what it opened."""

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from gongpai.sandbox import Sandbox
from journeys.stage import Stage, heading, two_workers
from served import Served, until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, redirect_uri: str) -> Iterator[tuple[Sandbox, Served]]:
    """Run a gateway whose party tells of sign-ins at a desk, and its WeCom."""
    party = {
        "parties.wiki.name": "The Wiki",
        "parties.wiki.client_secret": "a-secret-of-this-test-alone-43-characters-x",
        "parties.wiki.redirect_uris": [redirect_uri],
        "parties.wiki.trusted": True,
        "parties.wiki.without_pkce": True,
        "parties.wiki.policy.web_login": "notify",
    }
    with two_workers(tmp_path_factory.mktemp("gateway"), **party) as running:
        yield running


def test_the_message_in_wecom_ends_the_sign_in_by_a_button(stage: Stage, redirect_uri: str) -> None:
    desk = stage.desk()
    query = {"client_id": "wiki", "redirect_uri": redirect_uri, "response_type": "code", "scope": "openid"}
    desk.goto(f"{stage.url('/authorize')}?{urlencode(query)}")
    phone = stage.scan(desk, "Li Si")
    phone.get_by_role("button", name="Confirm").click()
    heading(desk, "Welcome to the wiki")
    until(lambda: len(stage.corner.messages()) == 1)
    phone.goto(stage.corner.phone_url)
    message = phone.get_by_role("listitem").filter(has_text="You signed in on a computer")
    expect(message).to_contain_text("Opened: The Wiki")
    expect(message).to_contain_text("From: 127.0.0.1")
    message.get_by_role("link", name="End").click()
    phone.get_by_role("button", name="Open").click()
    heading(phone, "Was this you?")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    desk.goto(stage.url("/me"))
    heading(desk, "李四")
    phone.get_by_role("button", name="No: end this sign-in").click()
    heading(phone, "The sign-in has ended")
    desk.goto(stage.url("/me"))
    expect(desk.get_by_text("Log in with WeCom").or_(desk.get_by_role("img", name="QR code")).first).to_be_visible()
