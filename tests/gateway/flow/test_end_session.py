"""A party signs somebody out, when it is certain that they are meant."""

import re
from html import unescape
from urllib.parse import urlencode

import pytest

from gateways import Browser, Gateway
from relying_party import LUNCH, Party

BYE = "https://wiki.example.com/bye"


def url(**parameters: str) -> str:
    return f"/end_session?{urlencode(parameters)}"


async def in_chinese(browser: Browser, page: str) -> str:
    """Return what the language switch of *page* leads to."""
    found = re.search(r'href="(/language/zh[^"]*)"', page)
    assert found is not None, page
    back = await browser.get(unescape(found[1]))
    shown = await browser.get(back.headers["location"])
    assert (shown.status_code, '<html lang="zh' in shown.text) == (200, True)
    return shown.text


async def is_signed_in(browser: Browser) -> bool:
    return (await browser.get("/me")).status_code == 200


async def test_a_party_with_the_persons_id_token_signs_them_out_and_gets_them_back(provider: Gateway) -> None:
    party, browser = Party(provider), provider.browser()
    tokens = await party.tokens(browser)
    right = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": BYE, "state": "s 1"}
    answer = await browser.get(url(**right))
    assert answer.headers["location"] == f"{BYE}?state=s+1"
    assert not await is_signed_in(browser)
    assert (await party.userinfo(tokens["access_token"])).status_code == 401


async def test_a_post_does_the_same(provider: Gateway) -> None:
    party, browser = Party(provider), provider.browser()
    hint = (await party.tokens(browser))["id_token"]
    stranger = provider.browser()
    sent = {"id_token_hint": hint, "post_logout_redirect_uri": BYE, "other": "x"}
    answer = await stranger.http.post("/end_session", data=sent)
    assert "other" not in answer.headers["location"]
    assert (await browser.get(answer.headers["location"])).headers["location"] == BYE
    assert not await is_signed_in(browser)


@pytest.mark.parametrize(
    "changes",
    [
        {"id_token_hint": None},
        {"id_token_hint": "garbage"},
        {"post_logout_redirect_uri": BYE + "?x=1"},
        {"post_logout_redirect_uri": "https://evil.example/"},
        {"client_id": "lunch"},
    ],
)
async def test_in_doubt_the_person_is_asked_and_never_sent_away(
    provider: Gateway, changes: dict[str, str | None]
) -> None:
    party, browser = Party(provider), provider.browser()
    right = {"id_token_hint": (await party.tokens(browser))["id_token"], "post_logout_redirect_uri": BYE}
    sent = {name: value for name, value in {**right, **changes}.items() if value is not None}
    page = await browser.get(url(**sent))
    assert page.status_code == 200
    assert await is_signed_in(browser)
    done = await browser.post("/signout/confirm", page=page.text)
    assert (done.status_code, "location" in done.headers) == (200, False)
    assert not await is_signed_in(browser)


async def test_the_hint_of_an_earlier_sign_in_asks_first_and_then_leads_back(provider: Gateway) -> None:
    party, browser = Party(provider), provider.browser()
    hint = (await party.tokens(browser))["id_token"]
    await browser.post("/signout", page=(await browser.get("/signout")).text)
    page = await browser.get("/signin")
    answer = await browser.post("/signin", page=page.text)
    back = await browser.get(answer.headers["location"])
    await browser.get(back.headers["location"])
    asked = await browser.get(url(id_token_hint=hint, post_logout_redirect_uri=BYE, state="s & 1"))
    assert asked.status_code == 200
    pages = [asked.text, await in_chinese(browser, asked.text)]
    names = ("id_token_hint", "post_logout_redirect_uri", "state")
    fields = [
        {name: unescape(each.split(f'name="{name}" value="')[1].split('"')[0]) for name in names} for each in pages
    ]
    assert fields[0] == fields[1]
    done = await browser.post("/signout/confirm", fields[1], page=pages[1])
    assert done.headers["location"] == f"{BYE}?state=s+%26+1"
    assert not await is_signed_in(browser)


async def test_without_a_session_there_is_nothing_to_ask(provider: Gateway) -> None:
    page = await provider.browser().get(url(client_id="wiki", post_logout_redirect_uri=BYE))
    assert (page.status_code, "set-cookie" in page.headers) == (200, True)
    assert "signed_out" not in page.headers["set-cookie"]
    assert (await provider.browser().http.head(url())).status_code == 503


async def test_another_partys_id_token_signs_nobody_out(provider: Gateway) -> None:
    party, browser = Party(provider), provider.browser()
    hint = (await party.tokens(browser))["id_token"]
    page = await browser.get(url(id_token_hint=hint, client_id=LUNCH.client_id))
    assert page.status_code == 200
    assert await is_signed_in(browser)


async def test_what_was_said_twice_counts_neither_in_another_language_nor_by_post(provider: Gateway) -> None:
    party, browser = Party(provider), provider.browser()
    hint = (await party.tokens(browser))["id_token"]
    twice = f"{url(id_token_hint=hint, client_id='wiki')}&client_id=wiki"
    await in_chinese(browser, (await browser.get(twice)).text)
    sent = await browser.http.post("/end_session", data={"id_token_hint": hint, "client_id": ["wiki", "wiki"]})
    assert (await browser.get(sent.headers["location"])).status_code == 200
    assert await is_signed_in(browser)


async def test_the_language_of_the_page_that_says_it_is_done_can_be_changed_too(provider: Gateway) -> None:
    browser = provider.browser()
    await browser.sign_in()
    done = await browser.post("/signout/confirm", page=(await browser.get(url())).text)
    assert "已退出" in await in_chinese(browser, done.text)


async def test_a_query_that_cannot_be_read_is_a_page(provider: Gateway) -> None:
    assert (await provider.browser().get("/end_session?state=%ff")).status_code == 400
