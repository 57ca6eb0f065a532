"""Redis restarts while people sign in, with what it held or without it: no answer is wrong, and no code good twice."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlencode

import httpx2
import pytest

from fleet.doors import open_doors
from fleet.load import Load
from fleet.nodes import Fleet, running_fleet
from fleet.visitor import Party, Visitor
from gateways import PORTAL, query_of
from gongpai.sandbox import Corner
from services import PostgresServer, Service, redis_url_of, running_redis

pytestmark = [pytest.mark.services, pytest.mark.timeout(300)]
_LOSES_OR_KEEPS = pytest.mark.parametrize("keeps", [False, True], ids=["loses", "keeps"])


@dataclass(frozen=True)
class Stage:
    """A fleet, and the Redis in which its tickets lie."""

    fleet: Fleet
    redis: Service

    @asynccontextmanager
    async def restarted(self, *, keeps: bool) -> AsyncIterator[None]:
        """Let Redis be away during the block; it comes back with what it held, or without."""
        await asyncio.to_thread(self.redis.stop)
        yield
        dump = self.redis.log.parent / "dump.rdb"
        assert dump.exists()
        if not keeps:
            dump.unlink()
        # Not in a thread: the process ends with the one that started it.
        assert self.redis.start()


@pytest.fixture(scope="module")
def stage(corner: Corner, postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with ExitStack() as stack:
        redis = stack.enter_context(running_redis(keeps=True))
        name = postgres_server.create_database()
        stack.callback(postgres_server.drop_database, name)
        folder = tmp_path_factory.mktemp("fleet")
        fleet = running_fleet(corner, folder, postgres_server.url(name), redis_url_of(redis))
        yield Stage(stack.enter_context(fleet), redis)


@dataclass
class Traveller:
    """Somebody on the way back from WeCom."""

    visitor: Visitor
    back: str

    @classmethod
    async def depart(cls, fleet: Fleet, http: httpx2.AsyncClient) -> "Traveller":
        """Leave for WeCom, and come as far as the link that leads back."""
        visitor = Visitor(fleet, http)
        begun = await visitor.get(f"{fleet.issuer}/signin")
        return cls(visitor, (await visitor.get(begun.headers["location"])).headers["location"])

    async def arrive(self, **changes: str) -> httpx2.Response:
        """Follow that link, with *changes* to its query."""
        path, _, _ = self.back.partition("?")
        return await self.visitor.get(f"{path}?{urlencode(query_of(self.back) | changes)}")


@_LOSES_OR_KEEPS
async def test_people_sign_in_again_without_a_hand_and_nobody_is_told_of_a_fault(
    stage: Stage, http: httpx2.AsyncClient, *, keeps: bool
) -> None:
    fleet = stage.fleet
    waits, done = await Traveller.depart(fleet, http), await Traveller.depart(fleet, http)
    assert (await done.arrive()).headers["location"] == "/me"
    tokens = await Party(fleet, http).tokens(done.visitor)
    async with Load(fleet, http).running() as load:
        await load.goes_on(50)
        async with stage.restarted(keeps=keeps):
            await load.goes_on(50)
        await load.signs_in_again()
    late, repeated = await waits.arrive(), await done.arrive()
    if keeps:
        assert late.headers["location"] == repeated.headers["location"] == "/me"
    else:
        for answer in (late, repeated):
            assert answer.status_code == 400
            assert "/signin" in answer.text
    # Neither who is signed in nor what was granted lies there.
    assert (await done.visitor.get(f"{fleet.issuer}/me")).status_code == 200
    assert (await Party(fleet, http).refresh(tokens["refresh_token"])).status_code == 200
    # 503 while it is away, and "start again" for whoever was under way.
    assert set(load.failed()) <= {("sign-in", 503), ("sign-in", 400)}
    for node in fleet.nodes:
        assert 'status="500"' not in httpx2.get(node.served.metrics_url, timeout=120).text


@_LOSES_OR_KEEPS
async def test_a_code_that_came_before_opens_nothing_under_another_state_afterwards(
    stage: Stage, http: httpx2.AsyncClient, *, keeps: bool
) -> None:
    fleet = stage.fleet
    turned_away = fleet.corner.mint_code(PORTAL, "zhaomin")
    await Visitor(fleet, http).get(f"{fleet.issuer}/nowhere?code={turned_away}")
    spent = await Traveller.depart(fleet, http)
    assert (await spent.arrive()).headers["location"] == "/me"
    async with stage.restarted(keeps=keeps):
        pass
    for code in (turned_away, query_of(spent.back)["code"]):
        asked = fleet.corner.counts().get("auth/getuserinfo", 0)
        thief = await Traveller.depart(fleet, http)
        answer = await thief.arrive(code=code)
        assert answer.status_code == 403
        assert "location" not in answer.headers
        assert fleet.corner.counts().get("auth/getuserinfo", 0) == asked


@_LOSES_OR_KEEPS
async def test_the_app_token_is_found_again_or_fetched_once(
    stage: Stage, http: httpx2.AsyncClient, *, keeps: bool
) -> None:
    fleet = stage.fleet
    # Whatever happened before: a new one lies in Redis, and both nodes have it.
    fleet.corner.revoke_tokens()
    await _sign_in_everywhere(fleet, http)
    fetched = fleet.corner.counts()["gettoken"]
    async with stage.restarted(keeps=keeps):
        pass
    # What runs has it at hand; what starts looks into Redis first.
    starts = fleet.nodes[-1]
    await asyncio.to_thread(starts.stop)
    await asyncio.to_thread(starts.launch())
    await _sign_in_everywhere(fleet, http)
    assert fleet.corner.counts()["gettoken"] == fetched + (0 if keeps else 1)


async def _sign_in_everywhere(fleet: Fleet, http: httpx2.AsyncClient) -> None:
    async with open_doors(fleet) as doors:
        for door in doors:
            assert (await Visitor(fleet, http).browse(f"{fleet.issuer}/me", door)).status_code == 200
