"""A device is signed in by a person who sees who asks (T20)."""

from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest

from audited import events
from gateways import Browser, Gateway, gateway_config, open_gateway
from gongpai.gateway.records_provider import GrantType, PartyPolicy, RelyingParty, WebLoginRule
from gongpai.sandbox import Corner
from handed_off import open_desk
from memory import until
from relying_party import LUNCH, WIKI, Party

GRANT = {"grant_type": GrantType.DEVICE_CODE.value}


async def ask(party: Party, **fields: str) -> dict[str, str]:
    answer = await party.call("/device_authorization", {"scope": "openid profile", **fields})
    assert answer.status_code == 200, answer.text
    codes: dict[str, str] = answer.json()
    return codes


async def poll(party: Party, codes: dict[str, str]) -> httpx2.Response:
    return await party.call("/token", {**GRANT, "device_code": codes["device_code"]})


async def show(browser: Browser, user_code: str) -> httpx2.Response:
    page = await browser.get("/device")
    return await browser.post("/device", {"user_code": user_code}, page=page.text)


async def say(browser: Browser, page: httpx2.Response, answer: str) -> httpx2.Response:
    names = ("user_code", "session")
    fields = {name: page.text.split(f'name="{name}" value="')[1].split('"')[0] for name in names}
    return await browser.post("/device/confirm", {**fields, "answer": answer}, page=page.text)


async def test_a_device_gets_tokens_once_the_person_said_yes(provider: Gateway) -> None:
    party, browser = Party(provider), provider.browser()
    await browser.sign_in()
    codes = await ask(party)
    assert codes["verification_uri"].endswith("/device")
    assert "verification_uri_complete" not in codes
    assert (await poll(party, codes)).json()["error"] == "authorization_pending"
    assert (await poll(party, codes)).json()["error"] == "slow_down"
    page = await show(browser, codes["user_code"].lower())
    for words in ("The Wiki", f"<dd>{codes['user_code']}</dd>", "127.0.0.1"):
        assert words in page.text
    assert (await say(browser, page, "allow")).status_code == 200
    provider.clock.advance(seconds=5)
    tokens = (await poll(party, codes)).json()
    assert (await party.userinfo(tokens["access_token"])).json()["preferred_username"] == "lisi"
    provider.clock.advance(seconds=5)
    assert (await poll(party, codes)).json()["error"] == "invalid_grant"
    (event,) = events(provider, "device.approved")
    assert event["facts"] == {"client_id": "wiki", "device_ip": "127.0.0.1"}


async def test_a_yes_counts_no_more_once_the_session_it_was_said_in_is_ended(provider: Gateway) -> None:
    party, browser = Party(provider), provider.browser()
    await browser.sign_in()
    codes = await ask(party)
    await say(browser, await show(browser, codes["user_code"]), "allow")
    await browser.post("/me/sessions/end/all", page=(await browser.get("/me")).text)
    assert (await poll(party, codes)).json()["error"] == "invalid_grant"


async def test_the_person_reads_how_long_ago_and_from_where_the_device_asked(provider: Gateway) -> None:
    browser = provider.browser()
    await browser.sign_in()
    codes = await ask(Party(provider))
    ages = (
        (-1, "just now", "刚刚"),
        (1, "just now", "刚刚"),
        (60, "1 minute ago", "1 分钟前"),
        (150, "3 minutes ago", "3 分钟前"),
    )
    for seconds, *shown in ages:
        provider.clock.advance(seconds=seconds)
        for language, words in zip(("en", "zh"), shown, strict=True):
            await browser.get(f"/language/{language}")
            page = await show(browser, codes["user_code"])
            assert f"<dd>{words}</dd>" in page.text
            assert "<dd>127.0.0.1</dd>" in page.text


async def test_a_no_and_an_old_code_end_it(provider: Gateway) -> None:
    party, browser = Party(provider), provider.browser()
    await browser.sign_in()
    refused, old = await ask(party), await ask(party)
    await say(browser, await show(browser, refused["user_code"]), "refuse")
    assert (await poll(party, refused)).json()["error"] == "access_denied"
    page = await show(browser, old["user_code"])
    provider.clock.advance(minutes=10)
    assert (await poll(party, old)).json()["error"] == "expired_token"
    assert (await say(browser, page, "allow")).status_code == 400


async def test_a_device_that_a_scan_signed_in_is_told_of_too(wecom_sandbox: Corner, tmp_path: Path) -> None:
    told = replace(WIKI, policy=PartyPolicy(web_login=WebLoginRule.NOTIFY))
    async with open_gateway(wecom_sandbox, gateway_config(wecom_sandbox, tmp_path, parties={"wiki": told})) as gateway:
        desk = (await open_desk(gateway)).browser
        for answer in ("refuse", "allow"):
            assert wecom_sandbox.messages() == []
            await say(desk, await show(desk, (await ask(Party(gateway, told)))["user_code"]), answer)
        await until(lambda: len(wecom_sandbox.messages()) == 1)


