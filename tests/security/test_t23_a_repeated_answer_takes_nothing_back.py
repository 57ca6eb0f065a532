"""T23: what comes again within the grace tells nothing that was erased meanwhile, and takes back no end."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateways import PORTAL, Browser, gateway_config, open_gateway
from gongpai.gateway.records import EndReason
from gongpai.gateway.records_provider import TokenFormat
from gongpai.gateway.store.open import open_stores
from gongpai.sandbox import Corner
from relying_party import WIKI, Party

TELLING = replace(WIKI, claims_in_id_token=True)
SCOPE = "openid profile phone offline_access"


@pytest.fixture(params=list(TokenFormat), ids=str)
async def telling(wecom_sandbox: Corner, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Party]:
    """Yield a party whose ID tokens tell of the person, with either kind of access token."""
    party = replace(TELLING, access_token_format=request.param)
    config = gateway_config(wecom_sandbox, tmp_path, parties={"wiki": party})
    async with open_gateway(wecom_sandbox, config) as gateway:
        yield Party(gateway, party)


async def _signed_in(party: Party) -> tuple[Browser, dict[str, Any], dict[str, Any]]:
    """Sign in with a mobile number; return the browser, the first tokens, and the answer to their refresh."""
    party.gateway.corner.set_consent(PORTAL, "lisi", ("mobile",))
    browser = party.gateway.browser()
    first = await party.tokens(browser, scope=SCOPE)
    answer = (await party.refresh(first["refresh_token"])).json()
    assert (await party.claims(answer["id_token"]))["phone_number"]
    return browser, first, answer


async def _erase(browser: Browser) -> None:
    await browser.post("/me/disclosure/erase", page=(await browser.get("/me")).text)


async def test_an_answer_that_tells_of_the_person_is_the_same_while_nothing_changes(telling: Party) -> None:
    _, first, answer = await _signed_in(telling)
    telling.gateway.clock.advance(seconds=5)
    assert (await telling.refresh(first["refresh_token"])).json() == answer


async def test_an_answer_without_an_id_token_gets_none_when_it_comes_again(telling: Party) -> None:
    browser, _, answer = await _signed_in(telling)
    narrow = (await telling.refresh(answer["refresh_token"], scope="profile")).json()
    assert "id_token" not in narrow
    await _erase(browser)
    assert (await telling.refresh(answer["refresh_token"])).json() == narrow


async def test_what_was_erased_is_not_told_again(telling: Party) -> None:
    browser, first, answer = await _signed_in(telling)
    await _erase(browser)
    telling.gateway.clock.advance(seconds=5)
    again = (await telling.refresh(first["refresh_token"])).json()
    before, after = await telling.claims(answer["id_token"]), await telling.claims(again.pop("id_token"))
    assert again == {name: value for name, value in answer.items() if name != "id_token"}
    # Nothing else is another: whom it is of, until when it is good, and the access token that it goes with.
    erased = {"phone_number", "phone_number_verified", "picture"}
    assert before.keys() - after.keys() == erased
    assert after == {name: claim for name, claim in before.items() if name not in erased}
    assert (await telling.refresh(again["refresh_token"])).status_code == 200


async def test_what_ended_with_the_session_is_not_told_again(telling: Party) -> None:
    browser, first, answer = await _signed_in(telling)
    await browser.post("/signout", page=(await browser.get("/me")).text)
    again = (await telling.refresh(first["refresh_token"])).json()
    assert again["refresh_token"] == answer["refresh_token"]
    assert not [name for name in await telling.claims(again["id_token"]) if name.startswith("phone_number")]


@pytest.mark.parametrize("path", ["/me/sessions/end/all", "/me/sessions/end"])
async def test_a_session_that_its_member_ended_answers_nothing_again(telling: Party, path: str) -> None:
    browser, first, answer = await _signed_in(telling)
    page = (await browser.get("/me")).text
    handle = page.partition('name="handle" value="')[2].partition('"')[0]
    ended = await browser.post(path, {"handle": handle}, page=page)
    assert ended.status_code == 303
    for token in (first["refresh_token"], answer["refresh_token"]):
        assert (await telling.refresh(token)).json()["error"] == "invalid_grant"
    assert (await telling.userinfo(answer["access_token"])).status_code == 401


@pytest.mark.parametrize("reason", [EndReason.DENIED, EndReason.DISOWNED])
async def test_a_session_that_was_ended_from_elsewhere_answers_nothing_again(telling: Party, reason: EndReason) -> None:
    _, first, answer = await _signed_in(telling)
    gateway = telling.gateway
    subject = (await telling.claims(answer["id_token"]))["sub"]
    async with open_stores(gateway.config.storage) as elsewhere:
        (session,) = await elsewhere.sessions.find(subject, gateway.clock())
        assert await elsewhere.sessions.end(session.ref, reason, gateway.clock())
    assert (await telling.refresh(first["refresh_token"])).json()["error"] == "invalid_grant"


async def test_a_consent_that_was_withdrawn_answers_nothing_again(telling: Party) -> None:
    _, first, answer = await _signed_in(telling)
    gateway = telling.gateway
    subject = (await telling.claims(answer["id_token"]))["sub"]
    async with open_stores(gateway.config.storage) as elsewhere:
        await elsewhere.consents.withdraw(subject, "wiki", gateway.clock())
    assert (await telling.refresh(first["refresh_token"])).json()["error"] == "invalid_grant"


async def test_a_party_that_was_disabled_gets_nothing_again_and_the_same_once_it_is_enabled(
    wecom_sandbox: Corner, tmp_path: Path
) -> None:
    config = gateway_config(wecom_sandbox, tmp_path)
    async with open_gateway(wecom_sandbox, config) as gateway, open_stores(config.storage) as elsewhere:
        living = replace(TELLING, is_configured=False)
        disabled = replace(living, disabled_at=gateway.clock())
        assert await elsewhere.parties.add(living)
        party = Party(gateway, living)
        first = await party.tokens(gateway.browser(), scope="openid offline_access")
        answer = (await party.refresh(first["refresh_token"])).json()

        async def until_it_says(error: str | None) -> None:
            async with asyncio.timeout(30):
                while (await party.refresh(first["refresh_token"])).json().get("error") != error:  # noqa: ASYNC110  # news
                    await asyncio.sleep(0.01)

        assert await elsewhere.parties.replace(living, disabled)
        await until_it_says("invalid_client")
        assert (await party.userinfo(answer["access_token"])).status_code == 401
        assert await elsewhere.parties.replace(disabled, living)
        await until_it_says(None)
        assert (await party.refresh(first["refresh_token"])).json() == answer
