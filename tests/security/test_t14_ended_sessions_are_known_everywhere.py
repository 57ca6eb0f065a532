"""T14: no worker believes a seal alone unless it surely heard of every session that ended."""

import asyncio
from datetime import timedelta

import pytest

from gongpai.gateway.audit import Audit
from gongpai.gateway.config import SessionLimits
from gongpai.gateway.gate import Ask, GateCookie, Pass, ReadStore, Refusal, Refuse, check, seal_gate
from gongpai.gateway.news import MOST_HEARD, STALE_AFTER, Heard, NewsFeed
from gongpai.gateway.records import EndReason, News, NewsKind
from gongpai.gateway.session import Sessions, SignIn
from gongpai.gateway.store.open import Stores
from memory import NOW, SECRET_KEY, make_person

SECOND = int(NOW.timestamp())


def cookie_of(ref: str) -> GateCookie:
    return GateCookie(ref, b"subject", b"lisi", b"", b"", 0, SECOND, SECOND + 43_200)


async def no_keys(_now: object) -> None:
    pass


async def test_a_worker_that_starts_late_refuses_what_ended_before(stores: Stores) -> None:
    person = await stores.people.mint(make_person())
    audit = Audit(stores.audit, SECRET_KEY)
    sessions = Sessions(stores.sessions, stores.session_facts, stores.ring, SessionLimits(), audit.record)
    started = await sessions.start(person, SignIn("main", "web", "wecom_scan", "lisi"), NOW)
    assert started is not None
    sealed = seal_gate(stores.ring, cookie_of(started.session.ref), b"app")
    feed = NewsFeed(stores.news, stores.driver, no_keys)
    unheard = check(sealed, b"app", stores.ring, feed.heard, SECOND, 0.0)
    assert unheard == ReadStore(cookie_of(started.session.ref), Ask.STALE)  # not ready: it may not decide
    await sessions.end(started.session, EndReason.SIGN_OUT, NOW)
    await feed.catch_up()
    assert check(sealed, b"app", stores.ring, feed.heard, SECOND, 0.0) == Refuse(Refusal.ENDED)
    assert await sessions.get(started.cookie, NOW) is None  # our own pages ask the store in any case


async def test_an_open_connection_is_no_proof_of_freshness(stores: Stores) -> None:
    heard, at = Heard(), 100.0
    sealed = seal_gate(stores.ring, cookie_of("ref"), b"app")
    heard.catch_up(at)
    limit = STALE_AFTER.total_seconds()
    assert isinstance(check(sealed, b"app", stores.ring, heard, SECOND, at + limit), Pass)
    late = check(sealed, b"app", stores.ring, heard, SECOND, at + limit + 0.01)
    assert late == ReadStore(cookie_of("ref"), Ask.STALE)


class AnsweringLate:
    """A store that takes a moment: what is told meanwhile may be missing from its answer."""

    answered_at = 0.0

    async def after(self, sequence: int, limit: int) -> list[News]:
        assert (sequence, limit) == (0, 1000)
        await asyncio.sleep(0)
        self.answered_at = asyncio.get_running_loop().time()
        return []


async def test_freshness_counts_from_before_the_store_was_asked(stores: Stores) -> None:
    late = AnsweringLate()
    feed = NewsFeed(late, stores.driver, no_keys)
    await feed.catch_up()
    assert feed.is_ready()
    assert not feed.heard.is_fresh(late.answered_at + STALE_AFTER.total_seconds())


@pytest.mark.parametrize("most", [1, 10])
async def test_past_its_memory_the_store_is_read_and_nothing_is_evicted(stores: Stores, most: int) -> None:
    heard = Heard(most)
    until = NOW + timedelta(hours=12)
    for number in range(most + 1):
        heard.hear(News(number, NewsKind.SESSION_ENDED, f"ref{number}", 0, until))
    heard.catch_up(0.0)
    first = seal_gate(stores.ring, cookie_of("ref0"), b"app")
    assert check(first, b"app", stores.ring, heard, SECOND, 0.0) == Refuse(Refusal.ENDED)
    other = seal_gate(stores.ring, cookie_of("other"), b"app")
    assert check(other, b"app", stores.ring, heard, SECOND, 0.0) == ReadStore(cookie_of("other"), Ask.NOT_WHOLE)
    assert MOST_HEARD >= 100_000
