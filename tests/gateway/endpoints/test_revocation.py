"""A party throws tokens away, its own only."""

from audited import events
from gateways import Gateway
from relying_party import LUNCH, Party


async def test_revoking_a_refresh_token_ends_its_whole_family(provider: Gateway) -> None:
    party = Party(provider)
    tokens = await party.tokens(provider.browser(), scope="openid offline_access")
    answer = await party.call("/revoke", {"token": tokens["refresh_token"], "token_type_hint": "access_token"})
    assert (answer.status_code, answer.content) == (200, b"")
    assert (answer.headers["cache-control"], "content-type" in answer.headers) == ("no-store", False)
    assert (await party.userinfo(tokens["access_token"])).status_code == 401
    assert (await party.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"
    (event,) = events(provider, "grant.revoked")
    assert (event["facts"]["client_id"], event["facts"]["reason"]) == ("wiki", "revoked_by_party")


async def test_revoking_an_access_token_leaves_the_family_alone(provider: Gateway) -> None:
    party = Party(provider)
    tokens = await party.tokens(provider.browser(), scope="openid offline_access")
    await party.call("/revoke", {"token": tokens["access_token"]})
    assert (await party.userinfo(tokens["access_token"])).status_code == 401
    assert (await party.refresh(tokens["refresh_token"])).status_code == 200


async def test_an_unknown_token_and_another_partys_are_answered_alike(provider: Gateway) -> None:
    party, other = Party(provider), Party(provider, LUNCH, None)
    tokens = await party.tokens(provider.browser(), scope="openid offline_access")
    for token in ("unknown", "x" * 9000, tokens["access_token"], tokens["refresh_token"]):
        answer = await other.call("/revoke", {"token": token})
        assert (answer.status_code, answer.content) == (200, b"")
    assert (await party.userinfo(tokens["access_token"])).status_code == 200
    assert (await party.refresh(tokens["refresh_token"])).status_code == 200
    assert (await party.call("/revoke", {})).json()["error"] == "invalid_request"
