"""The Config plan, and what the Dynamic plan tries that we offer. Each test is named after its module."""

import asyncio
from urllib.parse import urlsplit

from joserfc import jws
from joserfc.jwk import KeySet

from conformance_suite.checks import document, error_page, silently
from conformance_suite.conftest import WITH_QUERY
from gateways import PUBLIC_URL, Gateway, query_of
from operated import operate, register
from relying_party import Party, follow


async def test_oidcc_discovery_endpoint_verification(provider: Gateway) -> None:
    party = Party(provider)
    told = await document(party)
    assert told["issuer"] == PUBLIC_URL
    for name in ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"):
        url = urlsplit(told[name])
        assert (url.scheme, url.netloc, url.fragment) == ("https", urlsplit(PUBLIC_URL).netloc, "")
    assert told["response_types_supported"] == ["code"]
    assert set(told["subject_types_supported"]) <= {"public", "pairwise"}
    assert "RS256" in told["id_token_signing_alg_values_supported"]
    assert "openid" in told["scopes_supported"]
    assert {"sub", "iss", "aud", "exp", "iat"} <= set(told["claims_supported"])
    assert {"authorization_code", "refresh_token"} <= set(told["grant_types_supported"])
    assert {"client_secret_basic", "client_secret_post"} <= set(told["token_endpoint_auth_methods_supported"])
    # What is absent means true (Discovery 3).
    assert told["request_uri_parameter_supported"] is False
    keys = (await party.raw("/jwks", "GET", None, {})).json()["keys"]
    assert all("d" not in key and key["use"] == "sig" for key in keys)
    assert len({key["kid"] for key in keys}) == len(keys) == len(KeySet.import_key_set({"keys": keys}).keys)


async def test_oidcc_idtoken_rs256(provider: Gateway) -> None:
    party = Party(provider)
    answered = await silently(party, provider.browser())
    assert jws.extract_compact(answered.tokens["id_token"].encode()).headers()["alg"] == "RS256"


async def test_oidcc_ensure_redirect_uri_in_authorization_request(provider: Gateway) -> None:
    await error_page(provider.browser(), Party(provider).url(redirect_uri=None))


async def test_oidcc_redirect_uri_query_added(provider: Gateway) -> None:
    party = Party(provider)
    await error_page(provider.browser(), party.url(redirect_uri=f"{party.record.redirect_uris[0]}?foo=bar"))


async def test_oidcc_redirect_uri_query_mismatch(provider: Gateway) -> None:
    party, browser = Party(provider, WITH_QUERY), provider.browser()
    back = query_of(await follow(browser, await browser.get(party.url())))
    assert (back["foo"], "code" in back) == ("bar", True)
    registered, _, _ = WITH_QUERY.redirect_uris[0].partition("?")
    for query in ("?bar=foo", "?foo=bar&foo=bar", "?foo=", ""):
        await error_page(browser, party.url(redirect_uri=f"{registered}{query}"))


async def test_oidcc_redirect_uri_regfrag(provider: Gateway) -> None:
    fragment = "https://shop.example.com/cb#foo"
    status, said = await register(provider, "shop", fragment)
    assert (status, "cannot be registered" in said) == (2, True)
    await error_page(provider.browser(), Party(provider).url(client_id="shop", redirect_uri=fragment))


async def test_oidcc_server_rotate_keys(provider: Gateway) -> None:
    party, browser = Party(provider), provider.browser()
    before = await silently(party, browser)
    kid = jws.extract_compact(before.tokens["id_token"].encode()).headers()["kid"]
    status, said = await operate(provider, "keys", "revoke", kid)
    assert status == 0, said
    published = {kid}
    async with asyncio.timeout(60):
        while kid in published:
            published = {key["kid"] for key in (await party.raw("/jwks", "GET", None, {})).json()["keys"]}
    after = await silently(party, browser)
    assert jws.extract_compact(after.tokens["id_token"].encode()).headers()["kid"] in published
    assert after.claims["sub"] == before.claims["sub"]
