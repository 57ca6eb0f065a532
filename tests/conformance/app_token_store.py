"""What every store of app tokens must do, whoever keeps it. A backend's test subclasses one of the two classes.

`AppTokenStoreConformance` is for a store that one process owns; `SharedAppTokenStoreConformance` adds the processes.
"""

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from typing import TypeVar

from gongpai.wecom.app_token import AppToken, AppTokenKey, AppTokenStore, AsyncAppTokenStore

T = TypeVar("T")

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
TTL = timedelta(seconds=10)
LATER = NOW + TTL
KEY = AppTokenKey("wwgongpai", 1000002)

# Opens the same store once more; can be sent to another process if the store can be shared with one.
OpenStore = Callable[[], AsyncAppTokenStore]


class OffLoop:
    """Shows a blocking store as an awaitable one, each step in a thread, so that one suite serves both twins."""

    def __init__(self, open_blocking: Callable[[], AppTokenStore]) -> None:
        self._store = open_blocking()

    async def get(self, key: AppTokenKey) -> AppToken | None:
        return await asyncio.to_thread(self._store.get, key)

    async def acquire_lease(self, key: AppTokenKey, holder: str, ttl: timedelta, now: datetime) -> int | None:
        return await asyncio.to_thread(self._store.acquire_lease, key, holder, ttl, now)

    async def put(self, key: AppTokenKey, token: AppToken, fence: int) -> bool:
        return await asyncio.to_thread(self._store.put, key, token, fence)

    async def drop(self, key: AppTokenKey, failed_version: int) -> None:
        await asyncio.to_thread(self._store.drop, key, failed_version)

    async def release_lease(self, key: AppTokenKey, fence: int) -> None:
        await asyncio.to_thread(self._store.release_lease, key, fence)

    async def aclose(self) -> None:
        close = getattr(self._store, "close", None)
        if close is not None:
            close()


def token(version: int, value: str = "APP_TOKEN") -> AppToken:
    return AppToken(value, NOW, NOW + timedelta(hours=2), version)


async def lease(store: AsyncAppTokenStore, holder: str, now: datetime = NOW, key: AppTokenKey = KEY) -> int:
    """Take the lease as *holder*, which must succeed."""
    fence = await store.acquire_lease(key, holder, TTL, now)
    assert fence is not None
    return fence


@asynccontextmanager
async def opened(open_store: OpenStore) -> AsyncIterator[AsyncAppTokenStore]:
    store = open_store()
    try:
        yield store
    finally:
        close = getattr(store, "aclose", None)
        if close is not None and inspect.iscoroutinefunction(close):
            await close()


