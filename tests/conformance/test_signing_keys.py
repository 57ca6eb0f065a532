"""The port of signing keys, on both databases: compare-and-swap."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from gongpai.gateway.records import NewsKind
from gongpai.gateway.records_provider import SigningAlg, SigningKey
from gongpai.gateway.store.open import Stores
from gongpai.gateway.store.ports import CLOCKS_DIFFER
from memory import NOW, newest_news
from memory_provider import Nodes

pytestmark = [pytest.mark.services, pytest.mark.parametrize("backend", ["sqlite", "postgres"], indirect=True)]


def make_key(number: int, alg: SigningAlg = SigningAlg.ES256, kid: str = "") -> SigningKey:
    return SigningKey(kid or f"{alg}-{number}", alg, number, b"sealed", "{}", NOW, NOW)


async def test_keys_come_back_whole_the_newest_first(stores: Stores) -> None:
    keys = [make_key(1), make_key(2), make_key(1, SigningAlg.RS256)]
    assert await stores.signing_keys.change([], keys)
    assert await stores.signing_keys.find() == [keys[1], keys[0], keys[2]]


async def test_a_number_of_an_algorithm_is_given_once_and_the_rest_of_the_change_with_it(nodes: Nodes) -> None:
    rivals = [
        [make_key(1, kid=f"first-{n}"), make_key(2, kid=f"second-{n}"), make_key(1, SigningAlg.RS256, f"rsa-{n}")]
        for n in range(10)
    ]
    changed = await asyncio.gather(
        *((nodes.one if n % 2 else nodes.two).signing_keys.change([], keys) for n, keys in enumerate(rivals))
    )
    assert changed.count(True) == 1
    assert {key.kid for key in await nodes.one.signing_keys.find()} == {key.kid for key in rivals[changed.index(True)]}


async def test_of_two_who_rotate_at_once_one_does(nodes: Nodes) -> None:
    old = make_key(1)
    await nodes.one.signing_keys.change([], [old])
    retired = replace(old, retires_at=NOW + timedelta(days=1), version=2)
    rivals = [make_key(2, kid="one"), make_key(3, kid="two")]
    changed = await asyncio.gather(
        nodes.one.signing_keys.change([retired], rivals[:1]), nodes.two.signing_keys.change([retired], rivals[1:])
    )
    assert sorted(changed) == [False, True]
    assert await nodes.one.signing_keys.find() == [rivals[changed.index(True)], retired]


async def test_a_change_is_told_and_one_that_failed_is_not(stores: Stores) -> None:
    before = await newest_news(stores)
    key = make_key(1)
    assert await stores.signing_keys.change([], [key])
    assert not await stores.signing_keys.change([replace(key, version=3)], [])
    assert [news.kind for news in await stores.news.after(before, 10)] == [NewsKind.SIGNING_KEYS_CHANGED]


async def test_clean_up_takes_retired_keys(stores: Stores) -> None:
    key = make_key(1)
    await stores.signing_keys.change([], [replace(key, retires_at=NOW), make_key(2)])
    await stores.cleaner.sweep(NOW + CLOCKS_DIFFER + timedelta(seconds=1), 100)
    assert await stores.signing_keys.find() == [make_key(2)]
