"""Modules of the Basic OP plan that no other test speaks of, as journeys through WeCom and back."""

import json

import pytest
from joserfc import jws

from gateways import DESKTOP_UA, Browser, Gateway, callback, query_of
from relying_party import SECRET, Party, follow


async def scan(gateway: Gateway, browser: Browser, url: str) -> dict[str, str]:
    """Go to *url*, sign in by scanning and confirming; return what the browser brings back to the party."""
    begun = await browser.get((await browser.get(url)).headers["location"])
    state = query_of(begun.headers["location"])["state"]
    answer = await browser.get(callback(state, gateway.mint("lisi", way="web")))
    return query_of(await follow(browser, answer))


async def auth_time(party: Party, code: str) -> int:
    """Redeem a code; return when its person was asked."""
    claims = await party.claims((await party.redeem(code)).json()["id_token"])
    return int(claims["auth_time"])


@pytest.mark.parametrize(
    "wish",
    [
        {"display": "page"},
        {"display": "popup"},
        {"login_hint": "lisi"},
        {"ui_locales": "zh-CN en"},
        {"claims_locales": "zh-CN"},
        {"acr_values": "urn:mace:incommon:iap:silver"},
        {"extra": "foobar"},
    ],
    ids=lambda wish: next(iter(wish)),
)
async def test_what_a_party_may_wish_for_beside_does_not_stop_it(provider: Gateway, wish: dict[str, str]) -> None:
    party = Party(provider)
    assert (await party.claims((await party.tokens(provider.browser(), **wish))["id_token"]))["aud"] == "wiki"


async def test_prompt_none_answers_whoever_is_signed_in_with_the_same_sub_and_auth_time(provider: Gateway) -> None:
    party, browser = Party(provider), provider.browser()
    first = await party.claims((await party.tokens(browser))["id_token"])
    provider.clock.advance(seconds=5)
    silent = query_of((await browser.get(party.url(prompt="none"))).headers["location"])
    second = await party.claims((await party.redeem(silent["code"])).json()["id_token"])
    assert (second["sub"], second["auth_time"]) == (first["sub"], first["auth_time"])


async def test_a_subject_named_in_the_claims_parameter_lets_nobody_else_answer(provider: Gateway) -> None:
    party, browser = Party(provider), provider.browser()
    tokens = await party.tokens(browser)
    own = (await party.claims(tokens["id_token"]))["sub"]
    for subject, hint, outcome in (
        (own, None, "code"),
        (own, tokens["id_token"], "code"),
        ("somebody-else", None, "error"),
        ("somebody-else", tokens["id_token"], "error"),
    ):
        claims = json.dumps({"id_token": {"sub": {"value": subject}}})
        answer = await browser.get(party.url(prompt="none", claims=claims, id_token_hint=hint))
        told = query_of(answer.headers["location"])
        assert outcome in told
        assert told.get("error") in {None, "login_required"}


async def test_an_older_sign_in_than_max_age_is_made_anew_and_a_younger_one_is_kept(provider: Gateway) -> None:
    party, browser = Party(provider), provider.browser(DESKTOP_UA)
    first = await auth_time(party, (await scan(provider, browser, party.url()))["code"])
    provider.clock.advance(seconds=2)
    young = query_of((await browser.get(party.url(max_age="10000"))).headers["location"])
    assert await auth_time(party, young["code"]) == first
    anew = await scan(provider, browser, party.url(max_age="1"))
    assert await auth_time(party, anew["code"]) >= first + 2


@pytest.mark.parametrize("seconds", [1, 30])
async def test_a_code_used_again_later_is_refused_and_ends_the_tokens(provider: Gateway, seconds: int) -> None:
    party = Party(provider)
    code = (await party.sign_in(provider.browser()))["code"]
    token = (await party.redeem(code)).json()["access_token"]
    provider.clock.advance(seconds=seconds)
    assert (await party.redeem(code)).json()["error"] == "invalid_grant"
    assert (await party.userinfo(token)).status_code == 401


async def test_a_secret_in_the_body_is_as_good_as_one_in_the_header(provider: Gateway) -> None:
    party = Party(provider)
    back = await party.sign_in(provider.browser())
    fields = {
        "grant_type": "authorization_code",
        "code": back["code"],
        "redirect_uri": party.record.redirect_uris[0],
        "code_verifier": party.verifier,
        "client_id": "wiki",
        "client_secret": SECRET,
    }
    assert (await party.raw("/token", "POST", fields, {})).status_code == 200


async def test_no_party_can_be_given_an_unsigned_id_token(provider: Gateway) -> None:
    party = Party(provider)
    tokens = await party.tokens(provider.browser())
    document = (await party.raw("/.well-known/openid-configuration", "GET", None, {})).json()
    assert "none" not in document["id_token_signing_alg_values_supported"]
    assert jws.extract_compact(tokens["id_token"].encode()).headers()["alg"] == "RS256"


async def test_an_unsigned_request_object_is_refused_whatever_redirect_uri_it_holds(provider: Gateway) -> None:
    told = await provider.browser().get(Party(provider).url(request="eyJhbGciOiJub25lIn0.eyJyZWRpcmVjdF91cmkiOiJ4In0."))
    assert told.headers["location"].startswith("https://wiki.example.com/cb?")
    assert query_of(told.headers["location"])["error"] == "request_not_supported"


async def test_a_request_that_does_not_say_where_to_goes_nowhere(provider: Gateway) -> None:
    answer = await provider.browser().get(Party(provider).url(redirect_uri=None))
    assert (answer.status_code, "location" in answer.headers) == (400, False)
