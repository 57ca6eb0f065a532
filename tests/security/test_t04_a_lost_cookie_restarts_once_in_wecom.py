"""T4: WeCom's desktop client may open the callback without the cookie: restart silently once, never on the web."""

import pytest

from gateways import DESKTOP_UA, Gateway, callback, query_of

_BUTTON = 'href="/signin?app=main&amp;return_to=%2Fme"'


async def test_the_client_that_lost_its_cookie_signs_in_after_one_silent_restart(gateway: Gateway) -> None:
    first, second = gateway.browser(), gateway.browser()
    state = (await first.begin("/signin?return_to=/signout"))["state"]
    again = await second.get(callback(state, gateway.mint("lisi")))
    assert again.status_code == 303
    new_state = query_of(again.headers["location"])["state"]
    assert new_state != state
    done = await second.get(callback(new_state, gateway.mint("lisi")))
    assert done.headers["location"] == "/signout"
    assert gateway.corner.counts()["auth/getuserinfo"] == 1


async def test_the_second_miss_is_a_page_with_a_button(gateway: Gateway) -> None:
    state = (await gateway.browser().begin())["state"]
    again = await gateway.browser().get(callback(state, gateway.mint("lisi")))
    new_state = query_of(again.headers["location"])["state"]
    page = await gateway.browser().get(callback(new_state, gateway.mint("lisi")))
    assert page.status_code == 400
    assert _BUTTON in page.text


async def test_a_restart_kills_the_old_attempt(gateway: Gateway) -> None:
    first = gateway.browser()
    state = (await first.begin())["state"]
    code = gateway.mint("lisi")
    await gateway.browser().get(callback(state, code))
    assert (await first.get(callback(state, code))).status_code == 400
    assert gateway.corner.counts().get("auth/getuserinfo", 0) == 0


@pytest.mark.parametrize(("begins_with", "returns_with"), [(DESKTOP_UA, DESKTOP_UA), (None, DESKTOP_UA)])
async def test_outside_wecom_a_lost_cookie_is_a_page_with_a_button(
    gateway: Gateway, begins_with: str | None, returns_with: str
) -> None:
    first = gateway.browser(begins_with) if begins_with else gateway.browser()
    state = (await first.begin())["state"]
    page = await gateway.browser(returns_with).get(callback(state, gateway.mint("lisi")))
    assert page.status_code == 400
    assert _BUTTON in page.text


async def test_a_restart_never_replaces_a_live_session(gateway: Gateway) -> None:
    signed_in = gateway.browser()
    await signed_in.sign_in()
    signed_in.http.cookies.delete("__Host-gongpai_browser")
    state = (await gateway.browser().begin())["state"]
    page = await signed_in.get(callback(state, gateway.mint("zhaomin")))
    assert page.status_code == 400
    assert "lisi" in (await signed_in.get("/me")).text


async def test_a_trip_of_the_web_is_not_restarted_even_inside_wecom(gateway: Gateway) -> None:
    state = (await gateway.browser(DESKTOP_UA).begin())["state"]
    page = await gateway.browser().get(callback(state, gateway.mint("lisi", way="web")))
    assert page.status_code == 400
    assert _BUTTON in page.text


async def test_a_browser_that_is_bound_to_something_else_is_not_restarted(gateway: Gateway) -> None:
    state, other = (await gateway.browser().begin())["state"], gateway.browser()
    await other.begin()
    page = await other.get(callback(state, gateway.mint("lisi")))
    assert page.status_code == 400
    assert "location" not in page.headers
