"""Which way into WeCom, how often, and for whom."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path

import pytest

from gateways import DESKTOP_UA, Gateway, app_config, callback, gateway_config, open_gateway
from gongpai.gateway.config import WebLogin
from gongpai.sandbox import Corner
from gongpai.wecom import WECOM

_WECHAT_UA = "Mozilla/5.0 (Linux; Android 14) MicroMessenger/8.0.50 Language/zh_CN"

Open = Callable[..., AbstractAsyncContextManager[Gateway]]


@pytest.fixture
def opened(wecom_sandbox: Corner, tmp_path: Path) -> Open:
    def open_with(web_login: WebLogin = WebLogin.PAGE, **settings: object) -> AbstractAsyncContextManager[Gateway]:
        app = replace(app_config(wecom_sandbox), web_login=web_login)
        return open_gateway(wecom_sandbox, gateway_config(wecom_sandbox, tmp_path, app, **settings))

    return open_with


@pytest.mark.parametrize(
    ("user_agent", "query", "page"),
    [
        (None, "", "/connect/oauth2/authorize"),
        (_WECHAT_UA, "", "/connect/oauth2/authorize"),
        (DESKTOP_UA, "", "/wwlogin/sso/login"),
        (None, "?via=web", "/wwlogin/sso/login"),
        (None, "?via=page", "/wwlogin/sso/login"),
        (DESKTOP_UA, "?via=in_app", "/connect/oauth2/authorize"),
    ],
)
async def test_the_user_agent_suggests_the_way_and_via_decides_it(
    gateway: Gateway, user_agent: str | None, query: str, page: str
) -> None:
    browser = gateway.browser(user_agent) if user_agent else gateway.browser()
    answer = await browser.get(f"/signin{query}")
    assert answer.status_code == 303
    assert page in answer.headers["location"]


async def test_the_link_is_made_from_the_public_url_whatever_the_headers_say(gateway: Gateway) -> None:
    forged = {"host": "evil.example", "x-forwarded-host": "evil.example", "x-forwarded-proto": "http"}
    answer = await gateway.browser().http.get("/signin", headers=forged)
    assert "redirect_uri=https%3A%2F%2Fsso.gongpai.test%2Fsignin%2Fcallback%2Fmain" in answer.headers["location"]
    assert "evil" not in answer.headers["location"]


async def test_the_old_qr_page_is_a_setting(opened: Open) -> None:
    async with opened(WebLogin.QR_CONNECT) as gateway:
        answer = await gateway.browser(DESKTOP_UA).get("/signin")
        assert "/wwopen/sso/qrConnect" in answer.headers["location"]


async def test_the_panel_is_shown_with_https_and_wecoms_real_hosts(opened: Open) -> None:
    async with opened(WebLogin.PANEL, hosts=WECOM) as gateway:
        page = await gateway.browser(DESKTOP_UA).get("/signin?return_to=/signout")
        assert page.status_code == 200
        assert "frame-src https://login.work.weixin.qq.com" in page.headers["content-security-policy"]
        assert "via=page" in page.text
        full = await gateway.browser(DESKTOP_UA).get("/signin?via=page")
        assert full.headers["location"].startswith("https://login.work.weixin.qq.com/wwlogin/sso/login?")


@pytest.mark.parametrize(
    "settings", [{}, {"hosts": WECOM, "public_url": "http://127.0.0.1:8000"}], ids=["other hosts", "plain loopback"]
)
async def test_the_panel_is_shown_nowhere_else(opened: Open, settings: dict[str, object]) -> None:
    async with opened(WebLogin.PANEL, **settings) as gateway:
        answer = await gateway.browser(DESKTOP_UA).get("/signin")
        assert answer.status_code == 303


async def test_no_other_page_may_frame_wecom(gateway: Gateway) -> None:
    page = await gateway.browser().get("/signout")
    assert "frame-src" not in page.headers["content-security-policy"]


async def test_a_live_session_goes_straight_on(gateway: Gateway) -> None:
    browser = gateway.browser()
    await browser.sign_in()
    assert (await browser.get("/signin?return_to=/signout")).headers["location"] == "/signout"


async def test_via_in_app_begins_anew_in_a_browser_with_a_web_session(gateway: Gateway) -> None:
    browser = gateway.browser(DESKTOP_UA)
    state = (await browser.begin())["state"]
    await browser.get(callback(state, gateway.mint("lisi", way="web")))
    assert "/connect/oauth2/authorize" in (await browser.get("/signin?via=in_app")).headers["location"]


async def test_a_return_to_that_leaves_us_goes_home(gateway: Gateway) -> None:
    for wish in ("https://evil.example/", "//evil.example", "/%5cevil.example", "/me?x=1"):
        assert (await gateway.browser().sign_in(f"/signin?return_to={wish}")).headers["location"] == "/me"


@pytest.mark.parametrize("header", [{"sec-purpose": "prefetch"}, {"purpose": "prefetch"}])
async def test_a_prefetch_begins_nothing(gateway: Gateway, header: dict[str, str]) -> None:
    answer = await gateway.browser().http.get("/signin", headers=header)
    assert answer.status_code == 503
    assert "set-cookie" not in answer.headers


async def test_head_begins_nothing(gateway: Gateway) -> None:
    assert "location" not in (await gateway.browser().http.head("/signin")).headers


async def test_one_address_begins_only_so_many_a_minute(opened: Open) -> None:
    async with opened(starts_per_minute=3) as gateway:
        for _ in range(3):
            assert (await gateway.browser().get("/signin")).status_code == 303
        answer = await gateway.browser().get("/signin")
        assert answer.status_code == 429
        assert answer.headers["retry-after"] == "60"
        gateway.clock.advance(seconds=61)
        assert (await gateway.browser().get("/signin")).status_code == 303


async def test_one_browser_keeps_one_cookie_and_few_attempts(gateway: Gateway) -> None:
    browser = gateway.browser()
    states = [(await browser.begin())["state"] for _ in range(40)]
    assert len(browser.http.cookies) == 1
    oldest = await browser.get(callback(states[0], gateway.mint("lisi")))
    assert oldest.status_code == 400
    newest = await browser.get(callback(states[-1], gateway.mint("lisi")))
    assert newest.headers["location"] == "/me"
    also_open = await browser.get(callback(states[-5], gateway.mint("lisi")))
    assert also_open.headers["location"] == "/me"


@pytest.mark.parametrize(
    "url",
    [
        "/signin?return_to=" + "a" * 2049,
        "/signin?app=main&app=main",
        "/signin?x=" + "a" * 5000,
        "/signin?" + "&".join(f"p{number}=1" for number in range(40)),
        "/signin?app=%ff",
        "/signin/callback/main",
        "/signin/callback/main?state=" + "a" * 200 + "&code=x",
        "/signin/callback/main?state=abc&code=" + "c" * 513,
        "/signin/callback/main?state=abc&state=abc&code=x",
    ],
)
async def test_what_cannot_be_meant_is_a_page_and_no_redirect(gateway: Gateway, url: str) -> None:
    answer = await gateway.browser().get(url)
    assert answer.status_code == 400
    assert "location" not in answer.headers


async def test_an_attempt_that_took_too_long_starts_again(gateway: Gateway) -> None:
    browser = gateway.browser()
    state = (await browser.begin())["state"]
    gateway.clock.advance(minutes=16)
    assert (await browser.get(callback(state, gateway.mint("lisi")))).status_code == 400
