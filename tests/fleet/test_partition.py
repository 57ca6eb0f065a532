"""A node that is cut off from PostgreSQL, and is not told: it refuses in time, and knows everything afterwards."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

import httpx2
import pytest

from cable import Cable, cable
from fleet.doors import Door, open_doors
from fleet.load import Load
from fleet.nodes import Fleet, Oddity, running_fleet
from fleet.visitor import CODE_SECONDS, Party, Visitor
from gongpai.gateway.records import KeyPurpose, SealedKey
from gongpai.gateway.store.open import open_stores
from gongpai.sandbox import Corner
from services import PostgresServer

pytestmark = [pytest.mark.services, pytest.mark.timeout(300)]
_CUT_SECONDS = 10.0
# The gateway gives up after five seconds of waiting for a connection, five for an answer and five for taking it back;
# the rest is for a busy machine. It is no more than nginx waits.
_MOST_SECONDS = 60.0
# Four questions each: more than a node has connections.
_AT_ONCE = 5


@dataclass(frozen=True)
class Stage:
    """A fleet whose second node reaches PostgreSQL by a cable."""

    fleet: Fleet
    cable: Cable


@pytest.fixture(scope="module")
def stage(corner: Corner, postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with ExitStack() as stack:
        name = postgres_server.create_database()
        stack.callback(postgres_server.drop_database, name)
        storage, port = postgres_server.url(name), postgres_server.port
        laid = stack.enter_context(cable(port))
        by_cable = Oddity({"storage": storage.replace(f":{port}/", f":{laid.port}/")})
        folder = tmp_path_factory.mktemp("fleet")
        yield Stage(stack.enter_context(running_fleet(corner, folder, storage, oddity=by_cable)), laid)


@pytest.fixture
def fleet(stage: Stage) -> Fleet:
    return stage.fleet


@pytest.fixture
async def doors(fleet: Fleet) -> AsyncIterator[tuple[Door, Door]]:
    async with open_doors(fleet) as (one, two):
        yield one, two


async def test_a_node_that_is_cut_off_refuses_in_time_and_the_other_goes_on(
    stage: Stage, fleet: Fleet, http: httpx2.AsyncClient, party: Party, doors: tuple[Door, Door]
) -> None:
    visitor = Visitor(fleet, http)
    tokens = await party.tokens(visitor)
    assert (await visitor.browse(fleet.app_url)).status_code == 200
    brought, began = await party.ask(visitor), time.monotonic()
    async with Load(fleet, http).running() as load:
        await load.goes_on(50)
        with stage.cable.cut():
            ends_at = time.time() + _CUT_SECONDS
            async with asyncio.timeout(_MOST_SECONDS):
                asked = [_assert_refused(party, visitor, tokens, doors[1]) for _ in range(_AT_ONCE)]
                redeeming = asyncio.create_task(party.call("/token", brought.fields(), doors[1].public))
                await asyncio.gather(*asked)
                answer = await redeeming
            assert (answer.status_code, answer.json()) == (503, {"error": "temporarily_unavailable"})
            tokens = await _assert_served(party, visitor, tokens, doors[0])
            redeemed = await party.call("/token", brought.fields(), doors[0].public)
            if time.monotonic() - began < CODE_SECONDS:
                assert redeemed.status_code == 200
            await _until(lambda: _is_past(ends_at))
        await load.signs_in_again()
    for door in doors:
        await _until(partial(_is_ready, door))
        tokens = await _assert_served(party, visitor, tokens, door)
    assert {status for (what, status) in load.failed() if what == "app"} <= {403}
    assert {status for (what, status) in load.failed() if what != "app"} <= {503}
    for node in fleet.nodes:
        assert 'status="500"' not in httpx2.get(node.served.metrics_url, timeout=120).text


async def test_what_happened_meanwhile_is_known_as_soon_as_the_node_is_back(
    stage: Stage, fleet: Fleet, http: httpx2.AsyncClient, party: Party, doors: tuple[Door, Door]
) -> None:
    one, two = doors
    gone = Visitor(fleet, http)
    ended = await party.tokens(gone, "openid")
    assert (await gone.browse(fleet.app_url)).status_code == 200
    kept = {host: dict(jar) for host, jar in gone.jars.items()}
    before = await _newest_keys(fleet)
    with stage.cable.cut():
        await gone.sign_out(one)
        gone.jars = kept
        # What it heard is soon too old to be believed (T14).
        await _until(lambda: _is_refused(gone, two))
        rotating = fleet.nodes[0].command("keys", "rotate")
        await asyncio.to_thread(rotating.communicate)
        assert rotating.returncode == 0
        after = await _newest_keys(fleet)
        assert {key.purpose for key in after} == {key.purpose for key in before}
        assert not {key.key_id for key in after} & {key.key_id for key in before}
        begins = max(key.activates_at for key in after)
        await _until(lambda: _is_past(begins.timestamp() + 1))
        newcomer = Visitor(fleet, http)
        await newcomer.browse(f"{fleet.issuer}/me", one)
        await newcomer.browse(f"{fleet.app_url}/.gongpai/begin?return_to=/", one)
        assert (await newcomer.ask_gate(one)).status_code == 200
    answers = []

    async def is_ready() -> bool:
        answers.append(await gone.ask_gate(two))
        return await _is_ready(two)

    await _until(is_ready)
    assert {answer.status_code for answer in answers} <= {401, 403}
    assert (await gone.ask_gate(two)).status_code == 401
    assert (await gone.get(f"{fleet.issuer}/me", two)).headers["location"].startswith("/signin")
    assert (await party.userinfo(ended["access_token"], two.public)).status_code == 401
    # Sealed with keys that were made while it heard nothing.
    assert (await newcomer.ask_gate(two)).status_code == 200
    assert (await newcomer.get(f"{fleet.issuer}/me", two)).status_code == 200


async def _assert_refused(party: Party, visitor: Visitor, tokens: dict[str, str], door: Door) -> None:
    """Nothing that needs the store is answered otherwise than that it may be asked again, or not at all."""
    told, refreshed, page, _ = await asyncio.gather(
        party.userinfo(tokens["access_token"], door.public),
        party.refresh(tokens["refresh_token"], door.public),
        visitor.get(f"{party.fleet.issuer}/me", door),
        _until(lambda: _is_refused(visitor, door)),
    )
    for answer in (told, refreshed):
        assert (answer.status_code, answer.json()) == (503, {"error": "temporarily_unavailable"})
    assert page.status_code == 503
    assert (await door.public.get("/readyz")).status_code == 503


async def _assert_served(party: Party, visitor: Visitor, tokens: dict[str, str], door: Door) -> dict[str, str]:
    newcomer = Visitor(party.fleet, party.http)
    assert (await newcomer.browse(f"{party.fleet.issuer}/me", door)).status_code == 200
    assert (await visitor.get(f"{party.fleet.issuer}/me", door)).status_code == 200
    assert (await visitor.ask_gate(door)).status_code == 200
    assert (await party.userinfo(tokens["access_token"], door.public)).status_code == 200
    refreshed = await party.refresh(tokens["refresh_token"], door.public)
    assert refreshed.status_code == 200
    return dict(refreshed.json())


async def _newest_keys(fleet: Fleet) -> list[SealedKey]:
    newest: dict[KeyPurpose, SealedKey] = {}
    async with open_stores(fleet.storage) as stores:
        for key in await stores.keys.find():
            newest.setdefault(key.purpose, key)
    return list(newest.values())


async def _is_ready(door: Door) -> bool:
    return (await door.public.get("/readyz")).status_code == 200


async def _is_refused(visitor: Visitor, door: Door) -> bool:
    return (await visitor.ask_gate(door)).status_code != 200


async def _is_past(moment: float) -> bool:
    await asyncio.sleep(0.05)
    return time.time() >= moment


async def _until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(90):
        while not await condition():
            pass
