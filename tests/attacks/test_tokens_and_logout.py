"""Attacks 80 to 95: what our tokens say and open. Introspection, revocation and logout are in their own tests."""

import pytest
from joserfc import jws

from gateways import PUBLIC_URL, Gateway
from relying_party import Party


async def test_attack_080_an_id_token_says_all_it_must_and_is_signed(provider: Gateway) -> None:
    party = Party(provider)
    tokens = await party.tokens(provider.browser())
    claims = await party.claims(tokens["id_token"])
    header = jws.extract_compact(tokens["id_token"].encode()).headers()
    assert (header["alg"], header["typ"]) == ("RS256", "JWT")
    assert header["kid"]
    assert (claims["iss"], claims["aud"], claims["nonce"]) == (PUBLIC_URL, "wiki", party.nonce)
    assert claims["iat"] <= claims["exp"]
    assert {"sub", "auth_time", "at_hash", "sid", "amr", "acr"} <= claims.keys()


async def test_attack_080_a_nonce_that_was_not_sent_is_not_told(provider: Gateway) -> None:
    party = Party(provider)
    tokens = await party.tokens(provider.browser(), nonce=None)
    assert "nonce" not in await party.claims(tokens["id_token"])


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer bad"}, {"authorization": "Basic eDp5"}])
async def test_attack_088_nothing_or_garbage_opens_nothing(provider: Gateway, headers: dict[str, str]) -> None:
    answer = await Party(provider).raw("/userinfo", "GET", None, headers)
    assert answer.status_code == 401
    assert 'Bearer error="invalid_token"' in answer.headers["www-authenticate"]


async def test_attack_088_a_token_in_the_query_and_an_id_token_open_nothing(provider: Gateway) -> None:
    party = Party(provider)
    tokens = await party.tokens(provider.browser())
    in_query = await party.raw(f"/userinfo?access_token={tokens['access_token']}", "GET", None, {})
    assert in_query.status_code == 401
    assert (await party.userinfo(tokens["id_token"])).status_code == 401
    assert (await party.userinfo("x" * 9000)).status_code == 401


async def test_attack_088_two_tokens_are_one_too_many(provider: Gateway) -> None:
    party = Party(provider)
    token = (await party.tokens(provider.browser()))["access_token"]
    twice = [("authorization", f"Bearer {token}"), ("authorization", f"Bearer {token}")]
    answer = await provider.browser().http.get("/userinfo", headers=twice)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    both = await party.raw("/userinfo", "POST", {"access_token": token}, {"authorization": f"Bearer {token}"})
    assert (both.status_code, both.headers["www-authenticate"].partition(",")[0]) == (
        400,
        'Bearer error="invalid_request"',
    )


async def test_a_code_of_wecoms_that_reaches_a_machines_path_is_dead(provider: Gateway) -> None:
    browser = provider.browser()
    state = (await browser.begin())["state"]
    code = provider.mint("lisi")
    await Party(provider).raw(f"/userinfo?c%6fde={code}", "GET", None, {})
    answer = await browser.get(f"/signin/callback/main?state={state}&code={code}")
    assert answer.status_code != 303
