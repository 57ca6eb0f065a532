"""Where somebody is signed in: seen, ended from elsewhere at once, whichever worker answers."""

import pytest
from playwright.sync_api import expect

from journeys.stage import Stage, heading

pytestmark = pytest.mark.browser


def test_another_session_is_ended_at_once_on_every_worker(stage: Stage) -> None:
    here, elsewhere = stage.desk(), stage.desk()
    for desk in (here, elsewhere):
        desk.goto(stage.url("/me"))
        stage.scan(desk, "Sun Yue").get_by_role("button", name="Confirm").click()
        heading(desk, "孙悦")
    here.reload()
    expect(here.get_by_text("This browser")).to_have_count(1)
    sessions = here.get_by_role("region", name="Where you are signed in").get_by_role("listitem")
    others = sessions.filter(has_not_text="This browser")
    expect(others).to_have_count(1)
    others.get_by_role("button", name="End the sign-in").click()
    expect(sessions).to_have_count(1)
    # Each request opens a connection of its own, which either worker may take.
    answers = [elsewhere.context.request.get(stage.url("/me"), max_redirects=0).status for _ in range(10)]
    assert set(answers) == {303}
    elsewhere.goto(stage.url("/me"))
    expect(elsewhere.get_by_role("img", name="QR code")).to_be_visible()
    here.goto(stage.url("/me"))
    heading(here, "孙悦")


def test_ending_the_session_of_this_browser_signs_it_out(stage: Stage) -> None:
    page = stage.desk()
    page.goto(stage.url("/me"))
    stage.scan(page, "Tom Lee").get_by_role("button", name="Confirm").click()
    heading(page, "李汤姆")
    page.get_by_role("button", name="End the sign-in").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()


def test_a_cookie_that_was_kept_opens_nothing_after_signing_out(stage: Stage) -> None:
    page = stage.desk()
    page.goto(stage.url("/me"))
    stage.scan(page, "Tom Lee").get_by_role("button", name="Confirm").click()
    heading(page, "李汤姆")
    kept = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}["__Host-gongpai_session"]
    page.get_by_role("link", name="Sign out").click()
    page.get_by_role("button", name="Sign out").click()
    heading(page, "You are signed out")
    answer = page.context.request.get(
        stage.url("/me"), headers={"cookie": f"__Host-gongpai_session={kept}"}, max_redirects=0
    )
    assert answer.status == 303
    assert answer.headers["location"].startswith("/signin")
