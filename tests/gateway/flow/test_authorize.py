"""The journey of an authorization request through sign-in, consent and back."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest

from audited import events
from gateways import DESKTOP_UA, Browser, Gateway, app_config, callback, gateway_config, open_gateway, query_of
from gongpai.gateway.records_provider import PartyPolicy, RelyingParty, WebLoginRule
from gongpai.sandbox import Corner
from gongpai.wecom import App
from relying_party import LUNCH, WIKI, Party, follow

Open = Callable[..., AbstractAsyncContextManager[Gateway]]


@pytest.fixture
def opened(wecom_sandbox: Corner, tmp_path: Path) -> Open:
    def open_with(party: RelyingParty = WIKI, **settings: object) -> AbstractAsyncContextManager[Gateway]:
        parties = {party.client_id: party}
        return open_gateway(wecom_sandbox, gateway_config(wecom_sandbox, tmp_path, parties=parties, **settings))

    return open_with


async def arrive(browser: Browser, url: str) -> httpx2.Response:
    """Go on until a page or an address that is not ours comes."""
    answer = await browser.get(url)
    while answer.status_code in {302, 303} and answer.headers["location"].startswith(
        ("/", "http://127", "https://sso")
    ):
        answer = await browser.get(answer.headers["location"])
    return answer


async def web_sign_in(gateway: Gateway, browser: Browser, answer: httpx2.Response) -> httpx2.Response:
    """Scan and confirm for a browser that was sent to sign in; return where it is sent then."""
    begun = await browser.get(answer.headers["location"])
    state = query_of(begun.headers["location"])["state"]
    return await browser.get(callback(state, gateway.mint("lisi", way="web")))


def field(page: str, name: str) -> str:
    return page.split(f'name="{name}" value="')[1].split('"', maxsplit=1)[0]


async def say(browser: Browser, page: httpx2.Response, answer: str) -> httpx2.Response:
    fields = {"session": field(page.text, "session"), "answer": answer}
    action = page.text.split('<form method="post" action="')[1].split('"', maxsplit=1)[0]
    return await browser.post(action, fields, page=page.text)


async def test_a_party_that_is_not_trusted_needs_a_yes_once(provider: Gateway) -> None:
    party, browser = Party(provider, LUNCH, None), provider.browser()
    page = await arrive(browser, party.url(scope="openid profile"))
    assert page.status_code == 200
    for words in ("Lunch", "lunch.example.com", "Your profile"):
        assert words in page.text
    assert "form-action 'self'" in page.headers["content-security-policy"]
    assert " https: http:;" in page.headers["content-security-policy"]
    back = await say(browser, page, "allow")
    assert (await party.redeem(query_of(back.headers["location"])["code"])).status_code == 200
    again = await browser.get(party.url(scope="openid profile"))
    assert "code" in query_of(again.headers["location"])
    more = await browser.get(party.url(scope="openid email"))
    assert more.status_code == 200


async def test_the_page_that_asks_can_be_read_in_the_other_language(provider: Gateway) -> None:
    party, browser = Party(provider, LUNCH, None), provider.browser()
    await browser.sign_in()
    page = await browser.get(party.url(scope="openid profile"))
    switch = page.text.split('hreflang="zh"')[1].split('href="')[1].split('"')[0]
    switched = await browser.get((await browser.get(switch)).headers["location"])
    assert switched.status_code == 200
    assert "登录Lunch" in switched.text


async def test_a_no_goes_to_the_party_and_is_not_remembered(provider: Gateway) -> None:
    party, browser = Party(provider, LUNCH, None), provider.browser()
    page = await arrive(browser, party.url())
    told = query_of((await say(browser, page, "refuse")).headers["location"])
    assert (told["error"], told["state"]) == ("access_denied", party.state)
    assert (await say(browser, page, "allow")).status_code == 400
    assert (await arrive(browser, party.url())).status_code == 200


async def test_prompt_consent_asks_again(provider: Gateway) -> None:
    party, browser = Party(provider), provider.browser()
    page = await arrive(browser, party.url(prompt="consent"))
    assert page.status_code == 200
    assert "code" in query_of((await say(browser, page, "allow")).headers["location"])


async def test_select_account_asks_whether_to_go_on_as_who_they_are(provider: Gateway) -> None:
    party, browser = Party(provider), provider.browser(DESKTOP_UA)
    await web_sign_in(provider, browser, await browser.get(party.url()))
    provider.clock.advance(seconds=1)
    page = await browser.get(party.url(prompt="select_account"))
    assert page.status_code == 200
    assert "(lisi)" in page.text
    assert " https: http:;" in page.headers["content-security-policy"]
    assert "code" in query_of((await say(browser, page, "stay")).headers["location"])
    again = await browser.get(party.url(prompt="select_account"))
    another = await say(browser, again, "another")
    wish = query_of(another.headers["location"])
    assert (wish["via"], wish["fresh"]) == ("web", "1")
    back = await web_sign_in(provider, browser, another)
    assert "code" in query_of((await browser.get(back.headers["location"])).headers["location"])


async def test_ui_locales_speak_for_the_journey_until_the_person_chooses(provider: Gateway) -> None:
    party, browser = Party(provider, LUNCH, None), provider.browser()
    page = await arrive(browser, party.url(ui_locales="fr-CA zh-CN"))
    assert page.headers["content-language"] == "zh"
    assert (await browser.get("/me")).headers["content-language"] == "zh"
    await browser.get("/language/en")
    assert (await browser.get(party.url(ui_locales="zh"))).headers["content-language"] == "en"


async def test_a_yes_of_somebody_who_is_not_signed_in_any_more_counts_for_nobody(provider: Gateway) -> None:
    party, browser = Party(provider, LUNCH, None), provider.browser()
    page = await arrive(browser, party.url())
    fields = {"session": "0" * 64, "answer": "allow"}
    asked_again = await browser.post(str(page.url), fields, page=page.text)
    assert asked_again.status_code == 200
    assert 'value="allow"' in asked_again.text


async def test_a_withdrawn_consent_ends_the_tokens_and_asks_again(provider: Gateway) -> None:
    party, browser = Party(provider, LUNCH, None), provider.browser()
    page = await arrive(browser, party.url(scope="openid profile offline_access"))
    code = query_of((await say(browser, page, "allow")).headers["location"])["code"]
    tokens = (await party.redeem(code)).json()
    me = await browser.get("/me")
    assert "Lunch" in me.text
    assert (await browser.post("/me/consents/withdraw", {"client_id": "lunch"}, page=me.text)).status_code == 303
    assert (await party.userinfo(tokens["access_token"])).status_code == 401
    assert (await party.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"
    assert "Lunch" not in (await browser.get("/me")).text
    assert (await arrive(browser, party.url())).status_code == 200
    nothing = await browser.post("/me/consents/withdraw", {"client_id": "lunch"}, page=me.text)
    assert nothing.status_code == 400


async def test_withdrawing_needs_a_session(provider: Gateway) -> None:
    browser = provider.browser()
    page = (await browser.get("/signout")).text
    answer = await browser.post("/me/consents/withdraw", {"client_id": "lunch"}, page=page)
    assert answer.headers["location"].startswith("/signin")


@pytest.mark.parametrize(
    ("prompt", "error"), [("none", "login_required"), ("none login", "invalid_request"), ("maybe", "invalid_request")]
)
async def test_prompt_none_is_answered_by_redirect(provider: Gateway, prompt: str, error: str) -> None:
    answer = await provider.browser().get(Party(provider).url(prompt=prompt))
    told = query_of(answer.headers["location"])
    assert (told["error"], told["iss"]) == (error, provider.config.public_url)


async def test_prompt_none_of_a_leaver_says_login_required(provider: Gateway) -> None:
    party, browser = Party(provider), provider.browser()
    await party.sign_in(browser)
    provider.corner.plan_fault("user/get", errcode=60111, share=1.0)
    provider.clock.advance(hours=2)
    told = query_of((await browser.get(party.url(prompt="none"))).headers["location"])
    assert told["error"] == "login_required"
    assert (await browser.get(party.url(prompt="none"))).status_code == 303


async def test_prompt_none_needing_consent_says_so(provider: Gateway) -> None:
    browser = provider.browser()
    await browser.sign_in()
    told = query_of((await browser.get(Party(provider, LUNCH, None).url(prompt="none"))).headers["location"])
    assert told["error"] == "consent_required"


@pytest.mark.parametrize("wish", [{"prompt": "login"}, {"max_age": "0"}, {"max_age": "10000"}])
async def test_a_silent_sign_in_satisfies_neither_prompt_login_nor_max_age(
    provider: Gateway, wish: dict[str, str]
) -> None:
    party, browser = Party(provider), provider.browser()
    await browser.sign_in()
    told = query_of(await follow(browser, await browser.get(party.url(**wish))))
    assert told["error"] == "login_required"


async def test_prompt_login_asks_for_a_scan_whatever_session_there_is(provider: Gateway) -> None:
    party, browser = Party(provider), provider.browser(DESKTOP_UA)
    first = await web_sign_in(provider, browser, await browser.get(party.url()))
    assert "code" in query_of(await follow(browser, first))
    provider.clock.advance(minutes=2)
    assert "code" in query_of(await follow(browser, await browser.get(party.url(max_age="180"))))
    asked = await browser.get(party.url(prompt="login"))
    assert "fresh=1" in asked.headers["location"]
    back = query_of(await follow(browser, await web_sign_in(provider, browser, asked)))
    claims = await party.claims((await party.redeem(back["code"])).json()["id_token"])
    assert claims["auth_time"] == int(provider.clock().timestamp())
    assert claims["amr"] == ["web"]


async def test_a_silent_return_keeps_the_time_of_the_last_confirmation(provider: Gateway) -> None:
    party, browser = Party(provider), provider.browser()
    state = (await browser.begin("/signin?via=web"))["state"]
    await browser.get(callback(state, provider.mint("lisi", way="web")))
    confirmed_at = int(provider.clock().timestamp())
    provider.clock.advance(minutes=5)
    await browser.sign_in("/signin?via=in_app")
    claims = await party.claims((await party.tokens(browser))["id_token"])
    assert (claims["auth_time"], claims["amr"]) == (confirmed_at, ["in_app"])


async def test_an_id_token_hint_of_somebody_else_is_not_answered(provider: Gateway) -> None:
    party, browser = Party(provider), provider.browser()
    tokens = await party.tokens(browser)
    right = await browser.get(party.url(prompt="none", id_token_hint=tokens["id_token"]))
    assert "code" in query_of(right.headers["location"])
    provider.corner.hold_phone("wangwu")
    other = provider.browser()
    await other.sign_in()
    for hint in (tokens["id_token"], "garbage"):
        told = query_of((await other.get(party.url(prompt="none", id_token_hint=hint))).headers["location"])
        assert told["error"] == "login_required"


async def test_a_post_works_the_same_though_it_shows_no_cookie(provider: Gateway) -> None:
    party, browser = Party(provider), provider.browser()
    await browser.sign_in()
    form = {"content-type": "application/x-www-form-urlencoded"}
    stranger = provider.browser()
    answer = await stranger.http.post("/authorize", content=party.query(), headers=form)
    back = await browser.get(answer.headers["location"])
    assert query_of(back.headers["location"])["state"] == party.state
    assert (await browser.get(answer.headers["location"])).status_code == 400


async def test_another_browser_cannot_go_on_with_a_request(provider: Gateway) -> None:
    party, browser = Party(provider, LUNCH, None), provider.browser()
    page = await arrive(browser, party.url())
    other = provider.browser()
    await other.sign_in()
    assert (await other.get(str(page.url))).status_code == 400
    form = (await other.get("/signout")).text
    assert (await other.post(str(page.url), {"answer": "allow"}, page=form)).status_code == 400
    assert (await say(browser, page, "allow")).status_code == 303


async def test_a_request_that_is_half_an_hour_old_is_over(provider: Gateway) -> None:
    party, browser = Party(provider, LUNCH, None), provider.browser()
    page = await arrive(browser, party.url())
    provider.clock.advance(minutes=30)
    assert (await browser.get(str(page.url))).status_code == 400
    assert (await browser.get("/authorize/" + "x" * 99)).status_code == 400


async def test_head_and_prefetch_begin_nothing(provider: Gateway) -> None:
    browser, url = provider.browser(), Party(provider).url()
    assert (await browser.http.head(url)).status_code == 503
    assert (await browser.http.get(url, headers={"sec-purpose": "prefetch"})).status_code == 503


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        (PartyPolicy(allow_departments=frozenset({99})), "certain departments or people"),
        (PartyPolicy(deny_userids=frozenset({"lisi"})), "switched off"),
        (PartyPolicy(corpids=frozenset({"wwother"})), "certain departments or people"),
    ],
)
async def test_who_may_not_use_a_party_gets_a_page_that_names_it_and_whom_to_ask(
    opened: Open, policy: PartyPolicy, words: str
) -> None:
    async with opened(replace(WIKI, policy=policy, contact="wiki@example.com")) as gateway:
        party, browser = Party(gateway), gateway.browser()
        page = await arrive(browser, party.url())
        assert page.status_code == 403
        for each in ("The Wiki", "wiki@example.com", words, "error=access_denied"):
            assert each in page.text
        again = await arrive(browser, page.text.split('hreflang="zh"')[1].split('href="')[1].split('"')[0])
        assert (again.status_code, "您不能使用The Wiki" in again.text) == (403, True)
        told = query_of((await browser.get(party.url(prompt="none"))).headers["location"])
        assert told["error"] == "access_denied"


async def test_who_is_turned_away_is_recorded_with_the_app_they_came_through(opened: Open) -> None:
    async with opened(replace(WIKI, policy=PartyPolicy(deny_userids=frozenset({"lisi"})))) as gateway:
        await arrive(gateway.browser(), Party(gateway).url())
        (event,) = events(gateway, "party.turned_away")
        assert (event["app"], event["facts"]) == ("main", {"client_id": "wiki", "reason": "denied"})


async def test_a_party_that_the_web_login_may_not_open_asks_for_wecom(opened: Open) -> None:
    policy = PartyPolicy(web_login=WebLoginRule.DENY)
    async with opened(replace(WIKI, policy=policy)) as gateway:
        page = await arrive(gateway.browser(DESKTOP_UA), Party(gateway).url())
        assert page.status_code == 403
        assert "inside WeCom" in page.text
        assert "code" in await Party(gateway).sign_in(gateway.browser())


async def test_one_address_begins_only_so_many_requests_a_minute(opened: Open) -> None:
    async with opened(starts_per_minute=3) as gateway:
        party = Party(gateway)
        for _ in range(3):
            assert (await gateway.browser().get(party.url())).status_code == 303
        assert (await gateway.browser().get(party.url())).status_code == 429
        gateway.clock.advance(seconds=61)
        assert (await gateway.browser().get(party.url())).status_code == 303


async def test_with_several_corps_a_party_that_names_none_is_open_to_nobody(
    wecom_sandbox: Corner, tmp_path: Path
) -> None:
    main = app_config(wecom_sandbox)
    other = replace(main, name="other", app=App("wwffffffffffffffff", 1000002, "a secret of this test"))
    named = replace(WIKI, policy=PartyPolicy(corpids=frozenset({"wwgongpaidemo"})))
    parties = {"wiki": named, "lunch": LUNCH}
    config = gateway_config(wecom_sandbox, tmp_path, main, other, parties=parties)
    async with open_gateway(wecom_sandbox, config) as gateway:
        browser = gateway.browser()
        await browser.sign_in("/signin?app=main")
        assert (await browser.get(Party(gateway, LUNCH, None).url())).status_code == 403
        tokens = await Party(gateway, named).tokens(browser, scope="openid profile")
        told = (await Party(gateway, named).userinfo(tokens["access_token"])).json()
        assert told["preferred_username"] == "lisi.wwgongpaidemo"


async def test_after_signing_out_a_party_gets_nobody_without_a_click(provider: Gateway) -> None:
    party, browser = Party(provider), provider.browser()
    await party.sign_in(browser)
    await browser.post("/signout", page=(await browser.get("/signout")).text)
    page = await arrive(browser, party.url())
    assert page.status_code == 200
    assert "https:" in page.headers["content-security-policy"]
    fields = {name: field(page.text, name) for name in ("return_to",)}
    answer = await browser.post("/signin", fields, page=page.text)
    assert "code" in query_of(await follow(browser, answer))
