"""What a token is worth, told to its own party only."""

from dataclasses import replace
from pathlib import Path

from gateways import Gateway, gateway_config, open_gateway
from gongpai.sandbox import Corner
from relying_party import LUNCH, WIKI, Party


async def test_a_party_learns_what_its_tokens_are_worth(provider: Gateway) -> None:
    party = Party(provider)
    tokens = await party.tokens(provider.browser(), scope="openid profile offline_access")
    sub = (await party.claims(tokens["id_token"]))["sub"]
    access = (await party.call("/introspect", {"token": tokens["access_token"]})).json()
    assert access["active"] is True
    assert (access["sub"], access["client_id"], access["token_type"]) == (sub, "wiki", "Bearer")
    assert access["scope"] == "openid offline_access profile"
    refresh = (await party.call("/introspect", {"token": tokens["refresh_token"]})).json()
    assert (refresh["active"], refresh["sub"]) == (True, sub)


async def test_all_else_is_inactive_and_nothing_more(provider: Gateway) -> None:
    party = Party(provider)
    tokens = await party.tokens(provider.browser(), scope="openid offline_access")
    await party.refresh(tokens["refresh_token"])
    for token in ("garbage", "x" * 9000, tokens["id_token"], tokens["refresh_token"]):
        assert (await party.call("/introspect", {"token": token})).json() == {"active": False}
    provider.clock.advance(minutes=10)
    assert (await party.call("/introspect", {"token": tokens["access_token"]})).json() == {"active": False}


async def test_what_was_granted_in_a_session_is_inactive_once_its_member_ended_it(provider: Gateway) -> None:
    party, browser = Party(provider), provider.browser()
    tokens = await party.tokens(browser, scope="openid offline_access")
    await browser.post("/me/sessions/end/all", page=(await browser.get("/me")).text)
    for name in ("access_token", "refresh_token"):
        assert (await party.call("/introspect", {"token": tokens[name]})).json() == {"active": False}


async def test_a_refresh_token_that_was_left_alone_too_long_is_inactive(provider: Gateway) -> None:
    party = Party(provider)
    token = (await party.tokens(provider.browser(), scope="openid offline_access"))["refresh_token"]
    for days, is_active in ((13, True), (2, False)):
        provider.clock.advance(days=days)
        assert (await party.call("/introspect", {"token": token})).json()["active"] is is_active


async def test_another_partys_token_is_inactive(provider: Gateway) -> None:
    browser = provider.browser()
    lunch = Party(provider, LUNCH, None)
    answer = await browser.get(lunch.url())
    for _ in range(3):
        answer = await browser.get(answer.headers["location"])
    answer = await browser.get(answer.headers["location"])
    page = answer.text
    session = page.split('name="session" value="')[1].split('"')[0]
    back = await browser.post(str(answer.url), {"session": session, "answer": "allow"}, page=page)
    code = back.headers["location"].split("code=")[1].split("&")[0]
    tokens = (await lunch.redeem(code)).json()
    party = Party(provider)
    assert (await party.call("/introspect", {"token": tokens["access_token"]})).json() == {"active": False}


async def test_another_partys_refresh_token_is_inactive_too(wecom_sandbox: Corner, tmp_path: Path) -> None:
    parties = {"wiki": WIKI, "other": replace(WIKI, client_id="other")}
    async with open_gateway(wecom_sandbox, gateway_config(wecom_sandbox, tmp_path, parties=parties)) as gateway:
        tokens = await Party(gateway).tokens(gateway.browser(), scope="openid offline_access")
        for name in ("access_token", "refresh_token"):
            answer = await Party(gateway, parties["other"]).call("/introspect", {"token": tokens[name]})
            assert (answer.status_code, answer.json()) == (200, {"active": False})


async def test_whoever_cannot_prove_who_they_are_learns_nothing(provider: Gateway) -> None:
    party = Party(provider)
    token = (await party.tokens(provider.browser()))["access_token"]
    for stranger in (Party(provider, LUNCH, None), Party(provider, secret="wrong")):
        answer = await stranger.call("/introspect", {"token": token})
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert (await party.call("/introspect", {})).json()["error"] == "invalid_request"
