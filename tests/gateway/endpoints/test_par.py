"""A pushed request is brought once, by name."""

from pathlib import Path
from urllib.parse import urlencode

import pytest

from gateways import Browser, Gateway, gateway_config, open_gateway, query_of
from gongpai.sandbox import Corner
from relying_party import LUNCH, WIKI, Party, follow


async def push(party: Party, **changes: str | None) -> str:
    fields = query_of(f"/?{party.query(**changes)}")
    answer = await party.call("/par", fields)
    assert answer.status_code == 201, answer.text
    assert answer.json()["expires_in"] == 90
    return str(answer.json()["request_uri"])


def bring(party: Party, request_uri: str) -> str:
    return f"/authorize?{urlencode({'client_id': party.record.client_id, 'request_uri': request_uri})}"


async def open_pushed(party: Party, browser: Browser, request_uri: str) -> dict[str, str]:
    return query_of(await follow(browser, await browser.get(bring(party, request_uri))))


async def test_a_pushed_request_is_answered_as_if_it_had_come_by_the_browser(provider: Gateway) -> None:
    party, browser = Party(provider), provider.browser()
    back = await open_pushed(party, browser, await push(party))
    assert back["state"] == party.state
    assert (await party.redeem(back["code"])).status_code == 200


async def test_it_is_good_once_for_its_own_party_and_for_90_seconds(provider: Gateway) -> None:
    party, browser = Party(provider), provider.browser()
    used = await push(party)
    await open_pushed(party, browser, used)
    stolen, old = await push(party), await push(party)
    assert (await browser.get(bring(party, used))).status_code == 400
    assert (await browser.get(bring(Party(provider, LUNCH, None), stolen))).status_code == 400
    provider.clock.advance(seconds=91)
    assert (await browser.get(bring(party, old))).status_code == 400
    assert (await browser.get(bring(party, "urn:ietf:params:oauth:request_uri:" + "x" * 99))).status_code == 400


async def test_what_another_browser_brought_is_no_pushed_request(provider: Gateway) -> None:
    party, browser = Party(provider), provider.browser()
    begun = await browser.get(party.url())
    handle = query_of(begun.headers["location"])["return_to"].removeprefix("/authorize/")
    thief = await provider.browser().get(bring(party, f"urn:ietf:params:oauth:request_uri:{handle}"))
    assert thief.status_code == 400


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"request_uri": "urn:ietf:params:oauth:request_uri:x"}, "invalid_request"),
        ({"request": "e30.e30."}, "request_not_supported"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"redirect_uri": "https://evil.example/"}, "invalid_request"),
        ({"scope": "profile"}, "invalid_scope"),
    ],
)
async def test_what_authorize_would_refuse_is_refused_as_json(
    provider: Gateway, changes: dict[str, str | None], error: str
) -> None:
    party = Party(provider)
    answer = await party.call("/par", query_of(f"/?{party.query(**changes)}"))
    assert (answer.status_code, answer.json()["error"]) == (400, error)


async def test_only_a_party_may_push(provider: Gateway) -> None:
    party = Party(provider, secret="wrong")
    answer = await party.call("/par", query_of(f"/?{party.query()}"))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert (await party.raw("/par", "GET", None, {})).status_code == 405


async def test_a_party_pushes_only_so_many_from_one_address_in_a_minute(wecom_sandbox: Corner, tmp_path: Path) -> None:
    parties = {party.client_id: party for party in (WIKI, LUNCH)}
    config = gateway_config(wecom_sandbox, tmp_path, parties=parties, starts_per_minute=3)
    async with open_gateway(wecom_sandbox, config) as gateway:
        party, other = Party(gateway), Party(gateway, LUNCH, None)
        for _ in range(3):
            await push(party)
        answer = await party.call("/par", query_of(f"/?{party.query()}"))
        assert (answer.status_code, answer.json()["error"]) == (429, "temporarily_unavailable")
        await push(other)
        gateway.clock.advance(seconds=61)
        await push(party)
