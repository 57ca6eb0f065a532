"""T16: a gate cookie reaches another host only where that host's own browser began, once, at once, for one path."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from audited import events
from gateways import ATTENDANCE, PUBLIC_URL, Browser, app_config, query_of
from gongpai.gateway.config import Policy
from gongpai.sandbox import Corner
from guarded import APP, OTHER, Guarded, cookie_line, gate_config, guarded_host, open_guarded

PAGES = (Path(__file__).parents[1] / "data" / "open-redirects.txt").read_text(encoding="utf-8").splitlines()


@pytest.fixture
async def guarded(wecom_sandbox: Corner, tmp_path: Path) -> AsyncIterator[Guarded]:
    async with open_guarded(wecom_sandbox, tmp_path) as guarded:
        yield guarded


async def signed_in(guarded: Guarded) -> Browser:
    browser = guarded.gateway.browser()
    assert (await browser.sign_in()).headers["location"] == "/me"
    return browser


async def ticket_for(guarded: Guarded, browser: Browser, cookies: dict[str, str]) -> str:
    """Return the address with which *browser* would come back to the host."""
    begun = await guarded.visit(f"{APP}/.gongpai/begin?return_to=/", cookies)
    crossed = await browser.get(begun.headers["location"])
    assert crossed.status_code == 303, crossed.text
    location: str = crossed.headers["location"]
    assert location.startswith(f"{APP}/.gongpai/finish?ticket=")
    return location


async def test_a_signed_in_browser_is_let_in_without_another_sign_in(guarded: Guarded) -> None:
    browser = await signed_in(guarded)
    for origin in (APP, OTHER):
        cookies = await guarded.enter(browser, origin, "/page?x=1")
        answer = await guarded.ask("/page", origin=origin, cookie=cookie_line(cookies))
        assert answer.headers["x-auth-request-preferred-username"] == "lisi"
    assert len(events(guarded.gateway, "gate.entered")) == 2


async def test_no_step_on_the_host_is_kept_or_told_on_and_none_is_a_form(guarded: Guarded) -> None:
    cookies = dict[str, str]()
    location = await ticket_for(guarded, await signed_in(guarded), cookies)
    for url in (f"{APP}/.gongpai/begin", location, f"{APP}/.gongpai/nothing"):
        answer = await guarded.visit(url, cookies)
        assert (answer.headers["cache-control"], answer.headers["referrer-policy"]) == ("no-store", "no-referrer")
    async with guarded.http() as http:
        said = {"x-forwarded-host": urlsplit(APP).netloc}
        assert (await http.post("/.gongpai/begin", headers=said)).status_code == 404


async def test_whoever_came_by_an_app_that_the_host_does_not_know_signs_in_by_one_that_it_knows(
    wecom_sandbox: Corner, tmp_path: Path
) -> None:
    config = gate_config(guarded_host(apps=("attendance",)))
    second = app_config(wecom_sandbox, ATTENDANCE, "attendance")
    async with open_guarded(wecom_sandbox, tmp_path, config, second) as guarded:
        browser = guarded.gateway.browser()
        await browser.sign_in("/signin?app=main")
        begun = await guarded.visit(f"{APP}/.gongpai/begin?return_to=/", {})
        crossed = await browser.get(begun.headers["location"])
        assert (crossed.status_code, query_of(crossed.headers["location"])["app"]) == (303, "attendance")


async def test_without_the_nonce_the_ticket_is_burnt_and_the_sign_in_starts_on_the_host(guarded: Guarded) -> None:
    browser, cookies = await signed_in(guarded), dict[str, str]()
    location = await ticket_for(guarded, browser, cookies)
    stolen = await guarded.visit(location, {})
    assert stolen.status_code == 400
    assert "/.gongpai/begin?return_to=/" in stolen.text
    assert stolen.headers.get_list("set-cookie") == []
    burnt = await guarded.visit(location, cookies)
    assert burnt.status_code == 400
    assert "__Host-gongpai_gate" not in cookies


async def test_another_browsers_nonce_does_not_help(guarded: Guarded) -> None:
    browser = await signed_in(guarded)
    victims, attackers = dict[str, str](), dict[str, str]()
    location = await ticket_for(guarded, browser, attackers)
    await ticket_for(guarded, browser, victims)
    assert (await guarded.visit(location, victims)).status_code == 400
    assert "__Host-gongpai_gate" not in victims


async def test_a_ticket_is_good_once_for_thirty_seconds_and_for_its_host(guarded: Guarded) -> None:
    browser, cookies = await signed_in(guarded), dict[str, str]()
    location = await ticket_for(guarded, browser, cookies)
    elsewhere = location.replace(APP, OTHER)
    assert (await guarded.visit(elsewhere, cookies)).status_code == 400
    assert (await guarded.visit(location, cookies)).status_code == 400  # burnt by the try
    location = await ticket_for(guarded, browser, cookies)
    assert (await guarded.visit(location, cookies)).status_code == 303
    assert (await guarded.visit(location, cookies)).status_code == 400
    location = await ticket_for(guarded, browser, cookies)
    guarded.gateway.clock.advance(seconds=30)
    assert (await guarded.visit(location, cookies)).status_code == 400


async def test_a_wish_grows_old_and_nothing_is_begun_for_a_prefetch(guarded: Guarded) -> None:
    browser, cookies = await signed_in(guarded), dict[str, str]()
    begun = await guarded.visit(f"{APP}/.gongpai/begin?return_to=/", cookies)
    guarded.gateway.clock.advance(minutes=20)
    assert (await browser.get(begun.headers["location"])).status_code == 400
    ahead = await guarded.visit(f"{APP}/.gongpai/begin?return_to=/", cookies, **{"sec-purpose": "prefetch"})
    assert ahead.status_code == 503
    location = await ticket_for(guarded, browser, cookies)
    assert (await guarded.visit(location, cookies, **{"sec-purpose": "prefetch"})).status_code == 503
    assert (await guarded.visit(location, cookies)).status_code == 303


@pytest.mark.parametrize("broken", ["", "x", "A" * 3000, "é"])
async def test_what_is_not_sealed_by_us_is_refused_on_both_sides(guarded: Guarded, broken: str) -> None:
    browser, cookies = await signed_in(guarded), dict[str, str]()
    assert (await guarded.visit(f"{APP}/.gongpai/finish?ticket={broken}", cookies)).status_code == 400
    assert (await browser.get(f"/handover/{broken or 'x'}")).status_code == 400


async def test_a_ticket_of_a_session_that_has_ended_opens_nothing(guarded: Guarded) -> None:
    browser, cookies = await signed_in(guarded), dict[str, str]()
    location = await ticket_for(guarded, browser, cookies)
    page = await browser.get("/me")
    await browser.post("/signout", page=page.text)
    assert (await guarded.visit(location, cookies)).status_code == 400


async def test_whoever_is_not_signed_in_signs_in_first_and_is_then_let_in(guarded: Guarded) -> None:
    browser, cookies = guarded.gateway.browser(), dict[str, str]()
    begun = await guarded.visit(f"{APP}/.gongpai/begin?return_to=/deep", cookies)
    to_sign_in = await browser.get(begun.headers["location"])
    assert to_sign_in.headers["location"].startswith("/signin?return_to=%2Fhandover%2F")
    back = await browser.sign_in(to_sign_in.headers["location"])
    assert back.headers["location"] == urlsplit(begun.headers["location"]).path
    crossed = await browser.get(back.headers["location"])
    done = await guarded.visit(crossed.headers["location"], cookies)
    assert done.headers["location"] == f"{APP}/deep"


@pytest.mark.parametrize("payload", PAGES[::9])
async def test_101_the_way_back_stays_on_its_host_whatever_was_asked(guarded: Guarded, payload: str) -> None:
    browser, cookies = await signed_in(guarded), dict[str, str]()
    async with guarded.http() as http:
        said = {"x-forwarded-host": urlsplit(APP).netloc, "x-forwarded-method": "GET", "x-forwarded-uri": "/"}
        begun = await http.get("/.gongpai/begin", params={"return_to": payload}, headers=said)
    cookies["__Host-gongpai_nonce"] = begun.headers["set-cookie"].partition(";")[0].partition("=")[2]
    assert begun.headers["location"].startswith(f"{PUBLIC_URL}/handover/")
    crossed = await browser.get(begun.headers["location"])
    done = await guarded.visit(crossed.headers["location"], cookies)
    assert done.status_code == 303
    assert urlsplit(done.headers["location"]).netloc == urlsplit(APP).netloc


async def test_the_policy_of_the_host_keeps_people_out_with_a_page(wecom_sandbox: Corner, tmp_path: Path) -> None:
    host = guarded_host(policy=Policy(allow_departments=frozenset({2})))
    closed = guarded_host("other", OTHER, policy=Policy(deny_userids=frozenset({"lisi"})), contact="张三，分机 8086")
    async with open_guarded(wecom_sandbox, tmp_path, gate_config(host, closed)) as guarded:
        browser, cookies = await signed_in(guarded), dict[str, str]()
        begun = await guarded.visit(f"{OTHER}/.gongpai/begin?return_to=/", cookies)
        refused = await browser.get(begun.headers["location"])
        assert refused.status_code == 403
        assert "location" not in refused.headers
        # The page names the host and whom to ask, and leads to where somebody else can sign in.
        assert f"You may not use {urlsplit(OTHER).netloc}" in refused.text
        assert "张三，分机 8086" in refused.text
        assert 'href="/me"' in refused.text
        (told,) = events(guarded.gateway, "gate.refused")
        assert told["facts"] == {"reason": "denied", "host": "other"}
