"""Attacks 24 to 43: what is asked, and of whom."""

from dataclasses import replace

import pytest

from attacks.conftest import Open
from gateways import Gateway, query_of
from relying_party import LUNCH, WIKI, Party


async def error_of(provider: Gateway, **changes: str | None) -> str:
    """Return the error that the party is told, with its own state and our iss."""
    party = Party(provider)
    told = query_of((await provider.browser().get(party.url(**changes))).headers["location"])
    assert (told["state"], told["iss"]) == (party.state, provider.config.public_url)
    return told["error"]


@pytest.mark.parametrize("scope", ["profile", "openidd", None])
async def test_attack_024_a_scope_without_openid(provider: Gateway, scope: str | None) -> None:
    assert await error_of(provider, scope=scope) == "invalid_scope"


async def test_attack_024_an_unknown_scope_is_never_granted(provider: Gateway) -> None:
    party = Party(provider)
    tokens = await party.tokens(provider.browser(), scope="openid root")
    assert tokens["scope"] == "openid"


async def test_attack_025_a_scope_that_the_party_is_not_registered_for(opened: Open) -> None:
    modest = replace(WIKI, scopes=frozenset({"openid", "profile"}))
    async with opened(modest) as gateway:
        assert await error_of(gateway, scope="openid email") == "invalid_scope"
        tokens = await Party(gateway, modest).tokens(gateway.browser(), scope="openid profile")
        assert set(tokens["scope"].split()) == {"openid", "profile"}


@pytest.mark.parametrize(
    "changes",
    [
        {"code_challenge_method": "plain"},
        {"code_challenge_method": None},
        {"code_challenge": None},
        {"code_challenge": "short"},
        {"code_challenge": None, "code_challenge_method": None},
    ],
)
async def test_attack_026_pkce_is_s256_or_nothing_and_nothing_is_refused(
    provider: Gateway, changes: dict[str, str | None]
) -> None:
    assert await error_of(provider, **changes) == "invalid_request"


@pytest.mark.parametrize(
    ("response_type", "error"),
    [("token", "unsupported_response_type"), ("code id_token", "unsupported_response_type"), (None, "invalid_request")],
)
async def test_no_implicit_and_no_hybrid(provider: Gateway, response_type: str | None, error: str) -> None:
    assert await error_of(provider, response_type=response_type) == error


async def test_attack_030_prompt_none_that_would_have_to_ask_for_consent(provider: Gateway) -> None:
    party, browser = Party(provider, LUNCH, None), provider.browser()
    await browser.sign_in()
    told = query_of((await browser.get(party.url(prompt="none"))).headers["location"])
    assert (told["error"], told["state"]) == ("consent_required", party.state)
    assert "code" not in told


async def test_attack_031_prompt_none_with_another(provider: Gateway) -> None:
    assert await error_of(provider, prompt="none login") == "invalid_request"


async def test_attack_032_select_account_is_accepted(provider: Gateway) -> None:
    assert "code" in await Party(provider).sign_in(provider.browser(), prompt="select_account")


async def test_attack_034_prompt_none_with_the_id_token_of_somebody_else(opened: Open) -> None:
    async with opened() as gateway:
        party, browser, other = Party(gateway), gateway.browser(), gateway.browser()
        hint = (await party.tokens(browser))["id_token"]
        gateway.corner.hold_phone("wangwu")
        await other.sign_in()
        asked = party.url(prompt="none", id_token_hint=hint)
        assert query_of((await other.get(asked)).headers["location"])["error"] == "login_required"
        assert "code" in query_of((await browser.get(asked)).headers["location"])


async def test_attack_034_prompt_none_with_the_id_token_of_another_party(opened: Open) -> None:
    # What one party was told of a person is no word of another's.
    other = replace(WIKI, client_id="other")
    async with opened(WIKI, other) as gateway:
        browser = gateway.browser()
        hint = (await Party(gateway, other).tokens(browser))["id_token"]
        asked = Party(gateway).url(prompt="none", id_token_hint=hint)
        assert query_of((await browser.get(asked)).headers["location"])["error"] == "login_required"


@pytest.mark.parametrize(
    "uri", ["http://169.254.169.254/", "file:///etc/passwd", "gopher://127.0.0.1/", "https://rp.example.com/r"]
)
async def test_attack_037_request_uri_is_refused_unread(provider: Gateway, uri: str) -> None:
    assert await error_of(provider, request_uri=uri) == "request_uri_not_supported"
    assert await error_of(provider, request="eyJhbGciOiJub25lIn0.e30.") == "request_not_supported"


async def test_attack_039_a_nonce_and_a_state_of_kilobytes_come_back_whole(provider: Gateway) -> None:
    party = Party(provider, state="s" * 4000, nonce="n" * 2048)
    back = await party.sign_in(provider.browser())
    assert back["state"] == party.state
    claims = await party.claims((await party.redeem(back["code"])).json()["id_token"])
    assert claims["nonce"] == party.nonce
    too_long = Party(provider, nonce="n" * 2049)
    told = query_of((await provider.browser().get(too_long.url())).headers["location"])
    assert told["error"] == "invalid_request"


async def test_attack_040_a_post_works_the_same(provider: Gateway) -> None:
    party, browser = Party(provider), provider.browser()
    await browser.sign_in()
    form = {"content-type": "application/x-www-form-urlencoded"}
    # The post of another site's page brings no cookie of ours (SameSite=Lax); what it leads to does.
    sent = await provider.browser().http.post("/authorize", content=party.query(), headers=form)
    told = query_of((await browser.get(sent.headers["location"])).headers["location"])
    assert told["state"] == party.state
    assert (await party.redeem(told["code"])).status_code == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
async def test_attack_040_other_methods_are_not_answered(provider: Gateway, method: str) -> None:
    assert (await provider.browser().http.request(method, "/authorize")).status_code == 405


async def test_attack_043_garbage_in_hints_is_ignored(provider: Gateway) -> None:
    hints = {"ui_locales": "xx-😀 " * 50, "display": "hologram", "login_hint": "x" * 900, "unknown": "1"}
    assert "code" in await Party(provider).sign_in(provider.browser(), **hints)
