"""What a party may still be told of a person, after its rules or its standing changed."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from gateways import Gateway
from gongpai.gateway.records_provider import GrantType, PartyPolicy, RelyingParty
from gongpai.gateway.store.open import Stores, open_stores
from memory import NOW
from memory_provider import make_party
from relying_party import ALL_SCOPES, Party

STORED = make_party(
    "grafana", is_trusted=True, scopes=ALL_SCOPES, grant_types=frozenset(GrantType), requires_pkce=False
)


@pytest.fixture
async def other_node(provider: Gateway) -> AsyncIterator[Stores]:
    async with open_stores(provider.config.storage) as stores:
        party = replace(STORED, auth_method=Party(provider).record.auth_method)
        await stores.parties.add(replace(party, secret_hashes=Party(provider).record.secret_hashes))
        yield stores


async def change(stores: Stores, **changes: object) -> None:
    """Change the stored party by another node: the running one soon knows."""
    before = await stores.parties.get("grafana")
    assert before is not None
    after: RelyingParty = replace(before, **changes)  # type: ignore[arg-type]  # the fields of a party, by name
    assert await stores.parties.replace(before, after)


@pytest.mark.parametrize(
    "policy",
    [
        PartyPolicy(ways=frozenset({"web"})),
        PartyPolicy(apps=frozenset({"other"})),
        PartyPolicy(deny_userids=frozenset({"lisi"})),
    ],
    ids=["way", "app", "person"],
)
async def test_a_refresh_is_held_to_the_policy_of_now(
    provider: Gateway, other_node: Stores, policy: PartyPolicy
) -> None:
    party = Party(provider, STORED)
    tokens = await party.tokens(provider.browser(), scope="openid offline_access")
    await change(other_node, policy=policy)
    answer = await party.refresh(tokens["refresh_token"])
    async with asyncio.timeout(90):  # lets the node hear
        while answer.status_code == 200:
            answer = await party.refresh(answer.json()["refresh_token"])
    assert answer.json()["error"] == "invalid_grant"


async def test_a_token_of_a_disabled_party_opens_nothing(provider: Gateway, other_node: Stores) -> None:
    party = Party(provider, STORED)
    token = (await party.tokens(provider.browser()))["access_token"]
    assert (await party.userinfo(token)).status_code == 200
    await change(other_node, disabled_at=NOW)
    async with asyncio.timeout(90):
        while (answer := await party.userinfo(token)).status_code == 200:  # noqa: ASYNC110  # lets the node hear
            await asyncio.sleep(0)
    assert answer.status_code == 401
