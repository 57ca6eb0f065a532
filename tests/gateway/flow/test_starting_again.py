"""Whoever must begin again begins what they came for: the same app, and afterwards the same page."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateways import ATTENDANCE, DESKTOP_UA, Browser, Gateway, app_config, callback, gateway_config, open_gateway
from gongpai.sandbox import Corner

_WISH = "/signin?app=attendance&return_to=%2Fsignout"
_LINK = 'href="/signin?app=attendance&amp;return_to=%2Fsignout"'
_PLAIN_LINK = 'href="/signin"'


@pytest.fixture
async def gateway(wecom_sandbox: Corner, tmp_path: Path) -> AsyncIterator[Gateway]:
    apps = app_config(wecom_sandbox), app_config(wecom_sandbox, ATTENDANCE, "attendance")
    async with open_gateway(wecom_sandbox, gateway_config(wecom_sandbox, tmp_path, *apps)) as gateway:
        yield gateway


async def _url(gateway: Gateway, browser: Browser, person: str = "lisi") -> str:
    return callback((await browser.begin(_WISH))["state"], gateway.mint(person, ATTENDANCE), "attendance")


@pytest.mark.parametrize(("errcode", "status"), [(-1, 503), (40029, 400)])
async def test_an_error_of_wecoms_and_its_repetition_lead_back_to_the_wish(
    gateway: Gateway, errcode: int, status: int
) -> None:
    gateway.corner.plan_fault("auth/getuserinfo", errcode=errcode, times=1)
    browser = gateway.browser()
    url = await _url(gateway, browser)
    for answer in (await browser.get(url), await browser.get(url)):
        assert answer.status_code == status
        assert _LINK in answer.text


async def test_a_refusal_and_its_repetition_lead_back_to_the_wish(gateway: Gateway) -> None:
    browser = gateway.browser()
    url = await _url(gateway, browser, "oSandboxStranger")
    for answer in (await browser.get(url), await browser.get(url)):
        assert answer.status_code == 403
        assert _LINK in answer.text


async def test_an_attempt_that_took_too_long_leads_back_to_the_wish(gateway: Gateway) -> None:
    browser = gateway.browser()
    url = await _url(gateway, browser)
    gateway.clock.advance(minutes=16)
    assert _LINK in (await browser.get(url)).text


async def test_a_lost_cookie_leads_back_to_the_wish(gateway: Gateway) -> None:
    browser = gateway.browser(DESKTOP_UA)
    url = await _url(gateway, browser)
    browser.http.cookies.clear()
    assert _LINK in (await browser.get(url)).text


async def test_another_browser_learns_nothing_of_the_attempt(gateway: Gateway) -> None:
    url = await _url(gateway, gateway.browser())
    other = gateway.browser()
    await other.begin("/signin?app=main")
    answer = await other.get(url)
    assert answer.status_code == 400
    assert _PLAIN_LINK in answer.text
    assert "attendance" not in answer.text


async def test_nothing_of_it_comes_from_the_request(gateway: Gateway) -> None:
    browser = gateway.browser()
    url = await _url(gateway, browser, "oSandboxStranger")
    answer = await browser.get(f"{url}&app=main&return_to=%2Fnonsense")
    assert _LINK in answer.text
    assert "nonsense" not in answer.text


async def test_the_limit_of_sign_ins_forgets_no_wish(wecom_sandbox: Corner, tmp_path: Path) -> None:
    config = gateway_config(wecom_sandbox, tmp_path, starts_per_minute=1)
    async with open_gateway(wecom_sandbox, config) as gateway:
        browser = gateway.browser()
        await browser.begin()
        answer = await browser.get("/signin?app=main&return_to=/signout")
        assert answer.status_code == 429
        assert 'href="/signin?return_to=%2Fsignout&amp;app=main"' in answer.text


async def test_an_app_that_left_the_configuration_meanwhile_is_not_asked_for(
    wecom_sandbox: Corner, tmp_path: Path
) -> None:
    apps = app_config(wecom_sandbox), app_config(wecom_sandbox, ATTENDANCE, "attendance")
    async with open_gateway(wecom_sandbox, gateway_config(wecom_sandbox, tmp_path, *apps)) as gateway:
        browser = gateway.browser()
        url = await _url(gateway, browser)
        cookies = dict(browser.http.cookies)
    async with open_gateway(wecom_sandbox, gateway_config(wecom_sandbox, tmp_path, apps[0])) as gateway:
        browser = gateway.browser()
        browser.http.cookies.update(cookies)
        answer = await browser.get(url)
        assert answer.status_code == 400
        assert 'href="/signin?return_to=%2Fsignout"' in answer.text


async def test_the_other_language_is_chosen_without_losing_the_wish(gateway: Gateway) -> None:
    browser = gateway.browser()
    failed = await browser.get(await _url(gateway, browser, "oSandboxStranger"))
    chosen = await browser.get(_switch_of(failed.text))
    assert chosen.headers["location"] == _WISH
    chooser = await gateway.browser().get("/signin?return_to=/signout")
    assert (await browser.get(_switch_of(chooser.text))).headers["location"] == "/signin?return_to=%2Fsignout"


async def test_the_other_language_leads_home_from_the_answer_to_a_form(gateway: Gateway) -> None:
    browser = gateway.browser()
    page = await browser.http.post("/me/disclosure", data={})
    assert (await browser.get(_switch_of(page.text))).headers["location"] == "/me"


def _switch_of(page: str) -> str:
    found = re.search(r'href="(/language/zh[^"]*)"', page)
    assert found is not None, page
    return found[1].replace("&amp;", "&")
