"""Attacks 55 to 59 and 74 to 78: codes and refresh tokens that come again, too late, from another or for more."""

import asyncio
from dataclasses import replace

import pytest

from attacks.conftest import Open
from audited import events
from gateways import Gateway, open_gateway
from relying_party import LUNCH, WIKI, Party

OFFLINE = "openid profile offline_access"


async def refusal(party: Party, code: str, **changes: str | None) -> tuple[int, str]:
    """Return what the token endpoint says against a code."""
    answer = await party.redeem(code, **changes)
    return answer.status_code, answer.json()["error"]


async def test_attack_055_a_code_that_comes_twice_ends_what_it_gave(provider: Gateway) -> None:
    party = Party(provider)
    code = (await party.sign_in(provider.browser(), scope=OFFLINE))["code"]
    tokens = (await party.redeem(code)).json()
    assert (await party.userinfo(tokens["access_token"])).status_code == 200
    assert await refusal(party, code) == (400, "invalid_grant")
    assert (await party.userinfo(tokens["access_token"])).status_code == 401
    assert (await party.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"


async def test_attack_056_of_two_nodes_that_get_a_code_at_once_one_takes_it(opened: Open) -> None:
    async with opened() as one, open_gateway(one.corner, one.config) as two:
        party = Party(one)
        code = (await party.sign_in(one.browser()))["code"]
        there = replace(party, gateway=two)
        answers = await asyncio.gather(*(each.redeem(code) for each in (party, there, party, there)))
        assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400]


async def test_attack_057_a_code_is_good_for_less_than_60_seconds(provider: Gateway) -> None:
    party, browser = Party(provider), provider.browser()
    late = (await party.sign_in(browser))["code"]
    provider.clock.advance(seconds=60)
    assert await refusal(party, late) == (400, "invalid_grant")
    early = (await party.sign_in(browser))["code"]
    provider.clock.advance(seconds=59)
    assert (await party.redeem(early)).status_code == 200


async def test_attack_058_a_code_that_another_party_brings_is_burnt(provider: Gateway) -> None:
    party = Party(provider)
    code = (await party.sign_in(provider.browser()))["code"]
    thief = Party(provider, LUNCH, None, verifier=party.verifier)
    assert await refusal(thief, code, redirect_uri=WIKI.redirect_uris[0]) == (400, "invalid_grant")
    assert await refusal(party, code) == (400, "invalid_grant")


@pytest.mark.parametrize("redirect_uri", [None, "", "https://wiki.example.com/", "https://wiki.example.com/cb/"])
async def test_attack_059_the_redirect_uri_is_said_again_and_is_the_same(
    provider: Gateway, redirect_uri: str | None
) -> None:
    party = Party(provider)
    code = (await party.sign_in(provider.browser()))["code"]
    assert await refusal(party, code, redirect_uri=redirect_uri) == (400, "invalid_grant")


async def test_attack_074_a_rotated_refresh_token_that_comes_after_the_grace_ends_its_family(
    provider: Gateway,
) -> None:
    party = Party(provider)
    first = await party.tokens(provider.browser(), scope=OFFLINE)
    second = (await party.refresh(first["refresh_token"])).json()
    provider.clock.advance(seconds=11)
    assert (await party.refresh(first["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await party.refresh(second["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await party.userinfo(second["access_token"])).status_code == 401
    assert events(provider, "grant.revoked")[-1]["facts"]["reason"] == "refresh_reused"


async def test_attack_075_within_the_grace_all_get_the_same_successor_and_a_grandparent_ends_the_family(
    provider: Gateway,
) -> None:
    party = Party(provider)
    first = await party.tokens(provider.browser(), scope=OFFLINE)
    answers = await asyncio.gather(*(party.refresh(first["refresh_token"]) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {200}
    (successor,) = {answer.json()["refresh_token"] for answer in answers}
    third = (await party.refresh(successor)).json()
    assert (await party.refresh(first["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await party.refresh(third["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await party.userinfo(third["access_token"])).status_code == 401


async def test_attack_077_a_refresh_may_ask_for_less_and_for_the_grant_again_but_for_no_more(
    provider: Gateway,
) -> None:
    party = Party(provider)
    token = (await party.tokens(provider.browser(), scope=OFFLINE))["refresh_token"]
    wider = await party.refresh(token, scope="openid email")
    assert (wider.status_code, wider.json()["error"]) == (400, "invalid_scope")
    less = (await party.refresh(token, scope="openid")).json()
    assert "name" not in (await party.userinfo(less["access_token"])).json()
    again = (await party.refresh(less["refresh_token"], scope="openid profile")).json()
    assert "name" in (await party.userinfo(again["access_token"])).json()


async def test_attack_078_no_refreshing_reaches_beyond_the_absolute_end(opened: Open) -> None:
    async with opened() as gateway:
        party = Party(gateway)
        token = (await party.tokens(gateway.browser(), scope=OFFLINE))["refresh_token"]
        for _ in range(8):
            gateway.clock.advance(days=11)
            token = (await party.refresh(token)).json()["refresh_token"]
        # Ninety days from the sign-in, though it was used three days before.
        gateway.clock.advance(days=3)
        answer = await party.refresh(token)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


async def test_attack_078_a_refresh_token_that_nobody_uses_ends_after_two_weeks(opened: Open) -> None:
    async with opened() as gateway:
        party = Party(gateway)
        token = (await party.tokens(gateway.browser(), scope=OFFLINE))["refresh_token"]
        gateway.clock.advance(days=15)
        assert (await party.refresh(token)).json()["error"] == "invalid_grant"
