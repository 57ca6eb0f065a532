"""The gateway's app token store, held against the library's port."""

import asyncio
from datetime import timedelta

import pytest

from gongpai.gateway.store.open import Stores
from gongpai.wecom.app_token.policy import AppToken, AppTokenKey
from memory import BACKENDS, NOW

pytestmark = [pytest.mark.services, pytest.mark.parametrize("backend", BACKENDS, indirect=True)]
KEY, OTHER = AppTokenKey("wwcorp", 1000002), AppTokenKey("wwcorp", 1000003)
TTL = timedelta(seconds=10)


def token_of(version: int) -> AppToken:
    return AppToken(f"token-{version}", NOW, NOW + timedelta(hours=2), version)


async def test_a_token_is_put_by_its_lease_holder_and_read_by_all(stores: Stores) -> None:
    assert await stores.app_tokens.get(KEY) is None
    fence = await stores.app_tokens.acquire_lease(KEY, "one", TTL, NOW)
    assert fence is not None
    assert await stores.app_tokens.put(KEY, token_of(fence), fence)
    kept = await stores.app_tokens.get(KEY)
    assert kept is not None
    assert (kept.value, kept.version) == (f"token-{fence}", fence)
    assert await stores.app_tokens.get(OTHER) is None


async def test_a_holder_who_slept_past_his_lease_overwrites_nothing(stores: Stores) -> None:
    old = await stores.app_tokens.acquire_lease(KEY, "one", TTL, NOW)
    new = await stores.app_tokens.acquire_lease(KEY, "two", TTL, NOW + TTL)
    assert old is not None
    assert new is not None
    assert new > old
    assert await stores.app_tokens.put(KEY, token_of(new), new)
    assert not await stores.app_tokens.put(KEY, token_of(old), old)
    kept = await stores.app_tokens.get(KEY)
    assert kept is not None
    assert kept.version == new


async def test_of_many_who_would_renew_one_may(stores: Stores) -> None:
    fences = await asyncio.gather(*(stores.app_tokens.acquire_lease(KEY, f"h{n}", TTL, NOW) for n in range(20)))
    assert len([fence for fence in fences if fence is not None]) == 1


async def test_a_released_lease_is_free_and_a_foreign_fence_releases_nothing(stores: Stores) -> None:
    fence = await stores.app_tokens.acquire_lease(KEY, "one", TTL, NOW)
    assert fence is not None
    await stores.app_tokens.release_lease(KEY, fence + 1)
    assert await stores.app_tokens.acquire_lease(KEY, "two", TTL, NOW) is None
    await stores.app_tokens.release_lease(KEY, fence)
    assert await stores.app_tokens.acquire_lease(KEY, "two", TTL, NOW) is not None


async def test_only_the_token_that_failed_is_dropped(stores: Stores) -> None:
    fence = await stores.app_tokens.acquire_lease(KEY, "one", TTL, NOW)
    assert fence is not None
    await stores.app_tokens.put(KEY, token_of(fence), fence)
    await stores.app_tokens.drop(KEY, fence - 1)
    assert await stores.app_tokens.get(KEY) is not None
    await stores.app_tokens.drop(KEY, fence)
    assert await stores.app_tokens.get(KEY) is None
