"""The Basic OP plan: the tokens, userinfo, scopes and codes. Each test is named after its module."""

from dataclasses import replace

import pytest
from joserfc import jws
from joserfc.errors import BadSignatureError

from conformance_suite.checks import Answered, accept, document, silently, userinfo
from conformance_suite.conftest import SECOND
from gateways import Gateway, query_of
from relying_party import SECRET, Party, follow

PERSONAL = {"name", "nickname", "picture", "gender", "email", "phone_number", "address"}


async def test_oidcc_server(provider: Gateway) -> None:
    party = Party(provider)
    await userinfo(party, await silently(party, provider.browser()))


async def test_oidcc_server_client_secret_post(provider: Gateway) -> None:
    party = Party(provider)
    back = await party.sign_in(provider.browser())
    fields = {
        "grant_type": "authorization_code",
        "code": back["code"],
        "redirect_uri": party.record.redirect_uris[0],
        "code_verifier": party.verifier,
        "client_id": "wiki",
    }
    wrong = await party.raw("/token", "POST", {**fields, "client_secret": "wrong"}, {})
    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
    assert (await party.raw("/token", "POST", {**fields, "client_secret": SECRET}, {})).status_code == 200


async def test_oidcc_idtoken_signature(provider: Gateway) -> None:
    party = Party(provider)
    answered = await silently(party, provider.browser())
    head, payload, signature = answered.tokens["id_token"].split(".")
    altered = f"{head}.{payload}.{signature[:10]}{'A' if signature[10] != 'A' else 'B'}{signature[11:]}"
    with pytest.raises(BadSignatureError):
        await party.claims(altered)


async def test_oidcc_idtoken_unsigned(provider: Gateway) -> None:
    party = Party(provider)
    assert "none" not in (await document(party))["id_token_signing_alg_values_supported"]
    answered = await silently(party, provider.browser())
    assert jws.extract_compact(answered.tokens["id_token"].encode()).headers()["alg"] == "RS256"
    assert answered.tokens["id_token"].rpartition(".")[2]


async def test_oidcc_userinfo_get(provider: Gateway) -> None:
    party = Party(provider)
    answered = await silently(party, provider.browser(), scope="openid profile")
    assert (await userinfo(party, answered))["preferred_username"] == "lisi"


async def test_oidcc_userinfo_post_header(provider: Gateway) -> None:
    party = Party(provider)
    answered = await silently(party, provider.browser())
    headers = {"authorization": f"Bearer {answered.tokens['access_token']}"}
    answer = await party.raw("/userinfo", "POST", None, headers)
    assert (answer.status_code, answer.json()["sub"]) == (200, answered.claims["sub"])


async def test_oidcc_userinfo_post_body(provider: Gateway) -> None:
    party = Party(provider)
    answered = await silently(party, provider.browser())
    answer = await party.raw("/userinfo", "POST", {"access_token": answered.tokens["access_token"]}, {})
    assert (answer.status_code, answer.json()["sub"]) == (200, answered.claims["sub"])


async def test_oidcc_ensure_request_without_nonce_succeeds_for_code_flow(provider: Gateway) -> None:
    party = Party(provider)
    await accept(party, await party.sign_in(provider.browser(), nonce=None), nonce=None)


async def told_for(provider: Gateway, scope: str) -> set[str]:
    """Return the personal claims that userinfo tells for *scope*; the ID token must hold none (Core 5.4)."""
    party = Party(provider)
    answered = await silently(party, provider.browser(), scope=scope)
    assert set(answered.tokens["scope"].split()) == set(scope.split())
    assert PERSONAL & answered.claims.keys() == set()
    return PERSONAL & (await userinfo(party, answered)).keys()


async def test_oidcc_scope_profile(provider: Gateway) -> None:
    told = await told_for(provider, "openid profile")
    assert {"name"} <= told <= {"name", "nickname", "picture", "gender"}


async def test_oidcc_scope_email(provider: Gateway) -> None:
    assert await told_for(provider, "openid email") == {"email"}


async def test_oidcc_scope_address(provider: Gateway) -> None:
    assert await told_for(provider, "openid address") == {"address"}


async def test_oidcc_scope_phone(provider: Gateway) -> None:
    assert await told_for(provider, "openid phone") == {"phone_number"}


async def test_oidcc_scope_all(provider: Gateway) -> None:
    told = await told_for(provider, "openid profile email address phone")
    assert {"name", "email", "address", "phone_number"} <= told


async def test_oidcc_alternate_happy_flow(provider: Gateway) -> None:
    # The parameters and the scopes in another order than usual.
    party, browser = Party(provider), provider.browser()
    query = "&".join(reversed(party.query(scope="email openid").split("&")))
    answered = await accept(party, query_of(await follow(browser, await browser.get(f"/authorize?{query}"))))
    assert "email" not in answered.claims
    assert "name" not in (told := await userinfo(party, answered))
    assert told["email"] == provider.corner.member("lisi").biz_mail


async def test_oidcc_claims_essential(provider: Gateway) -> None:
    party = Party(provider)
    claims = '{"userinfo":{"name":{"essential":true}}}'
    answered = await silently(party, provider.browser(), scope="openid profile", claims=claims)
    assert (await userinfo(party, answered))["name"] == provider.corner.member("lisi").name


async def code_used_twice(provider: Gateway, seconds: float) -> None:
    """Hold that a code that comes again after *seconds* is refused, and ends what it gave."""
    party = Party(provider)
    code = (await party.sign_in(provider.browser()))["code"]
    token = (await party.redeem(code)).json()["access_token"]
    provider.clock.advance(seconds=seconds)
    again = await party.redeem(code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert (await party.userinfo(token)).status_code == 401


async def test_oidcc_codereuse(provider: Gateway) -> None:
    await code_used_twice(provider, 0)


async def test_oidcc_codereuse_30seconds(provider: Gateway) -> None:
    await code_used_twice(provider, 30)


async def refreshed(party: Party, before: Answered) -> Answered:
    """Use a refresh token, and check its answer against the first one (Core 12.2)."""
    answer = await party.refresh(before.tokens["refresh_token"])
    assert answer.status_code == 200
    tokens = answer.json()
    claims = await party.claims(tokens["id_token"])
    for name in ("iss", "sub", "aud", "auth_time", "azp", "sid"):
        assert claims.get(name) == before.claims.get(name)
    assert claims["iat"] >= before.claims["iat"]
    assert "nonce" not in claims
    assert tokens["access_token"] != before.tokens["access_token"]
    return Answered(tokens, claims)


async def test_oidcc_refresh_token(provider: Gateway) -> None:
    party, second = Party(provider), Party(provider, SECOND)
    assert "refresh_token" not in (await silently(party, provider.browser())).tokens
    first = await silently(party, provider.browser(), scope="openid offline_access")
    after = await refreshed(party, first)
    await userinfo(party, after)
    stolen = await second.refresh(after.tokens["refresh_token"])
    assert (stolen.status_code, stolen.json()["error"]) == (400, "invalid_grant")
    assert (await party.refresh(after.tokens["refresh_token"])).status_code == 200


async def test_oidcc_ensure_request_with_valid_pkce_succeeds(provider: Gateway) -> None:
    assert "S256" in (await document(Party(provider)))["code_challenge_methods_supported"]
    party = Party(provider)
    await accept(party, await party.sign_in(provider.browser(), code_challenge=party.challenge))
    thief = replace(party, verifier="x" * 43)
    refused = await thief.redeem((await party.sign_in(provider.browser()))["code"])
    assert refused.json()["error"] == "invalid_grant"