class AppTokenStoreConformance:
    """Subclass it, and give it a fixture ``open_store``."""

    async def test_nothing_was_kept_at_first(self, open_store: OpenStore) -> None:
        async with opened(open_store) as store:
            assert await store.get(KEY) is None

    async def test_a_token_put_under_the_lease_is_read_back_by_everyone(self, open_store: OpenStore) -> None:
        async with opened(open_store) as store, opened(open_store) as other:
            fence = await lease(store, "a")
            assert await store.put(KEY, token(fence), fence)
            assert await store.get(KEY) == await other.get(KEY) == token(fence)

    async def test_a_live_lease_is_given_to_nobody_else(self, open_store: OpenStore) -> None:
        async with opened(open_store) as store, opened(open_store) as other:
            await lease(store, "a")
            assert await other.acquire_lease(KEY, "b", TTL, LATER - timedelta(seconds=1)) is None

    async def test_the_holder_prolongs_his_lease_and_keeps_his_fence(self, open_store: OpenStore) -> None:
        async with opened(open_store) as store:
            fence = await lease(store, "a")
            assert await lease(store, "a", NOW + timedelta(seconds=9)) == fence
            assert await store.acquire_lease(KEY, "b", TTL, LATER) is None
            assert await store.acquire_lease(KEY, "b", TTL, NOW + timedelta(seconds=19)) == fence + 1

    async def test_a_lease_that_ran_out_goes_to_the_next_with_a_larger_fence(self, open_store: OpenStore) -> None:
        async with opened(open_store) as store, opened(open_store) as other:
            first = await lease(store, "a")
            assert await lease(other, "b", LATER) > first

    async def test_a_holder_who_slept_past_his_lease_cannot_put(self, open_store: OpenStore) -> None:
        async with opened(open_store) as store, opened(open_store) as other:
            old = await lease(store, "a")
            new = await lease(other, "b", LATER)
            assert not await store.put(KEY, token(old, "OLD"), old)
            assert await other.put(KEY, token(new, "NEW"), new)
            assert not await store.put(KEY, token(old, "OLD"), old)
            assert await store.get(KEY) == token(new, "NEW")

    async def test_a_holder_who_is_late_but_alone_may_still_put(self, open_store: OpenStore) -> None:
        async with opened(open_store) as store:
            fence = await lease(store, "a")
            await store.release_lease(KEY, fence)
            assert await store.put(KEY, token(fence), fence)

    async def test_nobody_puts_without_a_lease(self, open_store: OpenStore) -> None:
        async with opened(open_store) as store:
            assert not await store.put(KEY, token(1), 1)
            assert await store.get(KEY) is None

    async def test_only_the_version_that_failed_is_dropped(self, open_store: OpenStore) -> None:
        async with opened(open_store) as store:
            fence = await lease(store, "a")
            await store.put(KEY, token(fence), fence)
            await store.drop(KEY, fence - 1)
            assert await store.get(KEY) == token(fence)
            await store.drop(KEY, fence)
            assert await store.get(KEY) is None
            await store.drop(KEY, fence)

    async def test_a_released_lease_is_free_at_once(self, open_store: OpenStore) -> None:
        async with opened(open_store) as store, opened(open_store) as other:
            await store.release_lease(KEY, await lease(store, "a"))
            assert await other.acquire_lease(KEY, "b", TTL, NOW) is not None

    async def test_an_old_holder_cannot_release_the_lease_of_the_next(self, open_store: OpenStore) -> None:
        async with opened(open_store) as store, opened(open_store) as other:
            old = await lease(store, "a")
            await lease(other, "b", LATER)
            await store.release_lease(KEY, old)
            assert await store.acquire_lease(KEY, "c", TTL, LATER) is None

    async def test_apps_and_corps_are_kept_apart(self, open_store: OpenStore) -> None:
        async with opened(open_store) as store:
            fence = await lease(store, "a")
            await store.put(KEY, token(fence), fence)
            for stranger in (AppTokenKey("wwgongpai", 1000003), AppTokenKey("wwother", 1000002)):
                assert await store.get(stranger) is None
                assert await store.acquire_lease(stranger, "b", TTL, NOW) is not None

    async def test_of_competing_tasks_one_gets_the_lease(self, open_store: OpenStore) -> None:
        async with opened(open_store) as store:
            answers = await asyncio.gather(*(store.acquire_lease(KEY, f"{n}", TTL, NOW) for n in range(50)))
            assert len([fence for fence in answers if fence is not None]) == 1

    async def test_of_competing_threads_one_gets_the_lease(self, open_store: OpenStore) -> None:
        answers = await _compete(ThreadPoolExecutor(8), open_store, _try_once, 8)
        assert len([fence for fence in answers if fence is not None]) == 1


class SharedAppTokenStoreConformance(AppTokenStoreConformance):
    """For a store that processes share; ``open_store`` must survive pickling."""

    async def test_of_competing_processes_one_gets_the_lease(self, open_store: OpenStore) -> None:
        answers = await _compete(ProcessPoolExecutor(3, get_context("spawn")), open_store, _try_once, 6)
        assert len([fence for fence in answers if fence is not None]) == 1

    async def test_competing_processes_never_get_one_fence_twice(self, open_store: OpenStore) -> None:
        fences = await _compete(ProcessPoolExecutor(3, get_context("spawn")), open_store, _take_turns, 3)
        taken = [fence for turn in fences for fence in turn]
        assert len(set(taken)) == len(taken) == 3 * _TURNS
        async with opened(open_store) as store:
            kept = await store.get(KEY)
            assert kept is not None
            assert kept.version == max(taken)


_TURNS = 20


async def _compete(
    pool: ThreadPoolExecutor | ProcessPoolExecutor,
    open_store: OpenStore,
    act: Callable[[OpenStore, str], T],
    callers: int,
) -> list[T]:
    loop = asyncio.get_running_loop()
    with pool:
        return await asyncio.gather(*(loop.run_in_executor(pool, act, open_store, f"{n}") for n in range(callers)))


def _try_once(open_store: OpenStore, holder: str) -> int | None:
    async def act() -> int | None:
        async with opened(open_store) as store:
            return await store.acquire_lease(KEY, holder, TTL, NOW)

    return asyncio.run(act())


def _take_turns(open_store: OpenStore, holder: str) -> list[int]:
    async def act() -> list[int]:
        fences: list[int] = []
        async with opened(open_store) as store:
            while len(fences) < _TURNS:
                fence = await store.acquire_lease(KEY, holder, TTL, NOW)
                if fence is not None:
                    assert await store.put(KEY, token(fence), fence)
                    await store.release_lease(KEY, fence)
                    fences.append(fence)
        return fences

    return asyncio.run(act())
