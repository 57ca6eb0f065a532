"""Attacks 45 to 54: the way through WeCom and back, and the browser that goes it."""

import pytest

from attacks.conftest import Open
from gateways import Gateway, callback, query_of
from relying_party import LUNCH, Party

_START_AGAIN = 'href="/signin'
_SESSION = "__Host-gongpai_session"


async def test_attack_045_a_way_back_that_comes_again_is_answered_alike_in_its_browser_only(opened: Open) -> None:
    async with opened() as gateway:
        browser, thief = gateway.browser(), gateway.browser()
        url = callback((await browser.begin())["state"], gateway.mint("lisi"))
        first, second = await browser.get(url), await browser.get(url)
        assert {(each.status_code, each.headers["location"]) for each in (first, second)} == {(303, "/me")}
        await thief.begin()
        stolen = await thief.get(url)
        assert (stolen.status_code, "location" in stolen.headers) == (400, False)
        assert (await thief.get("/me")).status_code == 303
        gateway.clock.advance(seconds=61)
        assert (await browser.get(url)).status_code == 400
        assert gateway.corner.counts()["auth/getuserinfo"] == 1


@pytest.mark.parametrize("state", [None, "", "unknown", "x" * 200, "expired"])
async def test_attack_046_a_way_back_without_a_living_state_offers_to_start_again(
    provider: Gateway, state: str | None
) -> None:
    browser = provider.browser()
    begun = await browser.begin()
    if state == "expired":
        state = begun["state"]
        provider.clock.advance(minutes=16)
    query = "" if state is None else f"&state={state}"
    answer = await browser.get(f"/signin/callback/main?code={provider.mint('lisi')}{query}")
    assert (answer.status_code, "location" in answer.headers) == (400, False)
    assert _START_AGAIN in answer.text
    assert browser.cookie(_SESSION) is None


async def test_attack_047_no_state_of_wecoms_trip_opens_a_code_of_ours(provider: Gateway) -> None:
    party, browser, thief = Party(provider), provider.browser(), provider.browser()
    begun = await browser.get((await browser.get(party.url())).headers["location"])
    state = query_of(begun.headers["location"])["state"]
    for path in (f"/authorize/{state}", f"/signin/callback/main?state={state}&code=x"):
        answer = await thief.get(path)
        assert "wiki.example.com" not in answer.headers.get("location", "")


async def test_attack_050_a_session_from_before_the_sign_in_is_not_the_one_after_it(provider: Gateway) -> None:
    attacker, victim = provider.browser(), provider.browser()
    await attacker.sign_in()
    planted = attacker.cookie(_SESSION) or ""
    victim.http.cookies.set(_SESSION, planted, domain="sso.gongpai.test")
    state = (await victim.begin("/signin?via=web"))["state"]
    await victim.get(callback(state, provider.mint("lisi", way="web")))
    after = [each.value for each in victim.http.cookies.jar if each.name == _SESSION and each.value != planted]
    assert len(after) == 1
    assert (await provider.browser().get("/me", cookie=f"{_SESSION}={after[0]}")).status_code == 200
    assert (await provider.browser().get("/me", cookie=f"{_SESSION}={planted}")).status_code == 303


@pytest.mark.parametrize("page", ["consent", "signout", "refusal"])
async def test_attack_051_our_pages_cannot_be_framed(provider: Gateway, page: str) -> None:
    browser = provider.browser()
    await browser.sign_in()
    asked = {
        "consent": Party(provider, LUNCH, None).url(),
        "signout": "/signout",
        "refusal": Party(provider).url(client_id="nobody"),
    }
    answer = await browser.get(asked[page])
    answer = await browser.get(answer.headers.get("location", asked[page]))
    assert ("<form" in answer.text) == (page != "refusal")
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize("path", ["/authorize/x", "/device", "/device/confirm", "/signout/confirm"])
async def test_attack_052_a_form_without_this_browsers_token_does_nothing(provider: Gateway, path: str) -> None:
    browser, other = provider.browser(), provider.browser()
    await browser.sign_in()
    await other.get("/signout")
    token = (await other.get("/signout")).text.split('name="csrf_token" value="')[1].split('"')[0]
    for fields in ({"answer": "allow"}, {"answer": "allow", "csrf_token": token}):
        assert (await browser.http.post(path, data=fields)).status_code == 403
    assert (await browser.get("/me")).status_code == 200


async def test_attack_054_forty_requests_in_one_browser_leave_one_cookie(provider: Gateway) -> None:
    party, browser = Party(provider), provider.browser()
    begun = [(await browser.get(party.url())).headers["location"] for _ in range(40)]
    assert len(browser.http.cookies) == 1
    answer = await browser.get(begun[0])
    for _ in range(3):
        answer = await browser.get(answer.headers["location"])
    assert "code" in query_of(answer.headers["location"])
