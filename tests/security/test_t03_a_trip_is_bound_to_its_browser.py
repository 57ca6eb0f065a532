"""T3: an attempt is bound to the browser that began it; WeCom's state alone opens nothing of ours."""

import pytest

from gateways import DESKTOP_UA, Gateway, callback


async def test_another_browser_with_the_right_state_and_code_gets_nothing(gateway: Gateway) -> None:
    victim, thief = gateway.browser(DESKTOP_UA), gateway.browser(DESKTOP_UA)
    state = (await victim.begin())["state"]
    await thief.begin()
    code = gateway.mint("lisi", way="web")
    answer = await thief.get(callback(state, code))
    assert answer.status_code == 400
    assert thief.cookie("__Host-gongpai_session") is None
    assert gateway.corner.counts().get("auth/getuserinfo", 0) == 0


async def test_the_attempt_of_the_browser_that_began_survives_the_thief(gateway: Gateway) -> None:
    victim, thief = gateway.browser(DESKTOP_UA), gateway.browser(DESKTOP_UA)
    state = (await victim.begin())["state"]
    await thief.begin()
    code = gateway.mint("lisi", way="web")
    await thief.get(callback(state, code))
    assert (await victim.get(callback(state, gateway.mint("lisi", way="web")))).headers["location"] == "/me"
    assert gateway.corner.counts()["auth/getuserinfo"] == 1


async def test_a_guessed_browser_secret_is_no_key(gateway: Gateway) -> None:
    browser = gateway.browser(DESKTOP_UA)
    state = (await browser.begin())["state"]
    code = gateway.mint("lisi", way="web")
    thief = gateway.browser(DESKTOP_UA)
    answer = await thief.get(callback(state, code), cookie="__Host-gongpai_browser=guess")
    assert answer.status_code == 400


@pytest.mark.parametrize("path", ["/authorize", "/signout/confirm", "/end_session", "/nowhere"])
async def test_what_another_site_posts_takes_no_trip_from_its_browser(gateway: Gateway, path: str) -> None:
    browser = gateway.browser(DESKTOP_UA)
    state = (await browser.begin())["state"]
    own = browser.cookie("__Host-gongpai_browser") or ""
    # With a form of another site's a browser sends no cookie that is SameSite=Lax, but it keeps what the answer sets.
    browser.http.cookies.clear()
    answer = await browser.http.post(path, data={"client_id": "nobody"})
    cookie = browser.cookie("__Host-gongpai_browser") or own
    answer = await browser.get(
        callback(state, gateway.mint("lisi", way="web")), cookie=f"__Host-gongpai_browser={cookie}"
    )
    assert answer.headers.get("location") == "/me"
