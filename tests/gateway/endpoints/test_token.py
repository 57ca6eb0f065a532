"""Codes, refresh tokens and who may bring them."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from gateways import PORTAL, PUBLIC_URL, Gateway, gateway_config, open_gateway
from gongpai.gateway.oidc.jose import unverified_claims
from gongpai.gateway.records_provider import PartyPolicy, TokenFormat
from gongpai.sandbox import Corner
from relying_party import LUNCH, WIKI, Party


async def test_a_code_becomes_tokens_and_the_tokens_a_person(provider: Gateway) -> None:
    party = Party(provider)
    browser = provider.browser()
    provider.corner.set_consent(PORTAL, "lisi", ("biz_mail",))
    back = await party.sign_in(browser, scope="openid profile email groups")
    assert (back["state"], back["iss"]) == (party.state, PUBLIC_URL)
    answer = await party.redeem(back["code"])
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    tokens = answer.json()
    assert tokens["token_type"] == "Bearer"
    assert "refresh_token" not in tokens
    claims = await party.claims(tokens["id_token"])
    assert (claims["iss"], claims["aud"], claims["nonce"]) == (PUBLIC_URL, "wiki", party.nonce)
    assert claims["amr"] == ["in_app"]
    told = (await party.userinfo(tokens["access_token"])).json()
    assert told["sub"] == claims["sub"]
    assert told["preferred_username"] == "lisi"
    assert told["name"] == provider.corner.member("lisi").name
    assert told["email"] == provider.corner.member("lisi").biz_mail


async def test_a_live_session_answers_at_once_and_keeps_no_request(provider: Gateway) -> None:
    party, browser = Party(provider), provider.browser()
    await party.sign_in(browser)
    answer = await browser.get(party.url())
    assert answer.headers["location"].startswith("https://wiki.example.com/cb?code=")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"redirect_uri": "https://wiki.example.com/other"}, "invalid_grant"),
        ({"redirect_uri": None}, "invalid_grant"),
        ({"code_verifier": None}, "invalid_grant"),
        ({"code_verifier": "x" * 43}, "invalid_grant"),
        ({"code": "guess"}, "invalid_grant"),
        ({"code": None}, "invalid_request"),
        ({"code": "x" * 600}, "invalid_request"),
        ({"grant_type": None}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
    ],
)
async def test_a_code_opens_nothing_with_anything_else_wrong(
    provider: Gateway, changes: dict[str, str | None], error: str
) -> None:
    party = Party(provider)
    back = await party.sign_in(provider.browser())
    answer = await party.redeem(changes.pop("code", back["code"]) or "", **changes)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


async def test_a_code_that_is_60_seconds_old_has_expired(provider: Gateway) -> None:
    party = Party(provider)
    back = await party.sign_in(provider.browser())
    provider.clock.advance(seconds=60)
    assert (await party.redeem(back["code"])).json()["error"] == "invalid_grant"


async def test_a_second_use_of_a_code_ends_what_the_first_one_gave(provider: Gateway) -> None:
    party = Party(provider)
    back = await party.sign_in(provider.browser())
    tokens = (await party.redeem(back["code"])).json()
    assert (await party.redeem(back["code"])).json()["error"] == "invalid_grant"
    assert (await party.userinfo(tokens["access_token"])).status_code == 401


async def test_of_two_who_bring_a_code_at_once_one_gets_tokens(provider: Gateway) -> None:
    party = Party(provider)
    code = (await party.sign_in(provider.browser()))["code"]
    answers = await asyncio.gather(*(party.redeem(code) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400, 400]
    # Whoever came second shows that there are two, however close behind.
    (won,) = (answer.json() for answer in answers if answer.status_code == 200)
    assert (await party.userinfo(won["access_token"])).status_code == 401


async def test_a_code_that_another_party_brings_is_burnt(provider: Gateway) -> None:
    party = Party(provider)
    back = await party.sign_in(provider.browser())
    thief = Party(provider, LUNCH, None, verifier=party.verifier)
    fields = {"redirect_uri": party.record.redirect_uris[0]}
    assert (await thief.redeem(back["code"], **fields)).json()["error"] == "invalid_grant"
    assert (await party.redeem(back["code"])).json()["error"] == "invalid_grant"


async def test_a_refresh_token_comes_with_offline_access_only_and_rotates(provider: Gateway) -> None:
    party = Party(provider)
    first = await party.tokens(provider.browser(), scope="openid offline_access")
    second = (await party.refresh(first["refresh_token"])).json()
    assert second["refresh_token"] != first["refresh_token"]
    claims = await party.claims(second["id_token"])
    assert "nonce" not in claims
    assert claims["sub"] == (await party.claims(first["id_token"]))["sub"]
    assert (await party.userinfo(second["access_token"])).status_code == 200


async def test_no_access_token_outlives_the_session_that_it_hangs_on(wecom_sandbox: Corner, tmp_path: Path) -> None:
    # A party that verifies a JWT by itself goes by what stands in it.
    own = replace(WIKI, access_token_format=TokenFormat.JWT)
    async with open_gateway(wecom_sandbox, gateway_config(wecom_sandbox, tmp_path, parties={"wiki": own})) as gateway:
        party, browser = Party(gateway, own), gateway.browser()
        await party.tokens(browser)
        for hours in (6, 5.95):
            gateway.clock.advance(hours=hours)
            tokens = await party.tokens(browser, prompt="none")
        assert tokens["expires_in"] == 180
        claims, seconds = unverified_claims(tokens["access_token"]), int(gateway.clock().timestamp())
        assert (claims["iat"], claims["exp"]) == (seconds, seconds + 180)


async def test_parallel_refreshes_get_the_same_answer(provider: Gateway) -> None:
    party = Party(provider)
    first = await party.tokens(provider.browser(), scope="openid offline_access")
    answers = await asyncio.gather(*(party.refresh(first["refresh_token"]) for _ in range(10)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1


async def test_a_refresh_token_used_again_after_the_grace_revokes_its_family(provider: Gateway) -> None:
    party = Party(provider)
    first = await party.tokens(provider.browser(), scope="openid offline_access")
    second = (await party.refresh(first["refresh_token"])).json()
    provider.clock.advance(seconds=11)
    assert (await party.refresh(first["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await party.refresh(second["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await party.userinfo(second["access_token"])).status_code == 401


async def test_a_grandparent_is_a_thief_even_within_the_grace(provider: Gateway) -> None:
    party = Party(provider)
    first = await party.tokens(provider.browser(), scope="openid offline_access")
    second = (await party.refresh(first["refresh_token"])).json()
    third = (await party.refresh(second["refresh_token"])).json()
    assert (await party.refresh(first["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await party.refresh(third["refresh_token"])).json()["error"] == "invalid_grant"


async def test_a_refresh_may_narrow_and_widen_back_but_not_beyond(provider: Gateway) -> None:
    party = Party(provider)
    first = await party.tokens(provider.browser(), scope="openid profile offline_access")
    second = (await party.refresh(first["refresh_token"], scope="openid")).json()
    assert second["scope"] == "openid"
    assert "name" not in (await party.userinfo(second["access_token"])).json()
    third = (await party.refresh(second["refresh_token"], scope="openid profile")).json()
    assert "name" in (await party.userinfo(third["access_token"])).json()
    wider = await party.refresh(third["refresh_token"], scope="openid email")
    assert wider.json()["error"] == "invalid_scope"


@pytest.mark.parametrize("days", [15, 91])
async def test_a_refresh_token_has_an_idle_and_an_absolute_end(provider: Gateway, days: int) -> None:
    party = Party(provider)
    first = await party.tokens(provider.browser(), scope="openid offline_access")
    provider.clock.advance(days=days)
    assert (await party.refresh(first["refresh_token"])).json()["error"] == "invalid_grant"


async def test_a_grant_outlives_the_session_only_with_offline_access(provider: Gateway) -> None:
    party = Party(provider)
    offline = await party.tokens(provider.browser(), scope="openid profile offline_access")
    provider.clock.advance(days=2)
    again = (await party.refresh(offline["refresh_token"])).json()
    assert (await party.userinfo(again["access_token"])).json()["preferred_username"] == "lisi"


async def test_a_leaver_is_not_refreshed(provider: Gateway) -> None:
    party = Party(provider)
    tokens = await party.tokens(provider.browser(), scope="openid offline_access")
    provider.corner.plan_fault("user/get", errcode=60111, share=1.0)
    provider.clock.advance(hours=2)
    assert (await party.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await party.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"


@pytest.mark.parametrize("days", [0, 2])
@pytest.mark.parametrize(
    "policy",
    [
        PartyPolicy(deny_userids=frozenset({"lisi"})),
        PartyPolicy(allow_departments=frozenset({99})),
        PartyPolicy(corpids=frozenset({"wwanother"})),
        PartyPolicy(apps=frozenset({"another"})),
        PartyPolicy(ways=frozenset({"web"})),
    ],
)
async def test_whom_the_partys_policy_keeps_out_meanwhile_gets_nothing_for_a_code_or_a_refresh_token(
    wecom_sandbox: Corner, tmp_path: Path, policy: PartyPolicy, days: int
) -> None:
    async with AsyncExitStack() as gateways:

        async def under(policy: PartyPolicy) -> Gateway:
            parties = {"wiki": replace(WIKI, policy=policy)}
            config = gateway_config(wecom_sandbox, tmp_path, parties=parties)
            return await gateways.enter_async_context(open_gateway(wecom_sandbox, config))

        party = Party(await under(PartyPolicy()))
        browser = party.gateway.browser()
        refresh_token = (await party.tokens(browser, scope="openid offline_access"))["refresh_token"]
        code = (await party.sign_in(browser))["code"]
        party.gateway = await under(policy)
        party.gateway.clock.advance(days=days)
        assert (await party.refresh(refresh_token)).json()["error"] == "invalid_grant"
        assert (await party.redeem(code)).json()["error"] == "invalid_grant"
        # What was taken back stays so, whatever is allowed later.
        party.gateway = await under(PartyPolicy())
        assert (await party.refresh(refresh_token)).json()["error"] == "invalid_grant"


async def test_a_wecom_that_does_not_answer_spends_no_refresh_token(provider: Gateway) -> None:
    party = Party(provider)
    tokens = await party.tokens(provider.browser(), scope="openid offline_access")
    provider.clock.advance(days=2)
    provider.corner.plan_fault("user/get", errcode=-1, share=1.0)
    answer = await party.refresh(tokens["refresh_token"])
    assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")
    provider.corner.clear_faults()
    assert (await party.refresh(tokens["refresh_token"])).status_code == 200


async def test_another_party_cannot_use_a_refresh_token(provider: Gateway) -> None:
    party = Party(provider)
    tokens = await party.tokens(provider.browser(), scope="openid offline_access")
    thief = Party(provider, LUNCH, None)
    assert (await thief.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await party.refresh(tokens["refresh_token"])).status_code == 200
