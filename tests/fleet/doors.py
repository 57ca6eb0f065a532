"""Ways to each process of a fleet, so that a test can ask one what it did at another."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx2

from fleet.nodes import Fleet
from served import Served

TIMEOUT = httpx2.Timeout(120, pool=None)
_MOST_KNOCKS = 200


@dataclass(frozen=True, slots=True)
class Door:
    """The public listener and the gate of one process."""

    public: httpx2.AsyncClient
    gate: httpx2.AsyncClient


@asynccontextmanager
async def open_doors(fleet: Fleet) -> AsyncIterator[list[Door]]:
    """Yield a door to each node, or to each worker where there is one node."""
    async with AsyncExitStack() as stack:
        if fleet.is_balanced():
            yield [
                Door(
                    await stack.enter_async_context(_client(f"http://{node.address}", 20)),
                    await stack.enter_async_context(_client(f"http://{node.gate}", 20)),
                )
                for node in fleet.nodes
            ]
            return
        (node,) = fleet.nodes
        public = await _client_of_each(stack, f"http://{node.address}", "/healthz", node.served)
        gate = await _client_of_each(stack, f"http://{node.gate}", "/auth/nginx", node.served)
        yield [Door(public[pid], gate[pid]) for pid in public]


def _client(url: str, connections: int) -> httpx2.AsyncClient:
    limits = httpx2.Limits(max_connections=connections, keepalive_expiry=60)
    return httpx2.AsyncClient(base_url=url, limits=limits, timeout=TIMEOUT, trust_env=False)


async def _client_of_each(stack: AsyncExitStack, url: str, path: str, served: Served) -> dict[int, httpx2.AsyncClient]:
    """Knock until each worker has accepted a connection; a client has one, and keeps it."""
    found: dict[int, httpx2.AsyncClient] = {}
    workers = served.workers()
    for _ in range(_MOST_KNOCKS):
        client = await stack.enter_async_context(_client(url, 1))
        answer = await client.get(path)
        address = answer.extensions["network_stream"].get_extra_info("client_addr")
        found.setdefault(_who_holds(urlsplit(url).port or 0, address[1], workers), client)
        if len(found) == len(workers):
            return {pid: found[pid] for pid in workers}
    raise AssertionError(f"of {workers} only {list(found)} accepted anybody")


def _who_holds(our_port: int, their_port: int, workers: list[int]) -> int:
    """Return the process that holds the connection between two ports of loopback."""
    wanted = (f":{our_port:04X}", f":{their_port:04X}")
    rows = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    (inode,) = (row[9] for row in rows if row[1].endswith(wanted[0]) and row[2].endswith(wanted[1]))
    for pid in workers:
        if any(_target(file) == f"socket:[{inode}]" for file in Path(f"/proc/{pid}/fd").iterdir()):
            return pid
    raise AssertionError("nobody holds the connection")


def _target(file: Path) -> str:
    try:
        return str(file.readlink())
    except FileNotFoundError:  # closed meanwhile
        return ""
