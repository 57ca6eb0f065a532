"""T1: a code that reaches any path of ours is tombstoned at once, and dead under every other state."""

import pytest

from gateways import DESKTOP_UA, Gateway, callback


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere?code={code}",
        "/me?x=1&c%6fde={code}",
        "/static/nothing.css?a;code={code}",
        "/signin?code={code}&state=theirs",
        "/signin/callback/main?code={code}&state=AAAABBBBCCCCDDDD",
        "/signin/callback/other?code={code}",
        "/?code=1&code=2&code=3&code={code}&state=x",
    ],
)
async def test_a_code_fetched_by_a_colleagues_browser_cannot_be_played(gateway: Gateway, path: str) -> None:
    code = gateway.mint("zhaomin")
    victim = gateway.browser()
    await victim.get(path.format(code=code))
    attacker = gateway.browser()
    state = (await attacker.begin())["state"]
    answer = await attacker.get(callback(state, code))
    assert answer.status_code == 403
    assert "location" not in answer.headers
    assert gateway.corner.counts().get("auth/getuserinfo", 0) == 0


@pytest.mark.parametrize(
    "path", ["/nowhere?code={code}&state={state}", "/signin/callback/main?code={code}&state={state}"]
)
@pytest.mark.parametrize("has_cookie", [False, True])
async def test_not_even_under_the_attackers_state_in_the_colleagues_own_link(
    gateway: Gateway, path: str, *, has_cookie: bool
) -> None:
    attacker, victim = gateway.browser(), gateway.browser(DESKTOP_UA)
    state, code = (await attacker.begin())["state"], gateway.mint("zhaomin")
    if has_cookie:
        await victim.begin()
    await victim.get(path.format(code=code, state=state))
    answer = await attacker.get(callback(state, code))
    assert answer.status_code == 403
    assert attacker.cookie("__Host-gongpai_session") is None
    assert gateway.corner.counts().get("auth/getuserinfo", 0) == 0


async def test_a_head_request_tombstones_too_and_harms_its_own_state_not(gateway: Gateway) -> None:
    browser = gateway.browser()
    state = (await browser.begin())["state"]
    code = gateway.mint("lisi")
    await browser.http.head(callback(state, code))
    other = gateway.browser()
    theirs = (await other.begin())["state"]
    assert (await other.get(callback(theirs, code))).status_code == 403
    assert (await browser.get(callback(state, code))).headers["location"] == "/me"


async def test_a_tombstone_lies_in_the_store_for_all_nodes_as_a_keyed_hash(gateway: Gateway) -> None:
    code = gateway.mint("lisi")
    await gateway.browser().get(f"/nowhere?code={code}")
    files = gateway.storage.glob("gongpai.db*")
    assert not any(code.encode() in file.read_bytes() for file in files)
