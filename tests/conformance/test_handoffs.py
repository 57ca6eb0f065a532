"""The port of hand-offs, on both databases."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from gongpai.gateway.records import Handoff, HandoffOutcome
from gongpai.gateway.store.open import Stores
from gongpai.gateway.store.ports import CLOCKS_DIFFER
from memory import NOW
from memory_provider import Nodes

pytestmark = [pytest.mark.services, pytest.mark.parametrize("backend", ["sqlite", "postgres"], indirect=True)]

_WISH = Handoff(
    ref="a" * 64,
    session_ref="session",
    subject="subject",
    app="main",
    party="The Wiki",
    fields=("mobile", "address"),
    numbers=(17, 42, 80),
    number=42,
    ip="203.0.113.77",
    created_at=NOW,
    expires_at=NOW + timedelta(minutes=3),
)
_LATER = NOW + timedelta(minutes=1)
_UNTIL = NOW + timedelta(minutes=6)
_TAKEN = replace(_WISH, taken_at=_LATER, expires_at=_UNTIL)


async def test_a_hand_off_comes_back_whole_until_it_expires(stores: Stores) -> None:
    await stores.handoffs.put(_WISH)
    assert await stores.handoffs.get(_WISH.ref, NOW) == _WISH
    assert await stores.handoffs.get(_WISH.ref, _WISH.expires_at) is None
    assert await stores.handoffs.take(_WISH.ref, _UNTIL, _WISH.expires_at) is None
    assert await stores.handoffs.get("unknown", NOW) is None
    own = replace(_WISH, ref="b" * 64, party=None)
    await stores.handoffs.put(own)
    assert await stores.handoffs.get(own.ref, NOW) == own


async def test_of_many_who_take_a_ticket_at_once_one_gets_it(nodes: Nodes) -> None:
    await nodes.one.handoffs.put(_WISH)
    taken = await asyncio.gather(
        *((nodes.one if n % 2 else nodes.two).handoffs.take(_WISH.ref, _UNTIL, _LATER) for n in range(20))
    )
    assert [each for each in taken if each is not None] == [_TAKEN]
    assert await nodes.two.handoffs.get(_WISH.ref, _WISH.expires_at) == _TAKEN


async def test_what_came_of_it_is_written_once_and_only_of_a_taken_one(stores: Stores) -> None:
    await stores.handoffs.put(_WISH)
    assert not await stores.handoffs.finish(_WISH.ref, HandoffOutcome.ANSWERED)
    await stores.handoffs.take(_WISH.ref, _UNTIL, _LATER)
    assert await stores.handoffs.finish(_WISH.ref, HandoffOutcome.OTHER_PERSON)
    assert not await stores.handoffs.finish(_WISH.ref, HandoffOutcome.ANSWERED)
    assert await stores.handoffs.get(_WISH.ref, _LATER) == replace(_TAKEN, outcome=HandoffOutcome.OTHER_PERSON)


async def test_what_has_expired_is_swept_away(stores: Stores) -> None:
    await stores.handoffs.put(_WISH)
    assert await stores.cleaner.sweep(_UNTIL + CLOCKS_DIFFER, 100) == 1
