"""A fleet goes on while a part of it does not: nodes that restart, Redis that stands still, PostgreSQL that is gone."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

import httpx2
import pytest

from fleet.doors import Door, open_doors
from fleet.load import Load
from fleet.nodes import Fleet, running_fleet
from fleet.visitor import CODE_SECONDS, Party, Visitor
from gongpai.sandbox import Corner
from served import until
from services import PostgresServer, Service, redis_url_of, running_postgres, running_redis

pytestmark = [pytest.mark.services, pytest.mark.timeout(300)]
_EACH = pytest.mark.parametrize("stage", ["postgres", "postgres+redis"], indirect=True, scope="module")
_WITH_REDIS = pytest.mark.parametrize("stage", ["postgres+redis"], indirect=True, scope="module")
_PAUSE_SECONDS = 10.0


@dataclass(frozen=True)
class Stage:
    """A fleet, and what it stands on."""

    fleet: Fleet
    postgres: PostgresServer
    redis: Service | None


@pytest.fixture(scope="module")
def stage(request: pytest.FixtureRequest, corner: Corner, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with ExitStack() as stack:
        postgres = stack.enter_context(running_postgres())
        redis = stack.enter_context(running_redis()) if request.param.endswith("+redis") else None
        tickets = None if redis is None else redis_url_of(redis)
        storage = postgres.url(postgres.create_database())
        fleet = stack.enter_context(running_fleet(corner, tmp_path_factory.mktemp("fleet"), storage, tickets))
        yield Stage(fleet, postgres, redis)


@pytest.fixture
def fleet(stage: Stage) -> Fleet:
    return stage.fleet


@_EACH
async def test_nodes_restart_one_by_one_under_load_and_no_request_fails(fleet: Fleet, http: httpx2.AsyncClient) -> None:
    async with Load(fleet, http).running() as load:
        for node in fleet.nodes:
            await load.goes_on(100)
            await asyncio.to_thread(node.stop)
            await load.goes_on(100)
            # Processes are started by the thread with which they are to end.
            await asyncio.to_thread(node.launch())
            # The other one may go as soon as nginx is back at this one.
            await asyncio.to_thread(until, partial(fleet.reaches, node))
        await load.goes_on(100)
    assert load.failed() == {}


@_WITH_REDIS
async def test_redis_that_stands_still_delays_sign_ins_and_harms_nothing_else(
    stage: Stage, fleet: Fleet, http: httpx2.AsyncClient, party: Party, visitor: Visitor
) -> None:
    assert stage.redis is not None
    tokens = await party.tokens(visitor)
    assert (await visitor.browse(fleet.app_url)).status_code == 200
    newcomer = Visitor(fleet, http)
    begun = await newcomer.get(f"{fleet.issuer}/signin")
    back = (await newcomer.get(begun.headers["location"])).headers["location"]
    async with Load(fleet, http).running() as load:
        with stage.redis.paused():
            began = time.monotonic()
            # It waits for Redis, and leaves what it brings as it was.
            assert (await newcomer.get(back)).status_code == 503
            while time.monotonic() - began < _PAUSE_SECONDS:
                # What does not begin a sign-in asks PostgreSQL only.
                assert (await visitor.get(fleet.app_url)).status_code == 200
                assert (await party.userinfo(tokens["access_token"])).status_code == 200
                refreshed = await party.refresh(tokens["refresh_token"])
                assert refreshed.status_code == 200
                tokens = refreshed.json()
        await load.signs_in_again()
        assert (await newcomer.get(back)).headers["location"] == "/me"
    assert {what for what in load.failed() if what != ("sign-in", 503)} == set()
    _assert_no_fault_was_met(fleet)


@_EACH
async def test_while_postgresql_is_away_nobody_is_let_in_and_afterwards_nothing_is_lost(
    stage: Stage, fleet: Fleet, http: httpx2.AsyncClient, party: Party, visitor: Visitor
) -> None:
    tokens = await party.tokens(visitor)
    assert (await visitor.browse(fleet.app_url)).status_code == 200
    gone = Visitor(fleet, http)
    assert (await gone.browse(fleet.app_url)).status_code == 200
    async with open_doors(fleet) as doors:
        gate_cookies = dict(gone.jars)
        await gone.sign_out()
        gone.jars = gate_cookies
        async with Load(fleet, http).running() as load:
            await load.goes_on(100)
            brought, began = await party.ask(visitor), time.monotonic()
            stage.postgres.service.stop()
            await load.goes_on(100)
            await _assert_all_refuse(party, visitor, tokens, doors)
            refused = await party.call("/token", brought.fields())
            assert (refused.status_code, refused.json()["error"]) == (503, "temporarily_unavailable")
            for door in doors:
                assert (await gone.ask_gate(door)).status_code in {401, 403}
            assert stage.postgres.service.start()
            await load.signs_in_again()
        redeemed = await party.call("/token", brought.fields())
        if time.monotonic() - began < CODE_SECONDS:
            assert redeemed.status_code == 200
        await _assert_nothing_was_lost(fleet, party, visitor, tokens, doors)
    # The gate of nginx has no word for an outage, and refuses.
    assert {status for (what, status) in load.failed() if what == "app"} <= {403}
    assert {status for (what, status) in load.failed() if what != "app"} == {503}
    _assert_no_fault_was_met(fleet)


async def _assert_all_refuse(party: Party, visitor: Visitor, tokens: dict[str, str], doors: list[Door]) -> None:
    """Nothing that asks the store is answered otherwise than that it may be asked again."""
    for door in doors:
        for answer in (
            await party.userinfo(tokens["access_token"], door.public),
            await party.call("/introspect", {"token": tokens["access_token"]}, door.public),
            await party.refresh(tokens["refresh_token"], door.public),
        ):
            assert (answer.status_code, answer.json()) == (503, {"error": "temporarily_unavailable"})
        for path in ("/me", "/signin", party.question("openid").url("")):
            page = await visitor.get(f"{party.fleet.issuer}{path}", door)
            assert page.status_code == 503
            assert "Traceback" not in page.text
        # What a worker heard is soon too old to be believed.
        await _until_refused(visitor, door)
        assert (await door.public.get("/readyz")).status_code == 503


async def _assert_nothing_was_lost(
    fleet: Fleet, party: Party, visitor: Visitor, tokens: dict[str, str], doors: list[Door]
) -> None:
    refreshed = await party.refresh(tokens["refresh_token"], doors[0].public)
    assert refreshed.status_code == 200
    for door in doors:
        assert await party.is_active(refreshed.json()["access_token"], door.public)
        assert (await visitor.get(f"{fleet.issuer}/me", door)).status_code == 200
        assert (await visitor.ask_gate(door)).status_code == 200
    # The news travel again.
    await visitor.sign_out()
    for door in doors:
        await _until_refused(visitor, door)


async def _until_refused(visitor: Visitor, door: Door) -> None:
    async with asyncio.timeout(60):
        while (await visitor.ask_gate(door)).status_code == 200:
            pass


def _assert_no_fault_was_met(fleet: Fleet) -> None:
    """No answer was 500, and no machine's endpoint met what it had no word for."""
    for node in fleet.nodes:
        metrics = httpx2.get(node.served.metrics_url, timeout=120).text
        assert 'status="500"' not in metrics
