"""Who am I here, and where am I signed in."""

import re
from pathlib import Path

import pytest

from gateways import (
    ATTENDANCE,
    DESKTOP_UA,
    Browser,
    Gateway,
    app_config,
    callback,
    gateway_config,
    open_gateway,
)
from gongpai.sandbox import Corner

_FORMS = ["/me/sessions/end", "/me/sessions/end/all", "/me/disclosure/erase", "/me/disclosure"]


def _handles(page: str) -> list[str]:
    return re.findall(r'name="handle" value="([0-9a-f]{64})"', page)


async def _handle_of(browser: Browser) -> str:
    """Return the handle that stands beside the words "this browser"."""
    lines = (await browser.get("/me")).text.split("<li")
    (handle,) = _handles(next(line for line in lines if "This browser" in line or "this browser" in line))
    return handle


async def test_whoever_is_not_signed_in_is_sent_to_sign_in(gateway: Gateway) -> None:
    answer = await gateway.browser().get("/me")
    assert (answer.status_code, answer.headers["location"]) == (303, "/signin?return_to=%2Fme")


async def test_the_browser_before_us_comes_first_among_the_sessions(gateway: Gateway) -> None:
    first, second = gateway.browser(), gateway.browser()
    for browser in (first, second):
        await browser.sign_in()
        gateway.clock.advance(minutes=1)
    for browser in (first, second):
        assert _handles((await browser.get("/me")).text)[0] == await _handle_of(browser)


async def test_the_root_leads_home(gateway: Gateway) -> None:
    assert (await gateway.browser().get("/")).headers["location"] == "/me"


async def test_me_shows_name_and_departments_with_their_source(gateway: Gateway) -> None:
    browser = gateway.browser()
    await browser.sign_in()
    page = (await browser.get("/me")).text
    member = gateway.corner.member("lisi")
    assert member.name in page
    assert "WeCom address book" in page
    departments = {each.id: each.name for each in gateway.corner.read_world().corps[0].departments}
    for department in member.departments:
        assert f"{departments[department]} ({department})" in page


async def test_me_shows_the_company_by_its_name_and_asks_for_it_once_a_day(
    wecom_sandbox: Corner, tmp_path: Path
) -> None:
    seeing_all = app_config(wecom_sandbox, ATTENDANCE)
    async with open_gateway(wecom_sandbox, gateway_config(wecom_sandbox, tmp_path, seeing_all)) as gateway:
        corp = wecom_sandbox.read_world().corps[0]
        company = next(each.name for each in corp.departments if each.id == 1)
        departments = len(wecom_sandbox.member("lisi").departments)
        for visits in range(1, 5):
            browser = gateway.browser()
            await browser.sign_in()
            page = (await browser.get("/me")).text
            assert f'<p class="gp-corp">{company}</p>' in page
            assert f"{company} ({corp.corpid})" in page
            assert wecom_sandbox.counts()["department/get"] == visits * departments + 1
            gateway.clock.advance(hours=7)


async def test_a_company_whose_name_the_app_may_not_read_is_shown_by_its_id(gateway: Gateway) -> None:
    for visits in range(1, 5):
        browser = gateway.browser()
        await browser.sign_in()
        assert '<p class="gp-corp">wwgongpaidemo</p>' in (await browser.get("/me")).text
        departments = len(gateway.corner.member("lisi").departments)
        assert gateway.corner.counts()["department/get"] == visits * departments + 1
        gateway.clock.advance(hours=7)


async def test_departments_whose_names_cannot_be_read_are_shown_by_id(gateway: Gateway) -> None:
    gateway.corner.plan_fault("department/get", errcode=60011, share=1.0)
    browser = gateway.browser()
    await browser.sign_in()
    page = await browser.get("/me")
    assert page.status_code == 200
    assert str(gateway.corner.member("lisi").departments[0]) in page.text
    asked = gateway.corner.counts()["department/get"]
    await browser.get("/me")
    assert gateway.corner.counts()["department/get"] == asked


async def test_a_second_visit_asks_wecom_nothing(gateway: Gateway) -> None:
    browser = gateway.browser()
    await browser.sign_in()
    await browser.get("/me")
    before = gateway.corner.counts()
    await browser.get("/me")
    assert gateway.corner.counts() == before


