"""A node whose clock is ninety seconds ahead: it takes nothing from the other one, and what it ends has ended."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest

from fleet.doors import Door, open_doors
from fleet.nodes import Fleet, Oddity, running_fleet
from fleet.visitor import Party, Visitor, claims_of
from gongpai.gateway.records_provider import SigningAlg
from gongpai.gateway.signing_keys import KeyState, find_states
from gongpai.gateway.store.open import open_stores
from gongpai.sandbox import Corner
from programs import INSTALL
from services import PostgresServer

pytestmark = [pytest.mark.services, pytest.mark.timeout(300)]
_AHEAD_SECONDS = 90


@pytest.fixture(scope="module")
def fleet(corner: Corner, postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    with ExitStack() as stack:
        name = postgres_server.create_database()
        stack.callback(postgres_server.drop_database, name)
        ahead = Oddity(environment=_clock_ahead())
        folder = tmp_path_factory.mktemp("fleet")
        yield stack.enter_context(running_fleet(corner, folder, postgres_server.url(name), oddity=ahead))


@pytest.fixture
async def doors(fleet: Fleet) -> AsyncIterator[list[Door]]:
    async with open_doors(fleet) as doors:
        yield doors


async def test_keys_revoked_where_the_clock_is_ahead_are_gone_everywhere_and_others_serve_at_once(
    fleet: Fleet, http: httpx2.AsyncClient, doors: list[Door]
) -> None:
    party = Party(fleet, http)
    visitors = [await _arrive(party, door) for door in doors]
    issued_at = [await _sign_in(party, door, doors) for door in doors]
    # The two clocks do differ.
    assert issued_at[1] - issued_at[0] > _AHEAD_SECONDS / 2
    before = await _keys_in_force(fleet)
    for key_id in before:
        revoking = fleet.nodes[1].command("keys", "revoke", key_id)
        await asyncio.to_thread(revoking.communicate)
        assert revoking.returncode == 0
    assert not set(await _keys_in_force(fleet)) & set(before)
    for visitor in visitors:
        for door in doors:
            await _until_refused(visitor, door)
    for door in doors:
        await _arrive(party, door)
        await _sign_in(party, door, doors)
    for node in fleet.nodes:
        metrics = httpx2.get(node.served.metrics_url, timeout=120).text
        assert 'status="500"' not in metrics


async def _arrive(party: Party, door: Door) -> Visitor:
    """Open the protected app with a gate cookie from *door*."""
    visitor = Visitor(party.fleet, party.http)
    await visitor.browse(f"{party.fleet.app_url}/.gongpai/begin?return_to=/", door)
    assert (await visitor.ask_gate(door)).status_code == 200
    return visitor


async def _sign_in(party: Party, door: Door, doors: list[Door]) -> float:
    """Sign in and redeem the code at *door*; return when the ID token was issued, as all doors verify it."""
    brought = await party.ask(Visitor(party.fleet, party.http), door=door)
    answer = await party.call("/token", brought.fields(), door.public)
    assert answer.status_code == 200, answer.text
    claims = [await claims_of(answer.json()["id_token"], each.public) for each in doors]
    assert claims[0] == claims[1]
    return float(claims[0]["iat"]) - time.time()


async def _keys_in_force(fleet: Fleet) -> list[str]:
    """Return the keys that seal, and the one that signs for the party."""
    async with open_stores(fleet.storage) as stores:
        ring = [key.key_id for key in await stores.keys.find()]
        signing = await stores.signing_keys.find()
    states = find_states(signing, max(key.published_at for key in signing))
    return [
        *ring,
        *(key.kid for key in signing if key.alg is SigningAlg.ES256 and states.get(key.kid) is KeyState.ACTIVE),
    ]


async def _until_refused(visitor: Visitor, door: Door) -> None:
    async with asyncio.timeout(90):
        while (await visitor.ask_gate(door)).status_code == 200:
            pass


def _clock_ahead() -> dict[str, str]:
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not found:
        pytest.fail(f"libfaketime is not installed; type: {INSTALL}", pytrace=False)
    # Only the time of day is another: how long something takes is measured by the true clock.
    return {"LD_PRELOAD": str(found[0]), "FAKETIME": f"+{_AHEAD_SECONDS}s", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
