import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from gongpai.gateway.jobs import Jobs, keep_up
from gongpai.gateway.keys import ROTATE_AFTER, KeyKeeper, WrongSecretKeyError
from gongpai.gateway.records import KeyPurpose, SealedKey
from gongpai.gateway.records_provider import SigningAlg
from gongpai.gateway.ring import KeyRing, RingExhaustedError, SealError
from gongpai.gateway.signing_keys import SigningKeys
from gongpai.gateway.store import StoreError
from gongpai.gateway.store.open import Stores, open_stores
from memory import NOW, SECRET_KEY, Backend, make_attempt, sealing_key, until
from settings_of_tests import read


class Sweeper:
    def __init__(self, *gone: int) -> None:
        self.gone = list(gone)

    async def sweep(self, now: datetime, batch: int) -> int:
        assert now >= NOW
        assert batch > 0
        return self.gone.pop(0) if self.gone else 0


class FailingSweeper:
    def __init__(self, fault: type[Exception]) -> None:
        self.asked = 0
        self._fault = fault

    async def sweep(self, now: datetime, batch: int) -> int:
        self.asked += 1
        raise self._fault(f"{batch} rows at {now}")


class FailingKeys:
    """A key store that can fail, in front of one that works."""

    def __init__(self, stores: Stores, fault: type[Exception]) -> None:
        self._keys = stores.keys
        self._fault = fault
        self.is_down = False
        self.asked = 0

    async def add(self, key: SealedKey, *, retire_others_at: datetime | None, only_if_none: bool) -> bool:
        return await self._keys.add(key, retire_others_at=retire_others_at, only_if_none=only_if_none)

    async def find(self) -> list[SealedKey]:
        return await self._keys.find()

    async def revoke(self, key_id: str, now: datetime) -> KeyPurpose | None:
        return await self._keys.revoke(key_id, now)

    async def reserve(self, key_id: str, seals: int) -> int | None:
        self.asked += 1
        if self.is_down:
            raise self._fault
        return await self._keys.reserve(key_id, seals)


def keeper_of(stores: Stores) -> KeyKeeper:
    return KeyKeeper(stores.keys, stores.ring, SECRET_KEY, timedelta(hours=12))


def signing_keys_of(stores: Stores) -> SigningKeys:
    return SigningKeys(stores.signing_keys, SECRET_KEY, timedelta(hours=12))


async def test_one_worker_of_the_fleet_does_the_jobs(stores: Stores) -> None:
    one, two = (Jobs(stores.leases, stores.cleaner, keeper_of(stores), signing_keys_of(stores)) for _ in range(2))
    assert sorted(await asyncio.gather(one.run_once(NOW), two.run_once(NOW))) == [False, True]
    assert await two.run_once(NOW + timedelta(minutes=2)) or await one.run_once(NOW + timedelta(minutes=2))


async def test_a_sweep_goes_on_until_nothing_is_left(stores: Stores) -> None:
    sweeper = Sweeper(*[500] * 1_000, 3)  # what strangers can leave behind in a few minutes
    assert await Jobs(stores.leases, sweeper, keeper_of(stores), signing_keys_of(stores)).run_once(NOW)
    assert sweeper.gone == []


# The second one is what a library of a store may raise that no room foresees.
@pytest.mark.parametrize("fault", [StoreError, RuntimeError])
async def test_a_store_that_fails_stops_no_work_for_good(stores: Stores, fault: type[Exception]) -> None:
    sweeper, keys = FailingSweeper(fault), FailingKeys(stores, fault)
    ring = KeyRing()
    keeper = KeyKeeper(keys, ring, SECRET_KEY, timedelta(hours=12))
    keys.is_down = True
    with pytest.raises(fault):
        await keeper.load(NOW)
    # What is known is held, whatever became of the reservation.
    assert ring.open(KeyPurpose.SESSION, stores.ring.seal(KeyPurpose.SESSION, b"plain", b"use"), b"use") == b"plain"
    jobs = Jobs(stores.leases, sweeper, keeper, signing_keys_of(stores), timedelta(milliseconds=10))
    jobs.start()
    asked = keys.asked
    await until(lambda: sweeper.asked > 1 and keys.asked > asked + 1)
    keys.is_down = False
    await until(lambda: all(_seals(ring, purpose) for purpose in KeyPurpose))
    await jobs.stop()


async def test_what_is_over_is_cleaned_up_and_old_keys_are_rotated(stores: Stores) -> None:
    attempt = make_attempt(expires_at=NOW)
    await stores.attempts.put(attempt, per_browser=5)
    before = len(await stores.keys.find())
    assert await Jobs(stores.leases, stores.cleaner, keeper_of(stores), signing_keys_of(stores)).run_once(
        NOW + ROTATE_AFTER
    )
    assert await stores.attempts.get(attempt.state) is None
    assert len(await stores.keys.find()) == before + len(KeyPurpose)
    assert {key.alg for key in await stores.signing_keys.find()} == set(SigningAlg)


@pytest.mark.services
@pytest.mark.parametrize("backend", ["sqlite", "postgres"], indirect=True)
async def test_a_key_revoked_elsewhere_soon_opens_nothing_here(stores: Stores, backend: Backend) -> None:
    config = replace(read(), storage=backend.storage, secret_key=SECRET_KEY)
    async with open_stores(backend.storage) as mine, keep_up(mine, config) as upkeep:
        await until(upkeep.is_ready)
        sealed = mine.ring.seal(KeyPurpose.SESSION, b"plain", b"use")
        await keeper_of(stores).revoke(sealing_key(mine.ring, KeyPurpose.SESSION), NOW)
        await until(lambda: not _opens(mine, sealed))
        assert mine.ring.seal(KeyPurpose.SESSION, b"plain", b"use")


async def test_a_worker_with_another_secret_key_does_not_start(backend: Backend, stores: Stores) -> None:
    config = replace(read(), storage=backend.storage)
    async with open_stores(backend.storage) as mine:
        assert await stores.keys.find()
        with pytest.raises(WrongSecretKeyError):
            async with keep_up(mine, config):
                pass


def _seals(ring: KeyRing, purpose: KeyPurpose) -> bool:
    try:
        ring.seal(purpose, b"plain", b"use")
    except RingExhaustedError:
        return False
    return True


def _opens(stores: Stores, sealed: bytes) -> bool:
    try:
        stores.ring.open(KeyPurpose.SESSION, sealed, b"use")
    except SealError:
        return False
    return True
