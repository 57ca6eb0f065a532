"""A party asks for what only WeCom's own client hands over: the person is asked once, and may say no."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from gateways import (
    DESKTOP_UA,
    PORTAL,
    Browser,
    Gateway,
    callback,
    gateway_config,
    open_gateway,
    query_of,
)
from gongpai.gateway.records_provider import ClaimRules, DisclosureRule, EmailSource, RelyingParty
from gongpai.sandbox import Corner
from relying_party import LUNCH, WIKI, Party

_NEVER = replace(WIKI, client_id="shy", disclosure=DisclosureRule.NEVER)
_PERSONAL = replace(WIKI, client_id="mailer", claim_rules=ClaimRules(email=EmailSource.PERSONAL))
_SCOPE = "openid phone"


@pytest.fixture
async def provider(wecom_sandbox: Corner, tmp_path: Path) -> AsyncIterator[Gateway]:
    """Open a gateway that four relying parties know."""
    parties = {party.client_id: party for party in (WIKI, LUNCH, _NEVER, _PERSONAL)}
    async with open_gateway(wecom_sandbox, gateway_config(wecom_sandbox, tmp_path, parties=parties)) as gateway:
        yield gateway


async def _until_wecom_asks(browser: Browser, url: str) -> tuple[str, httpx2.Response]:
    """Go on until WeCom would show its consent page, or a page of ours or the party's comes."""
    answer = await browser.get(url)
    for _ in range(12):
        location = answer.headers.get("location", "")
        if "snsapi_privateinfo" in location or not location or location.startswith("https://wiki.example.com"):
            return location, answer
        answer = await browser.get(location)
    raise AssertionError("redirects without end")


async def _claims(party: Party, location: str) -> dict[str, Any]:
    tokens = (await party.redeem(query_of(location)["code"])).json()
    claims: dict[str, Any] = (await party.userinfo(tokens["access_token"])).json()
    return claims


def _consent(provider: Gateway, *fields: str) -> str:
    provider.corner.set_consent(PORTAL, "lisi", fields)
    return provider.mint("lisi", scope="snsapi_privateinfo")


async def _say(browser: Browser, page: httpx2.Response, answer: str) -> httpx2.Response:
    session = page.text.split('name="session" value="')[1].split('"', maxsplit=1)[0]
    return await browser.post(str(page.url), {"session": session, "answer": answer}, page=page.text)


async def test_in_wecom_the_consent_page_follows_the_silent_sign_in(provider: Gateway) -> None:
    party, browser = Party(provider), provider.browser()
    to_wecom, _ = await _until_wecom_asks(browser, party.url(scope="openid phone email address"))
    asked = query_of(to_wecom)
    assert (asked["scope"], asked["agentid"]) == ("snsapi_privateinfo", str(PORTAL))
    back = await browser.get(callback(asked["state"], _consent(provider, "mobile", "biz_mail", "address")))
    assert back.headers["location"].startswith("/authorize/")
    done = await browser.get(back.headers["location"])
    told = await _claims(party, done.headers["location"])
    member = provider.corner.member("lisi")
    assert told["phone_number"] == f"+86{member.mobile}"
    assert told["email"] == member.biz_mail
    assert "address" not in told  # the directory has none
    assert provider.corner.counts()["auth/getuserdetail"] == 1


async def test_what_was_given_is_told_to_the_next_party_without_asking(provider: Gateway) -> None:
    party, browser = Party(provider), provider.browser()
    provider.corner.set_consent(PORTAL, "lisi", ("mobile", "email", "biz_mail", "address"))
    await party.sign_in(browser, scope=_SCOPE)
    other = Party(provider, _PERSONAL)
    answer = await browser.get(other.url(scope="openid phone email"))
    told = await _claims(other, answer.headers["location"])
    assert told["email"] == provider.corner.member("lisi").email
    assert told["phone_number"].startswith("+86")
    assert provider.corner.counts()["auth/getuserdetail"] == 1


async def test_refusing_is_an_answer_that_leaves_the_claims_out_and_is_not_asked_about_again(provider: Gateway) -> None:
    party, browser = Party(provider), provider.browser()
    to_wecom, _ = await _until_wecom_asks(browser, party.url(scope=_SCOPE))
    back = await browser.get(callback(query_of(to_wecom)["state"], None))
    done = await browser.get(back.headers["location"])
    assert set(await _claims(party, done.headers["location"])) == {"sub"}
    again = await browser.get(party.url(scope="openid phone address"))
    assert "code" in query_of(again.headers["location"])
    assert "You chose not to share it." in (await browser.get("/me")).text


async def test_who_leaves_wecoms_page_without_an_answer_is_not_sent_there_again_unasked(provider: Gateway) -> None:
    party, browser = Party(provider), provider.browser()
    to_wecom, answer = await _until_wecom_asks(browser, party.url(scope=_SCOPE))
    assert to_wecom
    request_page = str(answer.url)
    page = await browser.get(request_page)
    assert page.status_code == 200
    assert "The Wiki" in page.text
    assert "Mobile" in page.text
    assert " https: http:;" in page.headers["content-security-policy"]
    assert "You were asked and did not answer." in (await browser.get("/me")).text
    once_more = await _say(browser, page, "share")
    assert query_of(once_more.headers["location"])["scope"] == "snsapi_privateinfo"
    skipped = await _say(browser, page, "skip")
    assert set(await _claims(party, skipped.headers["location"])) == {"sub"}
    assert "You went on without it." in (await browser.get("/me")).text
    assert "code" in query_of((await browser.get(party.url(scope=_SCOPE))).headers["location"])


