"""What a request costs as the store grows from a thousand to a million people, sessions and grants.

Two gateways are served, as their operator runs them, on a big store and on a small one, and asked in turn; the figures
are the CPU of their workers, and with PostgreSQL that of its server too. First come these requests, which have the bar,
then single acts of the store in this process, which show growth most: the writes have the bar too. A lone look-up of a
few microseconds has none: in the big store it reads one page more from the system's memory, and no arrangement hides
that. Clean-up may cost twice: what is over shares its pages of an index with others only in a small store.
"""

import asyncio
import logging
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeAlias

import structlog

from benchmarks.filled_store import FILLED_FOR, Filling, fill_postgres, fill_sqlite
from benchmarks.grown import Grown, grown
from benchmarks.grown_requests import Visitors, visited
from benchmarks.harness import Bar, Row, Side, compare
from benchmarks.postgres import create_database, find_postgres, running_postgres
from benchmarks.served import pretend_wecom
from gongpai.gateway.records import World
from gongpai.gateway.store.migrate import migrate
from gongpai.gateway.store.open import open_stores, sqlite_path
from gongpai.gateway.store.ports import Cleaner

_BIG, _SMALL = 1_000_000, 1_000
_ROUNDS = 11
_CALLERS = 32
_OPERATIONS = 320
# In the small store too everybody comes once: a worker remembers names, a session is touched once a minute and ends
# once.
_ONCE = 90
_SWEEPS, _BATCH = 4, 100
_LONG_OVER = timedelta(days=200)
_BAR, _TWICE, _NONE = Bar(max_ratio=1.3), Bar(max_ratio=2), Bar()
# Where a store is, how many people it holds, what lies in it, and the refresh tokens that are newer than that.
_Filled: TypeAlias = tuple[str, int, Filling, dict[int, str]]
_REQUESTS = {
    "userinfo": (Visitors.userinfo, _OPERATIONS),
    "introspection": (Visitors.introspect, _OPERATIONS),
    "silent authorize + code": (Visitors.sign_in_silently, _ONCE),
    "refresh": (Visitors.refresh, _OPERATIONS),
    "own page": (Visitors.open_own_page, _ONCE),
}
_ACTS = {
    "store: code begin, take": (Grown.begin_and_take, _BAR, _OPERATIONS),
    "store: refresh rotate": (Grown.rotate, _NONE, _OPERATIONS),
    "store: session get, touch": (Grown.see_session, _NONE, _OPERATIONS),
    "store: person": (Grown.find_person, _NONE, _OPERATIONS),
    "store: name": (Grown.hold_name, _NONE, _OPERATIONS),
    "store: sign-out": (Grown.sign_out, _BAR, _ONCE),
}


def measure() -> Iterator[Row]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    filling = Filling(datetime.now(UTC).replace(microsecond=0) - FILLED_FOR)
    with tempfile.TemporaryDirectory(prefix="gongpai-growth-") as folder:
        urls = [f"sqlite://{folder}/{size}.db" for size in (_BIG, _SMALL)]
        yield from _measure("SQLite", urls, filling, lambda: 0.0)
    programs = find_postgres()
    if programs is not None:
        with running_postgres(programs) as postgres:
            urls = [create_database(programs, postgres, f"of_{size}") for size in (_BIG, _SMALL)]
            yield from _measure("PostgreSQL", urls, filling, postgres.cpu_seconds)


def _measure(backend: str, urls: list[str], filling: Filling, database: Callable[[], float]) -> Iterator[Row]:
    """Measure on the stores at *urls*; *database* is the clock of the CPU that their server uses, if there is one."""
    sizes = dict(zip(urls, (_BIG, _SMALL), strict=True))
    for url, size in sizes.items():
        migrate(url, World.SANDBOX)
        _fill(url, filling, 0, size)
    filled = [(url, size, filling, dict[int, str]()) for url, size in sizes.items()]
    yield from _measure_requests(backend, filled, database)
    yield from _measure_acts(backend, filled, lambda: time.process_time() + database())
    yield from _measure_clean_up(backend, sizes, filling, lambda: time.process_time() + database())


