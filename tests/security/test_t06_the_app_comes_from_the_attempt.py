"""T6: the app comes from the attempt alone; path and appid may only agree; app= and via= choose what is there."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateways import ATTENDANCE, Gateway, app_config, callback, gateway_config, open_gateway, query_of
from gongpai.gateway.config import AppConfig
from gongpai.gateway.records_provider import PartyPolicy
from gongpai.sandbox import Corner
from gongpai.wecom import App
from relying_party import WIKI, Party


@pytest.fixture
async def two_apps(wecom_sandbox: Corner, tmp_path: Path) -> AsyncIterator[Gateway]:
    apps = app_config(wecom_sandbox), app_config(wecom_sandbox, ATTENDANCE, "attendance")
    async with open_gateway(wecom_sandbox, gateway_config(wecom_sandbox, tmp_path, *apps)) as gateway:
        yield gateway


async def test_the_callback_path_of_another_app_refuses(two_apps: Gateway) -> None:
    browser = two_apps.browser()
    state = (await browser.begin("/signin?app=main"))["state"]
    answer = await browser.get(callback(state, two_apps.mint("lisi"), app="attendance"))
    assert answer.status_code == 403
    assert two_apps.corner.counts().get("auth/getuserinfo", 0) == 0


async def test_a_differing_appid_refuses(gateway: Gateway) -> None:
    browser = gateway.browser()
    state = (await browser.begin())["state"]
    answer = await browser.get(callback(state, gateway.mint("lisi")) + "&appid=wwanother")
    assert answer.status_code == 403
    assert gateway.corner.counts().get("auth/getuserinfo", 0) == 0


async def test_the_appid_that_wecom_adds_is_accepted(gateway: Gateway) -> None:
    browser = gateway.browser()
    state = (await browser.begin())["state"]
    answer = await browser.get(callback(state, gateway.mint("lisi")) + "&appid=WWgongpaiDemo")
    assert answer.headers["location"] == "/me"


@pytest.mark.parametrize("query", ["app=unknown", "via=telepathy", "app=main&app=main", "app=" + "a" * 65])
async def test_app_and_via_choose_only_among_what_there_is(gateway: Gateway, query: str) -> None:
    assert (await gateway.browser().get(f"/signin?{query}")).status_code == 400


async def test_each_app_signs_in_through_its_own_link(two_apps: Gateway) -> None:
    assert (await two_apps.browser().begin("/signin?app=attendance"))["agentid"] == str(ATTENDANCE)
    assert (await two_apps.browser().begin("/signin?app=main"))["agentid"] != str(ATTENDANCE)


async def test_a_session_ends_where_its_app_is_gone_or_stands_for_another_corp(
    wecom_sandbox: Corner, tmp_path: Path
) -> None:
    main = app_config(wecom_sandbox)
    async with open_gateway(wecom_sandbox, gateway_config(wecom_sandbox, tmp_path, main)) as gateway:
        kept = []
        for _ in range(3):
            browser = gateway.browser()
            await browser.sign_in()
            kept.append(f"__Host-gongpai_session={browser.cookie('__Host-gongpai_session')}")
    other_corp = replace(main, app=replace(main.app, corpid="wwanother"))
    for app, cookie, status in (
        (other_corp, kept[0], 303),
        (replace(main, name="portal"), kept[1], 303),
        (main, kept[0], 303),
        (main, kept[2], 200),
    ):
        async with open_gateway(wecom_sandbox, gateway_config(wecom_sandbox, tmp_path, app)) as gateway:
            assert (await gateway.browser().get("/me", cookie=cookie)).status_code == status


@pytest.mark.parametrize("hours", [0, 13], ids=["session lives", "session is over"])
async def test_what_was_granted_opens_nothing_where_the_app_stands_for_another_corp(
    wecom_sandbox: Corner, tmp_path: Path, hours: int
) -> None:
    main, parties = app_config(wecom_sandbox), {"wiki": WIKI}
    async with open_gateway(wecom_sandbox, gateway_config(wecom_sandbox, tmp_path, main, parties=parties)) as gateway:
        tokens = await Party(gateway).tokens(gateway.browser(), scope="openid profile offline_access")
        assert (await Party(gateway).userinfo(tokens["access_token"])).status_code == 200
    asked = wecom_sandbox.counts()
    main = replace(main, app=replace(main.app, corpid="wwanother"))
    async with open_gateway(wecom_sandbox, gateway_config(wecom_sandbox, tmp_path, main, parties=parties)) as gateway:
        assert (await Party(gateway).userinfo(tokens["access_token"])).status_code == 401
        gateway.clock.advance(hours=hours)
        answer = await Party(gateway).refresh(tokens["refresh_token"])
        assert answer.json()["error"] == "invalid_grant"
    # There the same userid is somebody else, of whom nothing was asked.
    assert wecom_sandbox.counts() == asked


@pytest.mark.parametrize(
    ("policy", "outcome"),
    [
        (PartyPolicy(), "error"),
        (PartyPolicy(corpids=frozenset({"wwbranch"})), "error"),
        (PartyPolicy(corpids=frozenset({"wwgongpaidemo"})), "code"),
    ],
)
async def test_with_several_corps_a_party_opens_only_for_those_it_names(
    wecom_sandbox: Corner, tmp_path: Path, policy: PartyPolicy, outcome: str
) -> None:
    # The first was added when there was one corp, and the configuration has no part in it.
    branch = AppConfig("branch", "Branch", App("wwbranch", 1000009, "the secret of a corp that nobody asks"))
    parties = {"wiki": replace(WIKI, policy=policy)}
    config = gateway_config(wecom_sandbox, tmp_path, app_config(wecom_sandbox), branch, parties=parties)
    async with open_gateway(wecom_sandbox, config) as gateway:
        browser = gateway.browser()
        await browser.sign_in("/signin?app=main")
        answer = await browser.get(Party(gateway).url(prompt="none"))
        assert outcome in query_of(answer.headers["location"])


async def test_without_a_choice_the_person_is_asked(two_apps: Gateway) -> None:
    page = await two_apps.browser().get("/signin?return_to=/signout")
    assert page.status_code == 200
    assert "app=attendance" in page.text
    assert "return_to=%2Fsignout" in page.text
