"""The port of notices, on both databases."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from gongpai.gateway.records import Notice
from memory import NOW
from memory_provider import MINUTE, Nodes

pytestmark = [pytest.mark.services, pytest.mark.parametrize("backend", ["sqlite", "postgres"], indirect=True)]

_NOTICE = Notice(
    session_ref="session",
    handle_hash="hash",
    sealed=b"sealed",
    place="The Wiki",
    language="en",
    expires_at=NOW + timedelta(hours=12),
    next_at=NOW,
)
_HIDDEN = NOW + 5 * MINUTE


async def test_a_session_has_one_notice_even_if_many_want_one_at_once(nodes: Nodes) -> None:
    wishes = [replace(_NOTICE, handle_hash=f"hash {n}") for n in range(10)]
    kept = await asyncio.gather(
        *((nodes.one if n % 2 else nodes.two).notices.put(wish) for n, wish in enumerate(wishes))
    )
    assert kept.count(True) == 1


async def test_what_is_due_is_taken_by_one_and_comes_again_unless_it_is_settled(nodes: Nodes) -> None:
    await nodes.one.notices.put(_NOTICE)
    await nodes.one.notices.put(replace(_NOTICE, session_ref="later", handle_hash="later", next_at=_HIDDEN))
    taken = await asyncio.gather(*(node.notices.take(_HIDDEN, 10, NOW) for node in (nodes.one, nodes.two)))
    assert [notice for some in taken for notice in some] == [replace(_NOTICE, next_at=_HIDDEN, attempts=1)]
    assert await nodes.one.notices.take(_HIDDEN, 10, NOW) == []
    await nodes.one.notices.settle("session", NOW + MINUTE)
    (again,) = await nodes.two.notices.take(_HIDDEN, 10, NOW + MINUTE)
    assert (again.attempts, again.sealed) == (2, b"sealed")
    await nodes.one.notices.settle("session", None)
    assert [each.session_ref for each in await nodes.one.notices.take(_HIDDEN, 10, _HIDDEN)] == ["later"]
    kept = await nodes.one.notices.get("hash", NOW)
    assert kept is not None
    assert (kept.sealed, kept.next_at) == (None, None)


async def test_a_link_is_used_once_and_not_after_its_time(nodes: Nodes) -> None:
    await nodes.one.notices.put(_NOTICE)
    assert await nodes.two.notices.get("hash", NOW) == _NOTICE
    assert await nodes.one.notices.get("unknown", NOW) is None
    assert await nodes.one.notices.get("hash", _NOTICE.expires_at) is None
    assert not await nodes.one.notices.spend("hash", _NOTICE.expires_at)
    used = await asyncio.gather(*((nodes.one if n % 2 else nodes.two).notices.spend("hash", NOW) for n in range(10)))
    assert used.count(True) == 1
    assert await nodes.one.notices.get("hash", NOW) is None
