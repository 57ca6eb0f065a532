"""A party signs a colleague in, and learns who it is."""

from gateways import PUBLIC_URL, Gateway
from relying_party import Party


async def test_a_code_becomes_tokens_and_the_tokens_a_person(provider: Gateway) -> None:
    party = Party(provider)
    browser = provider.browser()
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
