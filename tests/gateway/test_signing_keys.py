import asyncio
import json
from base64 import urlsafe_b64decode
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from gongpai.gateway.jobs import keep_up
from gongpai.gateway.keys import WrongSecretKeyError
from gongpai.gateway.oidc import jose
from gongpai.gateway.records_provider import SigningAlg, SigningKey
from gongpai.gateway.signing_keys import PUBLISH_AHEAD, ROTATE_EVERY, KeyState, SigningKeys, find_states
from gongpai.gateway.store import StoreError
from gongpai.gateway.store.open import Stores, open_stores
from gongpai.gateway.store.ports import CLOCKS_DIFFER
from memory import NOW, SECRET_KEY, Backend, until
from settings_of_tests import read

OLDEST = timedelta(hours=12)
ES256 = SigningAlg.ES256
PAIR = [KeyState.ACTIVE, KeyState.NEXT]


async def load(stores: Stores, now: datetime = NOW, secret_key: bytes = SECRET_KEY) -> SigningKeys:
    keys = SigningKeys(stores.signing_keys, secret_key, OLDEST)
    await keys.load(now)
    return keys


async def states_of(keys: SigningKeys, now: datetime, alg: SigningAlg = ES256) -> dict[KeyState, str]:
    found = await keys.find()
    states = find_states(found, now)
    return {states[key.kid]: key.kid for key in found if key.alg is alg and key.kid in states}


def published(keys: SigningKeys) -> set[str]:
    return {key["kid"] for key in json.loads(keys.jwks)["keys"]}


def kid_of(token: str) -> str:
    return str(jose.parse_object(urlsafe_b64decode(token.split(".", maxsplit=1)[0] + "==="))["kid"])


async def test_every_algorithm_has_a_key_that_signs_and_one_that_is_published_for_later(stores: Stores) -> None:
    keys = await load(stores)
    for alg in SigningAlg:
        states = await states_of(keys, NOW, alg)
        assert sorted(states) == PAIR
        token = keys.sign(alg, "JWT", {"sub": "lisi"})
        assert kid_of(token) == states[KeyState.ACTIVE]
        assert set(states.values()) <= published(keys)
        assert jose.verify(token, keys.public, [alg]).claims == {"sub": "lisi"}


async def test_what_is_published_holds_no_private_half(stores: Stores) -> None:
    keys = await load(stores)
    for jwk in json.loads(keys.jwks)["keys"]:
        assert jwk.keys() <= {"kty", "n", "e", "crv", "x", "y", "kid", "alg", "use"}


async def test_the_database_alone_signs_nothing(stores: Stores) -> None:
    await load(stores)
    with pytest.raises(WrongSecretKeyError):
        await load(stores, secret_key=bytes(32))


async def test_of_nodes_that_start_at_once_all_sign_with_the_same_key(stores: Stores) -> None:
    nodes = await asyncio.gather(*(load(stores) for _ in range(3)))
    for node in nodes:
        await node.refresh(NOW)
    assert len(await nodes[0].find()) == 2 * len(SigningAlg)
    assert len({node.jwks for node in nodes}) == 1


async def test_a_key_is_published_before_it_signs_and_verifies_after(stores: Stores) -> None:
    keys = await load(stores)
    first = await states_of(keys, NOW)
    old = keys.sign(ES256, "JWT", {})
    changes_over = NOW - CLOCKS_DIFFER + ROTATE_EVERY
    keys.tend(changes_over - timedelta(seconds=1))
    assert kid_of(keys.sign(ES256, "JWT", {})) == first[KeyState.ACTIVE]
    keys.tend(changes_over)
    assert kid_of(keys.sign(ES256, "JWT", {})) == first[KeyState.NEXT]
    assert jose.verify(old, keys.public, [ES256]).claims == {}
    assert len(await keys.rotate_due(changes_over)) == len(SigningAlg)
    await keys.refresh(changes_over)
    after = await states_of(keys, changes_over)
    assert after[KeyState.RETIRING] == first[KeyState.ACTIVE]
    assert after[KeyState.NEXT] in published(keys)
    assert await keys.rotate_due(changes_over) == []
    keys.tend(changes_over + OLDEST)
    assert first[KeyState.ACTIVE] not in published(keys)
    with pytest.raises(jose.TokenError):
        jose.verify(old, keys.public, [ES256])


async def test_a_key_revoked_where_the_clock_is_ahead_signs_nowhere_from_then_on(stores: Stores) -> None:
    ahead = NOW + timedelta(seconds=90)
    keys, other = await load(stores, ahead), await load(stores)
    kid = kid_of(other.sign(ES256, "JWT", {}))
    assert await keys.revoke(kid, ahead) is ES256
    await other.refresh(NOW)
    assert kid not in published(other)
    await keys.refresh(ahead)
    assert kid_of(other.sign(ES256, "JWT", {})) == kid_of(keys.sign(ES256, "JWT", {})) != kid


async def test_a_gateway_that_slept_through_a_rotation_still_publishes_ahead(stores: Stores) -> None:
    await load(stores)
    late = NOW + 3 * ROTATE_EVERY
    keys = await load(stores, late)
    (upcoming,) = [key for key in await keys.find() if key.alg is ES256 and key.activates_at > late]
    assert upcoming.activates_at == late + PUBLISH_AHEAD


