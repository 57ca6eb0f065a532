"""Attacks 80 and 88 to 91: what our tokens say and open, and who may ask about them or throw them away."""

import base64
import hashlib
from dataclasses import replace

import pytest
from joserfc import jws

from attacks.conftest import Open
from gateways import PUBLIC_URL, Gateway
from relying_party import LUNCH, WIKI, Party


async def test_attack_080_an_id_token_says_all_it_must_and_is_signed(provider: Gateway) -> None:
    party = Party(provider)
    tokens = await party.tokens(provider.browser())
    claims = await party.claims(tokens["id_token"])
    header = jws.extract_compact(tokens["id_token"].encode()).headers()
    assert (header["alg"], header["typ"]) == ("RS256", "JWT")
    assert header["kid"]
    assert (claims["iss"], claims["aud"], claims["nonce"]) == (PUBLIC_URL, "wiki", party.nonce)
    assert claims["iat"] <= claims["exp"]
    assert {"sub", "auth_time", "sid", "amr", "acr"} <= claims.keys()
    half = hashlib.sha256(tokens["access_token"].encode()).digest()[:16]
    assert claims["at_hash"] == base64.urlsafe_b64encode(half).rstrip(b"=").decode()


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


@pytest.mark.parametrize("end", ["expired", "revoked"])
async def test_attack_088_a_token_that_is_over_opens_nothing(provider: Gateway, end: str) -> None:
    party = Party(provider)
    token = (await party.tokens(provider.browser()))["access_token"]
    assert (await party.userinfo(token)).status_code == 200
    if end == "expired":
        provider.clock.advance(minutes=10)
    else:
        await party.call("/revoke", {"token": token})
    answer = await party.userinfo(token)
    assert answer.status_code == 401
    assert 'Bearer error="invalid_token"' in answer.headers["www-authenticate"]


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


async def test_attack_089_a_token_without_openid_opens_no_userinfo(provider: Gateway) -> None:
    party = Party(provider)
    first = await party.tokens(provider.browser(), scope="openid profile offline_access")
    narrowed = (await party.refresh(first["refresh_token"], scope="profile")).json()
    answer = await party.userinfo(narrowed["access_token"])
    assert answer.status_code == 403
    assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]


async def test_attack_090_introspection_tells_a_tokens_own_party_alone(opened: Open) -> None:
    other = replace(WIKI, client_id="other", title="Other")
    async with opened(WIKI, other) as gateway:
        party, stranger = Party(gateway), Party(gateway, other)
        token = (await party.tokens(gateway.browser()))["access_token"]
        assert (await party.call("/introspect", {"token": token})).json()["active"] is True
        for who, what in ((stranger, token), (stranger, "garbage"), (party, "garbage"), (party, "x" * 9000)):
            answer = await who.call("/introspect", {"token": what})
            assert (answer.status_code, answer.json()) == (200, {"active": False})
        for headers in ({}, {"authorization": Party(gateway, secret="wrong").basic}):
            nobody = await party.raw("/introspect", "POST", {"token": token}, headers)
            assert (nobody.status_code, "active" in nobody.json()) == (401, False)


async def test_attack_091_nobody_revokes_what_is_anothers_and_a_refresh_token_takes_all_with_it(
    provider: Gateway,
) -> None:
    party, other = Party(provider), Party(provider, LUNCH, None)
    tokens = await party.tokens(provider.browser(), scope="openid offline_access")
    for token in ("unknown", tokens["access_token"], tokens["refresh_token"]):
        assert (await other.call("/revoke", {"token": token})).status_code == 200
    assert (await party.userinfo(tokens["access_token"])).status_code == 200
    second = (await party.refresh(tokens["refresh_token"])).json()
    assert (await party.call("/revoke", {"token": second["refresh_token"]})).status_code == 200
    for token in (tokens["access_token"], second["access_token"]):
        assert (await party.userinfo(token)).status_code == 401
    assert (await party.refresh(second["refresh_token"])).json()["error"] == "invalid_grant"


async def test_a_code_of_wecoms_that_reaches_a_machines_path_is_dead(provider: Gateway) -> None:
    browser = provider.browser()
    state = (await browser.begin())["state"]
    code = provider.mint("lisi")
    await Party(provider).raw(f"/userinfo?c%6fde={code}", "GET", None, {})
    answer = await browser.get(f"/signin/callback/main?state={state}&code={code}")
    assert answer.status_code != 303
