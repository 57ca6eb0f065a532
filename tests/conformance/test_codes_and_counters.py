"""The ports of seen codes, counters and leases, on every backend."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from gongpai.gateway.records import SeenCode
from gongpai.gateway.store.open import Stores
from memory import BACKENDS, NOW

pytestmark = [pytest.mark.services, pytest.mark.parametrize("backend", BACKENDS, indirect=True)]
CODE = SeenCode("hash", "first", NOW, NOW + timedelta(minutes=10))
MINUTE = timedelta(minutes=1)


async def test_a_code_belongs_to_the_bearer_it_first_came_with(stores: Stores) -> None:
    assert await stores.codes.see(CODE) == CODE
    assert await stores.codes.see(replace(CODE, first_bearer="second")) == CODE


async def test_of_many_sightings_at_once_all_hear_of_the_same_first(stores: Stores) -> None:
    answers = await asyncio.gather(*(stores.codes.see(replace(CODE, first_bearer=f"s{n}")) for n in range(20)))
    assert len({answer.first_bearer for answer in answers}) == 1


async def test_a_counter_counts_in_its_window_and_begins_again_after_it(stores: Stores) -> None:
    counts = [await stores.counters.count("a", MINUTE, NOW + timedelta(seconds=n)) for n in (0, 1, 59, 60, 61)]
    assert counts == [1, 2, 3, 1, 2]
    assert await stores.counters.count("b", MINUTE, NOW) == 1


async def test_a_counter_misses_nobody_of_many_at_once(stores: Stores) -> None:
    counts = await asyncio.gather(*(stores.counters.count("a", MINUTE, NOW) for _ in range(30)))
    assert sorted(counts) == list(range(1, 31))


async def test_a_lease_has_one_holder_until_it_runs_out(stores: Stores) -> None:
    assert await stores.leases.acquire("jobs", "one", MINUTE, NOW) == 1
    assert await stores.leases.acquire("jobs", "two", MINUTE, NOW) is None
    assert await stores.leases.acquire("jobs", "one", MINUTE, NOW) == 1
    assert await stores.leases.acquire("jobs", "two", MINUTE, NOW + MINUTE) == 2
    assert await stores.leases.acquire("jobs", "one", MINUTE, NOW + MINUTE) is None


async def test_a_lease_given_back_is_free_and_its_fence_never_comes_again(stores: Stores) -> None:
    assert await stores.leases.acquire("jobs", "one", MINUTE, NOW) == 1
    await stores.leases.release("jobs", 7)
    assert await stores.leases.acquire("jobs", "two", MINUTE, NOW) is None
    await stores.leases.release("jobs", 1)
    assert await stores.leases.acquire("jobs", "two", MINUTE, NOW) == 2


async def test_of_many_who_want_a_lease_one_gets_it(stores: Stores) -> None:
    fences = await asyncio.gather(*(stores.leases.acquire("jobs", f"h{n}", MINUTE, NOW) for n in range(20)))
    assert [fence for fence in fences if fence is not None] == [1]