async def test_of_nodes_that_rotate_at_once_one_does(stores: Stores) -> None:
    nodes = [await load(stores) for _ in range(3)]
    due = NOW + ROTATE_EVERY
    added = await asyncio.gather(*(node.rotate_due(due) for node in nodes))
    assert len([kid for kids in added for kid in kids]) == len(SigningAlg)
    assert len(await nodes[0].find()) == 3 * len(SigningAlg)


async def test_a_rotation_by_command_waits_until_every_party_can_know_the_key(stores: Stores) -> None:
    keys = await load(stores)
    assert await keys.rotate(ES256, NOW) == NOW + PUBLISH_AHEAD
    assert await keys.rotate(ES256, NOW) == NOW + PUBLISH_AHEAD
    later = NOW + PUBLISH_AHEAD
    first = await states_of(keys, NOW)
    assert (await states_of(keys, later))[KeyState.ACTIVE] == first[KeyState.NEXT]
    # Long published, it takes over as soon as all nodes know.
    assert await keys.rotate(SigningAlg.RS256, later + timedelta(days=1)) == later + timedelta(days=1, seconds=5)
    # And without a next one there is one made first.
    assert await keys.rotate(ES256, later) == later + PUBLISH_AHEAD


async def test_of_two_who_rotate_by_command_at_once_both_are_told_the_same(stores: Stores) -> None:
    one, two = await load(stores), await load(stores)
    at = NOW + timedelta(days=10)
    assert set(await asyncio.gather(one.rotate(ES256, at), two.rotate(ES256, at))) == {at + timedelta(seconds=5)}
    assert len([key for key in await one.find() if key.alg is ES256]) == 2


async def test_a_revoked_key_is_gone_at_once_and_the_next_one_signs(stores: Stores) -> None:
    keys = await load(stores)
    first = await states_of(keys, NOW)
    token = keys.sign(ES256, "JWT", {})
    assert await keys.revoke(first[KeyState.ACTIVE], NOW) is ES256
    assert await keys.revoke(first[KeyState.ACTIVE], NOW) is None
    assert await keys.revoke("unknown", NOW) is None
    await keys.refresh(NOW)
    assert first[KeyState.ACTIVE] not in published(keys)
    assert kid_of(keys.sign(ES256, "JWT", {})) == first[KeyState.NEXT]
    with pytest.raises(jose.TokenError):
        jose.verify(token, keys.public, [ES256])
    assert sorted(await states_of(keys, NOW)) == PAIR


async def test_after_all_keys_were_revoked_there_are_new_ones(stores: Stores) -> None:
    keys = await load(stores)
    for kid in list((await states_of(keys, NOW)).values())[::-1]:
        await keys.revoke(kid, NOW)
    await keys.refresh(NOW)
    assert sorted(await states_of(keys, NOW)) == PAIR
    assert keys.sign(ES256, "JWT", {})


class Contested:
    """A store in which somebody else is always faster."""

    def __init__(self, keys: list[SigningKey]) -> None:
        self.keys = keys

    async def find(self) -> list[SigningKey]:
        return self.keys

    async def change(self, changed: Sequence[SigningKey], added: Sequence[SigningKey]) -> bool:
        assert [*changed, *added]
        return False


async def test_a_revocation_that_always_comes_second_says_so(stores: Stores) -> None:
    found = await (await load(stores)).find()
    contested = SigningKeys(Contested(found), SECRET_KEY, OLDEST)
    with pytest.raises(StoreError):
        await contested.revoke(found[0].kid, NOW)


@pytest.mark.services
@pytest.mark.parametrize("backend", ["sqlite", "postgres"], indirect=True)
async def test_a_key_revoked_elsewhere_soon_signs_nothing_here(stores: Stores, backend: Backend) -> None:
    config = replace(read(), storage=backend.storage, secret_key=SECRET_KEY)
    async with open_stores(backend.storage) as mine, keep_up(mine, config) as upkeep:
        before = upkeep.signing_keys.jwks
        kid = kid_of(upkeep.signing_keys.sign(ES256, "JWT", {}))
        elsewhere = SigningKeys(stores.signing_keys, SECRET_KEY, OLDEST)
        await elsewhere.revoke(kid, datetime.now(NOW.tzinfo))
        await until(lambda: upkeep.signing_keys.jwks is not before)
        assert kid_of(upkeep.signing_keys.sign(ES256, "JWT", {})) != kid


@pytest.mark.parametrize(("session", "access", "kept"), [("5m", "1d", 24), ("12h", "10m", 12)])
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
async def test_a_key_is_published_until_nothing_that_it_signed_is_good(
    stores: Stores, backend: Backend, session: str, access: str, kept: int
) -> None:
    limits = read(session__idle="5m", session__absolute=session, tokens__access=access)
    config = replace(limits, storage=backend.storage, secret_key=SECRET_KEY)
    async with open_stores(backend.storage) as mine, keep_up(mine, config):
        found = sorted(
            (key for key in await stores.signing_keys.find() if key.alg is ES256), key=lambda key: key.number
        )
    active, following = found
    assert active.retires_at == following.activates_at + timedelta(hours=kept)
