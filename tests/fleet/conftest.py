"""The fleets that the tests run on."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import pytest

from fleet.doors import TIMEOUT, Door, open_doors
from fleet.nodes import Fleet, running_fleet
from fleet.visitor import Party, Visitor
from gongpai.sandbox.server import Corner, Sandbox
from services import PostgresServer


@pytest.fixture(scope="module")
def corner(wecom_sandbox_server: Sandbox) -> Iterator[Corner]:
    """Yield a WeCom of this file's own."""
    corner = wecom_sandbox_server.corner()
    yield corner
    corner.close()


@pytest.fixture(scope="module", params=["postgres", "postgres+redis", "sqlite"])
def fleet(request: pytest.FixtureRequest, corner: Corner, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Yield two nodes behind nginx, or three workers on SQLite; all tests of a file share them."""
    kind: str = request.param
    folder: Path = tmp_path_factory.mktemp("fleet")
    if kind == "sqlite":
        with running_fleet(corner, folder) as fleet:
            yield fleet
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    tickets: str | None = request.getfixturevalue("redis_server") if kind.endswith("+redis") else None
    name = server.create_database()
    with running_fleet(corner, folder, server.url(name), tickets) as fleet:
        yield fleet
    server.drop_database(name)


@pytest.fixture
async def doors(fleet: Fleet) -> AsyncIterator[list[Door]]:
    """Yield a way to each process."""
    async with open_doors(fleet) as doors:
        yield doors


@pytest.fixture
def party(fleet: Fleet, http: httpx2.AsyncClient) -> Party:
    """Yield the relying party that every fleet knows."""
    return Party(fleet, http)


@pytest.fixture
def visitor(fleet: Fleet, http: httpx2.AsyncClient) -> Visitor:
    """Yield somebody who was never here."""
    return Visitor(fleet, http)


@pytest.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    """Yield a client with as many connections as anybody needs."""
    limits = httpx2.Limits(max_connections=100)
    async with httpx2.AsyncClient(timeout=TIMEOUT, limits=limits, trust_env=False) as client:
        yield client