def _measure_requests(backend: str, filled: Sequence[_Filled], database: Callable[[], float]) -> Iterator[Row]:
    with ExitStack() as stack:
        wecom = stack.enter_context(pretend_wecom())
        crowds = [stack.enter_context(visited(wecom, *each)) for each in filled]
        for name, (ask, operations) in _REQUESTS.items():
            sides = [Side(f"{each.size:,}", each.repeat(ask), _sum(each.cpu_seconds(), database)) for each in crowds]
            yield from _compare(f"{backend}, {name}", sides, _BAR, operations)


def _measure_acts(backend: str, filled: Sequence[_Filled], cpu_seconds: Callable[[], float]) -> Iterator[Row]:
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        stores = [runner.run(stack.enter_async_context(grown(*each))) for each in filled]
        for name, (act, bar, operations) in _ACTS.items():
            sides = [Side(f"{each.size:,}", _repeat(runner, partial(act, each)), cpu_seconds) for each in stores]
            yield from _compare(f"{backend}, {name}", sides, bar, operations)
        runner.run(stack.aclose())


def _measure_clean_up(
    backend: str, sizes: Mapping[str, int], filling: Filling, cpu_seconds: Callable[[], float]
) -> Iterator[Row]:
    """Measure batches of every table, with no gateway there that cleans up by itself."""
    now = filling.start - timedelta(hours=1)
    for url, size in sizes.items():
        _fill(url, Filling(filling.start - _LONG_OVER), size, _ROUNDS * _SWEEPS * _BATCH)
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        sides = []
        for url, size in sizes.items():
            stores = runner.run(stack.enter_async_context(open_stores(url)))
            sweep = _repeat(runner, partial(_sweep, stores.cleaner, now), callers=1)
            sides.append(Side(f"{size:,}", sweep, cpu_seconds))
        yield from _compare(f"{backend}, clean-up", sides, _TWICE, _SWEEPS)
        runner.run(stack.aclose())


def _compare(name: str, sides: Sequence[Side], bar: Bar, operations: int) -> Iterator[Row]:
    """Measure the CPU, which has the bar, and beside it the time that went by, which others on the machine lengthen."""
    walls: list[list[float]] = [[], []]
    big, small = (replace(side, run=_timed(side.run, wall)) for side, wall in zip(sides, walls, strict=True))
    row = compare(name, big, small, bar, rounds=_ROUNDS, operations=operations)
    yield row
    ours, peer = (statistics.median(wall) for wall in walls)
    ratios = statistics.quantiles([mine / theirs for mine, theirs in zip(*walls, strict=True)], n=4)
    yield replace(
        row,
        name=f"{name}, wall",
        ours_us=ours,
        peer_us=peer,
        ratio=ratios[1],
        spread=ratios[2] - ratios[0],
        bar=str(_NONE),
        met=True,
    )


def _sum(first: Callable[[], float], second: Callable[[], float]) -> Callable[[], float]:
    return lambda: first() + second()


def _timed(run: Callable[[int], object], wall_us: list[float]) -> Callable[[int], None]:
    def timed(count: int) -> None:
        began = time.perf_counter()
        run(count)
        wall_us.append((time.perf_counter() - began) * 1_000_000 / count)

    return timed


async def _sweep(cleaner: Cleaner, now: datetime) -> None:
    gone = await cleaner.sweep(now, _BATCH)
    if gone < _BATCH:
        message = "there is nothing left to clean up"
        raise RuntimeError(message)


def _fill(url: str, filling: Filling, first: int, count: int) -> None:
    path = sqlite_path(url)
    if path is None:
        asyncio.run(fill_postgres(url, filling, first, count))
    else:
        fill_sqlite(path, filling, first, count)


def _repeat(
    runner: asyncio.Runner, act: Callable[[], Awaitable[None]], callers: int = _CALLERS
) -> Callable[[int], None]:
    async def work(left: Iterator[int]) -> None:
        for _ in left:
            await act()

    async def run(count: int) -> None:
        left = iter(range(count))
        await asyncio.gather(*(work(left) for _ in range(callers)))

    return lambda count: runner.run(run(count))