async def test_a_second_sign_in_asks_only_who_it_is(gateway: Gateway) -> None:
    await gateway.browser().sign_in()
    gateway.corner.clear_journal()
    await gateway.browser().sign_in()
    counts = gateway.corner.counts()
    assert counts["auth/getuserinfo"] == 1
    assert {"user/get", "gettoken", "department/get", "department/simplelist"}.isdisjoint(counts)
    gateway.clock.advance(hours=1, seconds=1)
    await gateway.browser().sign_in()
    assert gateway.corner.counts()["user/get"] == 1


async def test_own_sessions_are_listed_and_ended(gateway: Gateway) -> None:
    phone, desktop = gateway.browser(), gateway.browser(DESKTOP_UA)
    await phone.sign_in()
    state = (await desktop.begin())["state"]
    await desktop.get(callback(state, gateway.mint("lisi", way="web")))
    page = (await phone.get("/me")).text
    handles = _handles(page)
    assert len(handles) == 2
    await phone.post("/me/sessions/end", {"handle": await _handle_of(desktop)}, page=page)
    assert (await desktop.get("/me")).status_code == 303
    assert len(_handles((await phone.get("/me")).text)) == 1
    await phone.post("/me/sessions/end", {"handle": await _handle_of(phone)}, page=page)
    assert (await phone.get("/me")).status_code == 303


async def test_a_person_ends_all_their_sessions_at_once_and_nobody_elses(gateway: Gateway) -> None:
    phone, desktop, stranger = gateway.browser(), gateway.browser(), gateway.browser()
    await phone.sign_in()
    assert 'action="/me/sessions/end/all"' not in (await phone.get("/me")).text
    await desktop.sign_in()
    state = (await stranger.begin())["state"]
    await stranger.get(callback(state, gateway.mint("zhaomin")))
    page = (await desktop.get("/me")).text
    assert 'action="/me/sessions/end/all"' in page
    assert (await desktop.post("/me/sessions/end/all", page=page)).headers["location"] == "/me"
    assert (await phone.get("/me")).status_code == 303
    assert (await desktop.get("/me")).status_code == 303
    assert (await stranger.get("/me")).status_code == 200


async def test_nobody_elses_session_can_be_ended(gateway: Gateway) -> None:
    victim, thief = gateway.browser(), gateway.browser()
    await victim.sign_in()
    state = (await thief.begin())["state"]
    await thief.get(callback(state, gateway.mint("zhaomin")))
    page = (await thief.get("/me")).text
    for handle in ("", "x" * 100, *_handles((await victim.get("/me")).text)):
        answer = await thief.post("/me/sessions/end", {"handle": handle}, page=page)
        assert answer.status_code == 400
    assert (await victim.get("/me")).status_code == 200


@pytest.mark.parametrize("path", _FORMS)
async def test_a_form_without_our_token_changes_nothing(gateway: Gateway, path: str) -> None:
    browser = gateway.browser()
    await browser.sign_in()
    await browser.get("/me")
    assert (await browser.http.post(path, data={"handle": "x"})).status_code == 403
    assert (await browser.get("/me")).status_code == 200


@pytest.mark.parametrize("path", _FORMS)
async def test_a_form_from_a_browser_whose_session_ended_leads_to_sign_in(gateway: Gateway, path: str) -> None:
    browser = gateway.browser()
    page = (await browser.get("/signout")).text
    answer = await browser.post(path, {"handle": "x"}, page=page)
    assert answer.status_code == 303
    assert "/me" not in answer.headers["location"].partition("?")[0]


async def test_a_session_ends_when_idle_and_at_its_absolute_limit(gateway: Gateway) -> None:
    browser = gateway.browser()
    await browser.sign_in()
    gateway.clock.advance(hours=7, minutes=59)
    assert (await browser.get("/me")).status_code == 200
    gateway.clock.advance(hours=3, minutes=50)
    assert (await browser.get("/me")).status_code == 200
    gateway.clock.advance(minutes=15)
    assert (await browser.get("/me")).status_code == 303


async def test_an_idle_session_ends(gateway: Gateway) -> None:
    browser = gateway.browser()
    await browser.sign_in()
    gateway.clock.advance(hours=8, seconds=1)
    assert (await browser.get("/me")).status_code == 303


async def test_the_language_is_chosen_by_a_switch_and_kept(gateway: Gateway) -> None:
    browser = gateway.browser(language="en")
    assert '<html lang="en"' in (await browser.get("/signout")).text
    answer = await browser.get("/language/zh?return_to=/signout")
    assert answer.headers["location"] == "/signout"
    assert '<html lang="zh' in (await browser.get("/signout")).text
    assert "__Host-gongpai_language" not in (await browser.get("/language/xx")).headers.get("set-cookie", "")
