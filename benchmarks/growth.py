"""What a request costs as the store grows from a thousand to a million people, sessions and grants.

The gateway answers in this process, with no socket between, on a big store and on a small one in turn, so that the
figures are its own work; with PostgreSQL they hold the CPU of its server too. First come whole requests, which have the
bar, then single acts of the store, which show growth most: the writes have the bar too. A lone look-up of a few
microseconds has none: in the big store it reads one page more from the system's memory, and no arrangement hides that.
Clean-up may cost twice: what is over shares its pages of an index with others only in a small store.
"""

import asyncio
import logging
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog

from benchmarks.filled_store import Filling, fill_postgres, fill_sqlite
from benchmarks.grown import Grown, grown
from benchmarks.harness import Bar, Row, Side, compare
from benchmarks.postgres import create_database, find_postgres, running_postgres
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
_ACTS = {
    "userinfo": (Grown.userinfo, _BAR, _ONCE),
    "introspection": (Grown.introspect, _BAR, _OPERATIONS),
    "silent authorize + code": (Grown.sign_in_silently, _BAR, _ONCE),
    "refresh": (Grown.refresh, _BAR, _OPERATIONS),
    "own page": (Grown.open_own_page, _BAR, _ONCE),
    "store: code begin, take": (Grown.begin_and_take, _BAR, _OPERATIONS),
    "store: refresh rotate": (Grown.rotate, _NONE, _OPERATIONS),
    "store: session get, touch": (Grown.see_session, _NONE, _OPERATIONS),
    "store: person": (Grown.find_person, _NONE, _OPERATIONS),
    "store: name": (Grown.hold_name, _NONE, _OPERATIONS),
    "store: sign-out": (Grown.sign_out, _BAR, _ONCE),
}


def measure() -> Iterator[Row]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    filling = Filling(datetime.now(UTC).replace(microsecond=0))
    with tempfile.TemporaryDirectory(prefix="gongpai-growth-") as folder:
        urls = [f"sqlite://{folder}/{size}.db" for size in (_BIG, _SMALL)]
        yield from _measure("SQLite", urls, filling, time.process_time)
    programs = find_postgres()
    if programs is not None:
        with running_postgres(programs) as postgres:
            urls = [create_database(programs, postgres, f"of_{size}") for size in (_BIG, _SMALL)]
            clock = postgres.cpu_seconds
            yield from _measure("PostgreSQL", urls, filling, lambda: time.process_time() + clock())


def _measure(backend: str, urls: list[str], filling: Filling, cpu_seconds: Callable[[], float]) -> Iterator[Row]:
    sizes = dict(zip(urls, (_BIG, _SMALL), strict=True))
    for url, size in sizes.items():
        migrate(url, World.SANDBOX)
        _fill(url, filling, 0, size)
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        gateways = [runner.run(stack.enter_async_context(grown(url, size, filling))) for url, size in sizes.items()]
        for name, (act, bar, operations) in _ACTS.items():
            for each in gateways:
                each.clock.wait()
            sides = [(each.size, _repeat(runner, partial(act, each))) for each in gateways]
            yield from _compare(f"{backend}, {name}", sides, bar, operations, cpu_seconds)
        runner.run(stack.aclose())
    yield from _measure_clean_up(backend, sizes, filling, cpu_seconds)


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
            sides.append((size, _repeat(runner, partial(_sweep, stores.cleaner, now), callers=1)))
        yield from _compare(f"{backend}, clean-up", sides, _TWICE, _SWEEPS, cpu_seconds)
        runner.run(stack.aclose())


def _compare(
    name: str,
    sides: Sequence[tuple[int, Callable[[int], None]]],
    bar: Bar,
    operations: int,
    cpu_seconds: Callable[[], float],
) -> Iterator[Row]:
    """Measure the CPU, which has the bar, and beside it the time that went by, which others on the machine lengthen."""
    walls: list[list[float]] = [[], []]
    big, small = (
        Side(f"{size:,}", _timed(run, wall), cpu_seconds) for (size, run), wall in zip(sides, walls, strict=True)
    )
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


def _timed(run: Callable[[int], None], wall_us: list[float]) -> Callable[[int], None]:
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