async def test_what_the_person_erased_no_party_fetches_again(provider: Gateway) -> None:
    party, browser = Party(provider), provider.browser()
    provider.corner.set_consent(PORTAL, "lisi", ("mobile",))
    await party.sign_in(browser, scope=_SCOPE)
    await browser.post("/me/disclosure/erase", page=(await browser.get("/me")).text)
    answer = await browser.get(party.url(scope=_SCOPE))
    assert set(await _claims(party, answer.headers["location"])) == {"sub"}
    assert provider.corner.counts()["auth/getuserdetail"] == 1


async def test_prompt_none_never_asks(provider: Gateway) -> None:
    party, browser = Party(provider), provider.browser()
    await party.sign_in(browser)
    answer = await browser.get(party.url(scope=_SCOPE, prompt="none"))
    assert set(await _claims(party, answer.headers["location"])) == {"sub"}


@pytest.mark.parametrize(("record", "scope"), [(_NEVER, "openid phone email address"), (WIKI, "openid profile groups")])
async def test_a_party_that_needs_nothing_or_must_not_ask_goes_on_at_once(
    provider: Gateway, record: RelyingParty, scope: str
) -> None:
    party = Party(provider, record)
    assert "code" in await party.sign_in(provider.browser(), scope=scope)


async def test_a_single_claim_is_asked_for_as_its_scope_is(provider: Gateway) -> None:
    party, browser = Party(provider), provider.browser()
    claims = '{"userinfo":{"phone_number":null}}'
    to_wecom, _ = await _until_wecom_asks(browser, party.url(claims=claims))
    assert query_of(to_wecom)["scope"] == "snsapi_privateinfo"


async def test_nothing_is_asked_twice_in_one_journey(provider: Gateway) -> None:
    party, browser = Party(provider, LUNCH, None), provider.browser()
    page = await browser.get(party.url(scope=_SCOPE, prompt="consent"))
    while page.status_code != 200:
        page = await browser.get(page.headers["location"])
    to_wecom = await _say(browser, page, "allow")
    back = await browser.get(callback(query_of(to_wecom.headers["location"])["state"], _consent(provider, "mobile")))
    done = await browser.get(back.headers["location"])
    assert done.headers["location"].startswith("https://lunch.example.com/cb?code=")
    assert (await _say(browser, page, "allow")).status_code == 400


async def _sign_in_at_desk(provider: Gateway, desk: Browser, userid: str, url: str) -> httpx2.Response:
    """Let *userid* scan at the desk; return the page to which the journey from *url* led."""
    answer = await desk.get(url)
    while "state=" not in answer.headers["location"]:
        answer = await desk.get(answer.headers["location"])
    state = query_of(answer.headers["location"])["state"]
    back = await desk.get(callback(state, provider.mint(userid, way="web")))
    return await desk.get(back.headers["location"])


async def test_whoever_signs_in_during_a_request_agrees_for_themselves(provider: Gateway) -> None:
    party, desk = Party(provider), provider.browser(DESKTOP_UA)
    asked = await _sign_in_at_desk(provider, desk, "lisi", party.url(scope=_SCOPE, prompt="consent"))
    path = (await _say(desk, asked, "allow")).headers["location"]
    for _ in range(2):
        assert "<svg" in (await desk.get(path)).text  # who agreed is not asked again
    await _sign_in_at_desk(provider, desk, "zhangsan", "/signin?via=web&fresh=1")
    asked = await desk.get(path)
    assert 'value="allow"' in asked.text
    assert provider.corner.member("zhangsan").name in asked.text
    waits = await desk.get((await _say(desk, asked, "allow")).headers["location"])
    assert "<svg" in waits.text
    skipped = await _say(desk, waits, "skip")
    assert set(await _claims(party, skipped.headers["location"])) == {"sub"}


async def test_a_yes_that_comes_twice_at_once_is_heard_once(provider: Gateway) -> None:
    party, desk = Party(provider), provider.browser(DESKTOP_UA)
    asked = await _sign_in_at_desk(provider, desk, "lisi", party.url(scope=_SCOPE, prompt="consent"))
    answers = await asyncio.gather(*(_say(desk, asked, "allow") for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [303, 400, 400, 400, 400]


async def test_at_a_desk_a_page_leads_to_the_phone_or_on_without(provider: Gateway) -> None:
    party, desk = Party(provider), provider.browser(DESKTOP_UA)
    page = await _sign_in_at_desk(provider, desk, "lisi", party.url(scope=_SCOPE))
    assert page.status_code == 200
    assert "<svg" in page.text
    assert "Go on without them" in page.text
    assert "open.weixin" not in page.text
    assert "connect-src 'self'" in page.headers["content-security-policy"]
    # The same page again, as the language switch shows it.
    assert (await desk.get(urlsplit(str(page.url)).path)).status_code == 200
    skipped = await _say(desk, page, "skip")
    assert set(await _claims(party, skipped.headers["location"])) == {"sub"}


async def test_a_live_session_at_a_desk_is_shown_a_page_that_can_be_loaded_again(provider: Gateway) -> None:
    party, desk = Party(provider), provider.browser(DESKTOP_UA)
    state = (await desk.begin())["state"]
    await desk.get(callback(state, provider.mint("lisi", way="web")))
    answer = await desk.get(party.url(scope=_SCOPE))
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/authorize/")
    assert (await desk.get(answer.headers["location"])).status_code == 200


async def test_a_session_that_ended_meanwhile_signs_in_again_instead(provider: Gateway) -> None:
    party, browser = Party(provider), provider.browser()
    to_wecom, answer = await _until_wecom_asks(browser, party.url(scope=_SCOPE))
    assert to_wecom
    page = await browser.get(str(answer.url))
    browser.http.cookies.delete("__Host-gongpai_session")
    for wish in ("share", "skip"):
        again = await _say(browser, page, wish)
        assert again.headers["location"].startswith("/signin?")
