"""A sign-in at a desk is told in WeCom, and the link there ends it by a button."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from gateways import DESKTOP_UA, Browser, Gateway, callback, gateway_config, open_gateway, query_of
from gongpai.gateway.records_provider import PartyPolicy, WebLoginRule
from gongpai.sandbox import Corner
from memory import until
from relying_party import WIKI, Party

_TOLD = replace(WIKI, policy=PartyPolicy(web_login=WebLoginRule.NOTIFY))
_QUIET = replace(WIKI, client_id="quiet")


@pytest.fixture
async def provider(wecom_sandbox: Corner, tmp_path: Path) -> AsyncIterator[Gateway]:
    """Open a gateway with one party that tells and one that does not."""
    config = gateway_config(wecom_sandbox, tmp_path, parties={"wiki": _TOLD, "quiet": _QUIET})
    async with open_gateway(wecom_sandbox, config) as gateway:
        yield gateway


async def scanned(gateway: Gateway, party: Party, scope: str = "openid offline_access") -> tuple[Browser, str]:
    """Sign a desk in for *party*; return it and where it is sent back."""
    desk = gateway.browser(DESKTOP_UA)
    answer = await desk.get(party.url(scope=scope))
    state = query_of((await desk.get(answer.headers["location"])).headers["location"])["state"]
    back = await desk.get(callback(state, gateway.mint("lisi", way="web")))
    done = await desk.get(back.headers["location"])
    return desk, str(done.headers["location"])


async def link_of(gateway: Gateway) -> str:
    """Return the path of the link in the one message that arrives."""
    await until(lambda: len(gateway.corner.messages()) == 1)
    return urlsplit(gateway.corner.messages()[0].url).path


async def test_the_link_shows_the_sign_in_and_its_button_ends_all_of_it(provider: Gateway) -> None:
    party, phone = Party(provider, _TOLD), provider.browser()
    desk, back = await scanned(provider, party)
    tokens = (await party.redeem(query_of(back)["code"])).json()
    link = await link_of(provider)
    for _ in range(2):
        page = await phone.get(link)
        assert page.status_code == 200
        for words in ("Was this you?", "The Wiki", "203.0.113.77"):
            assert words in page.text
    assert (await phone.get(link, purpose="prefetch")).status_code == 503
    assert (await desk.get("/me")).status_code == 200
    ended = await phone.post(link, page=page.text)
    assert "The sign-in has ended" in ended.text
    assert (await desk.get("/me")).status_code == 303
    assert (await party.userinfo(tokens["access_token"])).status_code == 401
    # What was to go on without them ends as well: it was not they who allowed it.
    assert (await party.refresh(tokens["refresh_token"])).status_code == 400
    assert (await phone.post(link, page=page.text)).status_code == 400
    assert "There is nothing to end" in (await phone.get(link)).text


async def test_a_form_of_another_browser_ends_nothing(provider: Gateway) -> None:
    desk, _ = await scanned(provider, Party(provider, _TOLD))
    link = await link_of(provider)
    page = (await provider.browser().get(link)).text
    assert (await provider.browser().post(link, page=page)).status_code == 403
    assert (await desk.get("/me")).status_code == 200


@pytest.mark.parametrize("handle", ["guess", "x" * 100])
async def test_a_link_that_never_was_leads_nowhere(provider: Gateway, handle: str) -> None:
    browser = provider.browser()
    answer = await browser.get(f"/notice/{handle}")
    assert (answer.status_code, "There is nothing to end" in answer.text) == (400, True)
    page = (await browser.get("/signout")).text
    assert (await browser.post(f"/notice/{handle}", page=page)).status_code == 400


async def test_only_a_party_that_says_so_tells_and_only_of_the_web(provider: Gateway) -> None:
    await scanned(provider, Party(provider, _QUIET))
    await Party(provider, _TOLD).sign_in(provider.browser())
    desk, _ = await scanned(provider, Party(provider, _TOLD))
    await desk.get(Party(provider, _TOLD).url())
    await link_of(provider)
    assert provider.corner.counts()["message/send"] == 1


async def test_a_desk_that_signed_out_has_nothing_to_end(provider: Gateway) -> None:
    desk, _ = await scanned(provider, Party(provider, _TOLD), "openid")
    link = await link_of(provider)
    await desk.post("/signout", page=(await desk.get("/signout")).text)
    assert "There is nothing to end" in (await provider.browser().get(link)).text


async def test_what_was_granted_ends_though_the_desk_signed_in_anew(provider: Gateway) -> None:
    party, phone = Party(provider, _TOLD), provider.browser()
    desk, back = await scanned(provider, party)
    tokens = (await party.redeem(query_of(back)["code"])).json()
    link = await link_of(provider)
    state = (await desk.begin("/signin?fresh=1"))["state"]
    assert (await desk.get(callback(state, provider.mint("lisi", way="web")))).headers["location"] == "/me"
    page = await phone.get(link)
    assert "Was this you?" in page.text
    assert "The sign-in has ended" in (await phone.post(link, page=page.text)).text
    assert (await party.userinfo(tokens["access_token"])).status_code == 401
    assert (await party.refresh(tokens["refresh_token"])).status_code == 400
    # The sign-in that came after was one of its own.
    assert (await desk.get("/me")).status_code == 200


async def test_wecom_that_is_down_hinders_no_sign_in(provider: Gateway) -> None:
    provider.corner.plan_fault("message/send", http_status=502, times=1_000)
    _, back = await scanned(provider, Party(provider, _TOLD))
    assert "code" in query_of(back)
    await until(lambda: provider.corner.counts().get("message/send", 0) > 0)
    assert provider.corner.messages() == []