async def test_whoever_guesses_codes_is_stopped(provider: Gateway) -> None:
    browser = provider.browser()
    await browser.sign_in()
    for _ in range(10):
        assert (await show(browser, "BCDF-GHJK")).status_code == 400
    assert (await show(browser, "BCDF-GHJK")).status_code == 429


async def test_the_page_needs_a_session(provider: Gateway) -> None:
    browser = provider.browser()
    assert (await browser.get("/device")).headers["location"] == "/signin?return_to=%2Fdevice"
    page = (await browser.get("/signout")).text
    for path in ("/device", "/device/confirm"):
        assert (await browser.post(path, page=page)).headers["location"] == "/signin?return_to=%2Fdevice"


@pytest.mark.parametrize(
    ("fields", "error"), [({"scope": "openid\ttab"}, "invalid_scope"), ({"scope": "profile"}, "invalid_scope")]
)
async def test_a_device_may_ask_for_what_its_party_may_only(
    provider: Gateway, fields: dict[str, str], error: str
) -> None:
    answer = await Party(provider).call("/device_authorization", fields)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


async def test_the_grant_is_off_unless_the_party_has_it(wecom_sandbox: Corner, tmp_path: Path) -> None:
    own = replace(WIKI, grant_types=frozenset({GrantType.AUTHORIZATION_CODE}))
    async with open_gateway(wecom_sandbox, gateway_config(wecom_sandbox, tmp_path, parties={"wiki": own})) as gateway:
        party = Party(gateway, own)
        asked = await party.call("/device_authorization", {"scope": "openid"})
        assert asked.json()["error"] == "unauthorized_client"
        assert (await party.call("/token", {**GRANT, "device_code": "x"})).json()["error"] == "unauthorized_client"


@pytest.mark.parametrize("answer", ["allow", "refuse"])
async def test_whom_the_policy_keeps_out_reads_whom_to_ask_and_the_device_hears_no(
    wecom_sandbox: Corner, tmp_path: Path, answer: str
) -> None:
    own = replace(LUNCH, policy=PartyPolicy(deny_userids=frozenset({"lisi"})), contact="the lunch team")
    async with open_gateway(wecom_sandbox, gateway_config(wecom_sandbox, tmp_path, parties={"lunch": own})) as gateway:
        party, browser = Party(gateway, own, None), gateway.browser()
        await browser.sign_in()
        codes = await ask(party)
        page = await say(browser, await show(browser, codes["user_code"]), answer)
        assert page.status_code == 403
        for words in ("Lunch", "the lunch team"):
            assert words in page.text
        assert (await poll(party, codes)).json()["error"] == "access_denied"


async def test_whoever_is_in_wecom_already_is_sent_to_the_qr_code_where_only_that_will_do(
    wecom_sandbox: Corner, tmp_path: Path
) -> None:
    own = replace(LUNCH, policy=PartyPolicy(ways=frozenset({"web"})))
    async with open_gateway(wecom_sandbox, gateway_config(wecom_sandbox, tmp_path, parties={"lunch": own})) as gateway:
        party, browser = Party(gateway, own, None), gateway.browser()
        await browser.sign_in()
        page = await say(browser, await show(browser, (await ask(party))["user_code"]), "allow")
        assert page.status_code == 403
        assert "with the QR code only" in page.text


async def test_a_yes_counts_only_while_the_policy_admits_who_gave_it(wecom_sandbox: Corner, tmp_path: Path) -> None:
    shut = replace(WIKI, policy=PartyPolicy(deny_userids=frozenset({"lisi"})))
    async with AsyncExitStack() as gateways:

        async def under(record: RelyingParty) -> Gateway:
            config = gateway_config(wecom_sandbox, tmp_path, parties={"wiki": record})
            return await gateways.enter_async_context(open_gateway(wecom_sandbox, config))

        party = Party(await under(WIKI))
        browser = party.gateway.browser()
        await browser.sign_in()
        codes = await ask(party)
        assert (await say(browser, await show(browser, codes["user_code"]), "allow")).status_code == 200
        party.gateway = await under(shut)
        assert (await poll(party, codes)).json()["error"] == "invalid_grant"
        # What was taken back stays so, whatever is allowed later.
        party.gateway = await under(WIKI)
        party.gateway.clock.advance(seconds=5)
        assert (await poll(party, codes)).json()["error"] == "invalid_grant"


async def test_devices_of_one_address_are_limited(provider: Gateway) -> None:
    party = Party(provider)
    for _ in range(30):
        await ask(party)
    answer = await party.call("/device_authorization", {"scope": "openid"})
    assert answer.json()["error"] == "slow_down"
