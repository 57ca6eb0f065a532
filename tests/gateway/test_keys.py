from datetime import timedelta

import pytest

from gongpai.gateway.keys import MOST_SEALS, ROTATE_AFTER, ROTATE_AT_SEALS, KeyKeeper, WrongSecretKeyError
from gongpai.gateway.records import KeyPurpose
from gongpai.gateway.ring import KeyRing, RingExhaustedError, SealError
from gongpai.gateway.store.open import Stores
from memory import NOW, SECRET_KEY, sealing_key

SESSION = KeyPurpose.SESSION
OLDEST = timedelta(hours=12)


async def make_keeper(stores: Stores, secret_key: bytes = SECRET_KEY) -> tuple[KeyKeeper, KeyRing]:
    ring = KeyRing()
    keeper = KeyKeeper(stores.keys, ring, secret_key, OLDEST)
    await keeper.load(NOW)
    return keeper, ring


async def test_all_processes_share_one_ring(stores: Stores) -> None:
    (_, one), (_, two) = await make_keeper(stores), await make_keeper(stores)
    for purpose in KeyPurpose:
        assert two.open(purpose, one.seal(purpose, b"plain", b"use"), b"use") == b"plain"
    assert len({sealing_key(one, purpose) for purpose in KeyPurpose}) == len(KeyPurpose)


async def test_whoever_only_looks_opens_everything_seals_nothing_and_writes_nothing(stores: Stores) -> None:
    _, ring = await make_keeper(stores)
    before, looking = await stores.keys.find(), KeyRing()
    await KeyKeeper(stores.keys, looking, SECRET_KEY, OLDEST).look(NOW)
    assert looking.open(SESSION, ring.seal(SESSION, b"plain", b"use"), b"use") == b"plain"
    with pytest.raises(RingExhaustedError):
        looking.seal(SESSION, b"plain", b"use")
    assert await stores.keys.find() == before


async def test_the_database_alone_opens_nothing(stores: Stores) -> None:
    with pytest.raises(WrongSecretKeyError):
        await make_keeper(stores, bytes(32))


async def test_a_rotated_key_seals_only_when_everybody_knows_it(stores: Stores) -> None:
    (keeper, one), (other, two) = await make_keeper(stores), await make_keeper(stores)
    before = sealing_key(one, SESSION)
    old = one.seal(SESSION, b"old", b"use")
    key_id = await keeper.rotate(SESSION, NOW)
    await keeper.refresh(NOW + timedelta(seconds=1))
    assert sealing_key(one, SESSION) == before
    await other.refresh(NOW + timedelta(seconds=4))
    await keeper.tend(NOW + timedelta(seconds=6))
    assert sealing_key(one, SESSION) == key_id
    assert two.open(SESSION, one.seal(SESSION, b"new", b"use"), b"use") == b"new"
    assert two.open(SESSION, old, b"use") == b"old"
    await other.tend(NOW + OLDEST + timedelta(seconds=6))
    with pytest.raises(SealError):
        two.open(SESSION, old, b"use")


async def test_a_revoked_key_is_gone_at_once_and_another_seals(stores: Stores) -> None:
    keeper, ring = await make_keeper(stores)
    key_id = sealing_key(ring, SESSION)
    sealed = ring.seal(SESSION, b"plain", b"use")
    assert await keeper.revoke(key_id, NOW) is SESSION
    assert await keeper.revoke(key_id, NOW) is None
    await keeper.refresh(NOW)
    with pytest.raises(SealError):
        ring.open(SESSION, sealed, b"use")
    assert ring.seal(SESSION, b"plain", b"use")


async def test_a_node_whose_clock_is_behind_has_a_key_at_once(stores: Stores) -> None:
    ahead, behind = NOW + timedelta(seconds=90), NOW
    here, there = KeyRing(), KeyRing()
    keeper, other = (KeyKeeper(stores.keys, ring, SECRET_KEY, OLDEST) for ring in (here, there))
    await keeper.load(ahead)
    await other.load(behind)
    sealed = there.seal(SESSION, b"plain", b"use")
    for key in await keeper.find():
        assert await keeper.revoke(key.key_id, ahead)
    await keeper.refresh(ahead)
    await other.refresh(behind)
    with pytest.raises(SealError):
        there.open(SESSION, sealed, b"use")
    assert here.open(SESSION, there.seal(SESSION, b"plain", b"use"), b"use")


async def test_a_key_that_made_all_its_seals_seals_no_more(stores: Stores) -> None:
    keeper, ring = await make_keeper(stores)
    key_id = sealing_key(ring, SESSION)
    await stores.keys.reserve(key_id, MOST_SEALS)
    await keeper.refresh(NOW)
    with pytest.raises(RingExhaustedError):
        ring.seal(SESSION, b"plain", b"use")


async def test_no_process_is_allowed_a_seal_beyond_the_bound(stores: Stores) -> None:
    keeper, ring = await make_keeper(stores)
    key_id = sealing_key(ring, SESSION)
    (key,) = [key for key in await keeper.find() if key.purpose is SESSION]
    await stores.keys.reserve(key_id, MOST_SEALS - key.seals - 1)
    other = KeyRing()
    await KeyKeeper(stores.keys, other, SECRET_KEY, OLDEST).load(NOW)
    assert other.allowance(bytes.fromhex(key_id)) == 0


async def test_an_old_or_much_used_key_is_due_and_a_young_one_is_not(stores: Stores) -> None:
    keeper, ring = await make_keeper(stores)
    assert await keeper.rotate_due(NOW) == []
    key_id = sealing_key(ring, SESSION)
    await stores.keys.reserve(key_id, ROTATE_AT_SEALS)
    assert len(await keeper.rotate_due(NOW)) == 1
    assert await keeper.rotate_due(NOW) == []
    assert len(await keeper.rotate_due(NOW + ROTATE_AFTER)) == len(KeyPurpose)
