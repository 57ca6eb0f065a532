"""What an access token opens, and to whose pages."""

from dataclasses import replace
from pathlib import Path

import pytest
from joserfc import jws

from gateways import Gateway, gateway_config, open_gateway
from gongpai.gateway.records_provider import SigningAlg, SubjectType, TokenFormat
from gongpai.sandbox import Corner
from relying_party import LUNCH, WIKI, Party

ORIGIN = "https://wiki.example.com"


async def test_a_post_with_the_token_in_its_form_is_answered_too(provider: Gateway) -> None:
    party = Party(provider)
    token = (await party.tokens(provider.browser()))["access_token"]
    in_form = await party.raw("/userinfo", "POST", {"access_token": token}, {})
    in_header = await party.raw("/userinfo", "POST", None, {"authorization": f"bearer {token}"})
    assert in_form.json() == in_header.json() == (await party.userinfo(token)).json()


async def test_the_claims_parameter_asks_for_single_claims(provider: Gateway) -> None:
    party = Party(provider)
    claims = '{"userinfo":{"name":null},"id_token":{"preferred_username":{"essential":true}}}'
    tokens = await party.tokens(provider.browser(), scope="openid profile", claims=claims)
    assert (await party.claims(tokens["id_token"]))["preferred_username"] == "lisi"
    assert "name" in (await party.userinfo(tokens["access_token"])).json()


async def test_a_party_can_have_the_claims_in_the_id_token_an_own_alg_and_jwts(
    wecom_sandbox: Corner, tmp_path: Path
) -> None:
    own = replace(
        WIKI,
        claims_in_id_token=True,
        id_token_alg=SigningAlg.ES256,
        access_token_format=TokenFormat.JWT,
        subject_type=SubjectType.PAIRWISE,
    )
    config = gateway_config(wecom_sandbox, tmp_path, parties={"wiki": own, "lunch": replace(LUNCH, is_trusted=True)})
    async with open_gateway(wecom_sandbox, config) as gateway:
        party, browser = Party(gateway, own), gateway.browser()
        tokens = await party.tokens(browser, scope="openid profile")
        claims = await party.claims(tokens["id_token"])
        assert claims["preferred_username"] == "lisi"
        header = jws.extract_compact(tokens["access_token"].encode()).headers()
        assert (header["typ"], header["alg"]) == ("at+jwt", "ES256")
        assert (await party.userinfo(tokens["access_token"])).json()["sub"] == claims["sub"]
        other = Party(gateway, LUNCH, None)
        told = await other.claims((await other.tokens(browser))["id_token"])
        assert told["sub"] != claims["sub"]


async def test_pages_of_the_partys_origins_may_read_the_answer_and_no_others(
    wecom_sandbox: Corner, tmp_path: Path
) -> None:
    own = replace(WIKI, origins=frozenset({ORIGIN}))
    async with open_gateway(wecom_sandbox, gateway_config(wecom_sandbox, tmp_path, parties={"wiki": own})) as gateway:
        party = Party(gateway, own)
        token = (await party.tokens(gateway.browser()))["access_token"]
        for origin, allowed in ((ORIGIN, ORIGIN), ("https://evil.example", None)):
            answer = await party.raw("/userinfo", "GET", None, {"authorization": f"Bearer {token}", "origin": origin})
            assert answer.headers.get("access-control-allow-origin") == allowed
            assert answer.headers["vary"] == "origin"
        asked = await party.raw("/userinfo", "OPTIONS", None, {"origin": ORIGIN})
        assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (204, ORIGIN)
        assert "authorization" in asked.headers["access-control-allow-headers"]


async def test_any_page_may_read_that_a_token_or_a_party_is_unknown(provider: Gateway) -> None:
    party, headers = Party(provider), {"origin": ORIGIN}
    fields = {"grant_type": "refresh_token", "refresh_token": "x", "client_id": "nobody"}
    for answer in (
        await party.raw("/userinfo", "GET", None, {"authorization": "Bearer unknown", **headers}),
        await party.raw("/token", "POST", fields, headers),
    ):
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (401, ORIGIN)
    known = await party.call("/token", {"grant_type": "refresh_token", "refresh_token": "x"}, **headers)
    assert (known.status_code, known.headers.get("access-control-allow-origin")) == (400, None)


async def test_a_token_of_a_party_that_was_disabled_or_removed_opens_nothing(
    wecom_sandbox: Corner, tmp_path: Path
) -> None:
    config = gateway_config(wecom_sandbox, tmp_path, parties={"wiki": WIKI})
    async with open_gateway(wecom_sandbox, config) as gateway:
        token = (await Party(gateway).tokens(gateway.browser()))["access_token"]
    disabled = {"wiki": replace(WIKI, disabled_at=gateway.clock())}
    for parties, status in ((disabled, 401), ({}, 401), ({"wiki": WIKI}, 200)):
        async with open_gateway(wecom_sandbox, replace(config, parties=parties)) as again:
            assert (await Party(again).userinfo(token)).status_code == status


@pytest.mark.parametrize("reason", ["revoked", "ended", "expired"])
async def test_a_token_opens_nothing_once_it_is_over(provider: Gateway, reason: str) -> None:
    party, browser = Party(provider), provider.browser()
    token = (await party.tokens(browser))["access_token"]
    if reason == "revoked":
        await party.call("/revoke", {"token": token})
    elif reason == "ended":
        await browser.post("/signout", page=(await browser.get("/signout")).text)
    else:
        provider.clock.advance(minutes=10)
    assert (await party.userinfo(token)).status_code == 401
