"""The Basic OP plan: what a request asks for beside. Each test is named after its module."""

import json

from conformance_suite.checks import (
    accept,
    by_scan,
    document,
    error_page,
    first_scan,
    sent_back,
    silently,
    userinfo,
)
from gateways import PUBLIC_URL, Gateway, query_of
from relying_party import Party

_REQUEST_OBJECT = "eyJhbGciOiJub25lIn0.eyJyZWRpcmVjdF91cmkiOiJodHRwczovL2V2aWwuZXhhbXBsZS8ifQ."


async def test_oidcc_response_type_missing(provider: Gateway) -> None:
    party = Party(provider)
    told = await sent_back(provider.browser(), party.url(response_type=None))
    assert (told["error"], told["state"], told["iss"]) == ("invalid_request", party.state, PUBLIC_URL)


async def in_spite_of(provider: Gateway, **wish: str) -> None:
    """Hold that a request with a *wish* beside is answered as every other."""
    party = Party(provider)
    await userinfo(party, await silently(party, provider.browser(), **wish))


async def test_oidcc_display_page(provider: Gateway) -> None:
    await in_spite_of(provider, display="page")


async def test_oidcc_display_popup(provider: Gateway) -> None:
    await in_spite_of(provider, display="popup")


async def test_oidcc_login_hint(provider: Gateway) -> None:
    await in_spite_of(provider, login_hint="lisi")


async def test_oidcc_ui_locales(provider: Gateway) -> None:
    await in_spite_of(provider, ui_locales="zh-CN en se")


async def test_oidcc_claims_locales(provider: Gateway) -> None:
    await in_spite_of(provider, claims_locales="se")


async def test_oidcc_ensure_request_with_acr_values_succeeds(provider: Gateway) -> None:
    await in_spite_of(provider, acr_values="1 2")


async def test_oidcc_ensure_request_with_unknown_parameter_succeeds(provider: Gateway) -> None:
    await in_spite_of(provider, extra="foobar")


async def test_oidcc_prompt_login(provider: Gateway) -> None:
    party = Party(provider)
    browser, first = await first_scan(party)
    provider.clock.advance(seconds=2)
    again = await accept(party, await by_scan(provider, browser, party.url(prompt="login")))
    assert again.claims["sub"] == first.claims["sub"]
    assert again.claims["auth_time"] > first.claims["auth_time"]


async def test_oidcc_prompt_none_not_logged_in(provider: Gateway) -> None:
    party = Party(provider)
    told = await sent_back(provider.browser(), party.url(prompt="none"))
    assert (told["error"], told["state"], told["iss"]) == ("login_required", party.state, PUBLIC_URL)
    assert "code" not in told


async def test_oidcc_prompt_none_logged_in(provider: Gateway) -> None:
    party = Party(provider)
    browser, first = await first_scan(party)
    provider.clock.advance(seconds=2)
    again = await accept(party, await sent_back(browser, party.url(prompt="none")))
    for name in ("sub", "auth_time", "iss", "aud"):
        assert again.claims[name] == first.claims[name]


async def test_oidcc_max_age_1(provider: Gateway) -> None:
    party = Party(provider)
    browser, first = await first_scan(party)
    provider.clock.advance(seconds=2)
    again = await accept(party, await by_scan(provider, browser, party.url(max_age="1")))
    assert again.claims["sub"] == first.claims["sub"]
    assert again.claims["auth_time"] >= first.claims["auth_time"] + 2


async def test_oidcc_max_age_10000(provider: Gateway) -> None:
    party = Party(provider)
    browser, first = await first_scan(party)
    provider.clock.advance(seconds=2)
    again = await accept(party, await sent_back(browser, party.url(max_age="10000")))
    for name in ("sub", "auth_time"):
        assert again.claims[name] == first.claims[name]


async def test_oidcc_id_token_hint(provider: Gateway) -> None:
    party, browser = Party(provider), provider.browser()
    first = await silently(party, browser)
    asked = party.url(prompt="none", id_token_hint=first.tokens["id_token"])
    again = await accept(party, await sent_back(browser, asked))
    assert again.claims["sub"] == first.claims["sub"]
    stranger = await sent_back(provider.browser(), asked)
    assert stranger["error"] == "login_required"


async def test_oidcc_ensure_registered_redirect_uri(provider: Gateway) -> None:
    party = Party(provider)
    for uri in (f"{party.record.redirect_uris[0]}/extra", "https://wiki.example.com/", "https://evil.example/cb"):
        await error_page(provider.browser(), party.url(redirect_uri=uri))


async def test_oidcc_ensure_post_request_succeeds(provider: Gateway) -> None:
    party, browser = Party(provider), provider.browser()
    await browser.sign_in()
    form = {"content-type": "application/x-www-form-urlencoded"}
    sent = await browser.http.post("/authorize", content=party.query(), headers=form)
    await accept(party, await sent_back(browser, sent.headers["location"]))


async def refused_as_unsupported(provider: Gateway, name: str, value: str) -> None:
    """Hold that a parameter which the metadata disown is refused where the party expects it."""
    party = Party(provider)
    assert (await document(party))[f"{name}_parameter_supported"] is False
    told = await sent_back(provider.browser(), party.url(**{name: value}))
    assert (told["error"], told["state"]) == (f"{name}_not_supported", party.state)


async def test_oidcc_request_uri_unsigned_supported_correctly_or_rejected_as_unsupported(provider: Gateway) -> None:
    await refused_as_unsupported(provider, "request_uri", "https://wiki.example.com/request.jwt")


async def test_oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported(provider: Gateway) -> None:
    await refused_as_unsupported(provider, "request", _REQUEST_OBJECT)


async def test_oidcc_ensure_request_object_with_redirect_uri(provider: Gateway) -> None:
    party, browser = Party(provider), provider.browser()
    answer = await browser.get(party.url(request=_REQUEST_OBJECT))
    assert answer.headers["location"].startswith(f"{party.record.redirect_uris[0]}?")
    assert "error=request_not_supported" in answer.headers["location"]
    # Whoever leaves the address to the object alone is led nowhere.
    await error_page(browser, party.url(request=_REQUEST_OBJECT, redirect_uri=None))


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
