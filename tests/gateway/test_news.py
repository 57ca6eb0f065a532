import asyncio
from datetime import datetime, timedelta

import pytest

from gongpai.gateway.news import Heard, NewsFeed
from gongpai.gateway.records import EndReason, News, NewsKind
from gongpai.gateway.store import StoreError
from gongpai.gateway.store.open import Stores, open_stores
from memory import NOW, SECRET_KEY, Backend, make_person, make_session, tell, until

DATABASES = pytest.mark.parametrize("backend", ["sqlite", "postgres"], indirect=True)
LATER = NOW + timedelta(hours=12)


def ended(ref: str, until: datetime = LATER) -> News:
    return News(1, NewsKind.SESSION_ENDED, ref, 0, until)


async def no_keys(_now: datetime) -> None:
    pass


def test_what_was_never_caught_up_is_not_fresh() -> None:
    heard = Heard()
    assert not heard.is_fresh(0.0)
    heard.catch_up(10.0)
    assert heard.is_fresh(10.75)
    assert not heard.is_fresh(10.76)


def test_ended_sessions_are_remembered_to_their_absolute_end() -> None:
    heard = Heard()
    heard.hear(ended("ref"))
    heard.forget_before(LATER - timedelta(microseconds=1))
    assert "ref" in heard.ended
    heard.forget_before(LATER)
    assert "ref" not in heard.ended


def test_a_full_memory_forgets_nothing_and_says_that_it_is_not_whole() -> None:
    heard = Heard(most=2)
    for ref in ("a", "b"):
        heard.hear(ended(ref))
    assert heard.is_whole
    heard.hear(ended("c", LATER + timedelta(hours=1)))
    assert not heard.is_whole
    assert set(heard.ended) == {"a", "b"}
    heard.forget_before(LATER)
    assert not heard.is_whole  # "c" was missed, and its cookie still lives
    heard.forget_before(LATER + timedelta(hours=1))
    assert heard.is_whole


def test_an_epoch_never_falls() -> None:
    heard = Heard()
    for number in (2, 1):
        heard.hear(News(number, NewsKind.EPOCH_RAISED, "subject", number, LATER))
    assert heard.epochs == {"subject": 2}
    heard.forget_before(LATER)
    assert heard.epochs == {}


def test_news_of_keys_take_no_room() -> None:
    heard = Heard(most=0)
    heard.hear(News(1, NewsKind.KEYS_CHANGED, "00000001", 0, LATER))
    assert heard.is_whole


@pytest.mark.services
@DATABASES
async def test_a_session_ended_by_one_worker_is_ended_in_all(stores: Stores, backend: Backend) -> None:
    person = await stores.people.mint(make_person())
    before, after = make_session(person.subject), make_session(person.subject)
    for session in (before, after):
        await stores.sessions.put(session)
    await stores.sessions.end(before.ref, EndReason.SIGN_OUT, NOW)
    async with open_stores(backend.storage, None, SECRET_KEY) as other:
        feed = NewsFeed(other.news, other.driver, no_keys)
        assert not feed.is_ready()
        await feed.start()
        try:
            await until(feed.is_ready)
            assert before.ref in feed.heard.ended  # it knows what ended before it began
            await stores.sessions.end(after.ref, EndReason.SIGN_OUT, NOW)
            await until(lambda: after.ref in feed.heard.ended)
        finally:
            await feed.stop()


@pytest.mark.services
@DATABASES
async def test_news_of_keys_fetch_the_ring_again(stores: Stores) -> None:
    asked: list[datetime] = []

    async def on_keys(now: datetime) -> None:
        asked.append(now)

    feed = NewsFeed(stores.news, stores.driver, on_keys)
    await feed.catch_up()
    assert len(asked) == 1
    await feed.catch_up()
    assert len(asked) == 1
    await tell(stores, NewsKind.KEYS_CHANGED, "00000001", LATER)
    await feed.catch_up()
    assert len(asked) == 2


async def test_news_of_keys_are_not_lost_where_the_ring_could_not_be_fetched(stores: Stores) -> None:
    asked: list[datetime] = []

    async def fails_once(now: datetime) -> None:
        asked.append(now)
        if len(asked) == 1:
            raise StoreError("gone")

    feed = NewsFeed(stores.news, stores.driver, fails_once)
    await tell(stores, NewsKind.KEYS_CHANGED, "00000001", LATER)
    with pytest.raises(StoreError):
        await feed.catch_up()
    assert not feed.is_ready()
    await feed.catch_up()
    await feed.catch_up()
    assert len(asked) == 2


async def test_no_fault_ends_the_feed(stores: Stores) -> None:
    asked: list[datetime] = []

    async def fails_later(now: datetime) -> None:
        asked.append(now)
        if len(asked) == 2:
            raise ValueError("a fault of ours")

    feed = NewsFeed(stores.news, stores.driver, fails_later)
    await feed.start()
    try:
        await tell(stores, NewsKind.KEYS_CHANGED, "00000001", LATER)
        await until(lambda: len(asked) == 3)
        await until(feed.is_ready)
    finally:
        await feed.stop()


async def test_news_of_parties_and_signing_keys_reach_who_listens_and_concern_no_session(stores: Stores) -> None:
    heard: list[str] = []

    async def on_parties(_now: datetime) -> None:
        heard.append("parties")

    async def on_signing_keys(_now: datetime) -> None:
        heard.append("signing keys")

    feed = NewsFeed(stores.news, stores.driver, no_keys)
    feed.listen(NewsKind.PARTIES_CHANGED, on_parties)
    feed.listen(NewsKind.SIGNING_KEYS_CHANGED, on_signing_keys)
    for _ in range(2):
        await tell(stores, NewsKind.PARTIES_CHANGED, "grafana", LATER)
    await feed.catch_up()
    assert heard == ["parties"]
    await tell(stores, NewsKind.SIGNING_KEYS_CHANGED, "", LATER)
    await feed.catch_up()
    assert heard == ["parties", "signing keys"]
    assert (feed.heard.ended, feed.heard.epochs) == ({}, {})


async def test_more_news_than_a_page_are_all_heard(stores: Stores) -> None:
    await asyncio.gather(*(tell(stores, NewsKind.SESSION_ENDED, f"ref{number}", LATER) for number in range(1100)))
    feed = NewsFeed(stores.news, stores.driver, no_keys)
    await feed.catch_up()
    assert len(feed.heard.ended) == 1100


class LosingNews:
    """News that can be lost and found."""

    def __init__(self) -> None:
        self.is_lost = False
        self.asked = 0

    async def after(self, sequence: int, limit: int) -> list[News]:
        assert (sequence, limit) == (0, 1000)
        self.asked += 1
        if self.is_lost:
            raise StoreError("gone")
        return []


async def test_a_lost_store_makes_the_feed_stale_and_it_recovers(stores: Stores) -> None:
    news = LosingNews()
    feed = NewsFeed(news, stores.driver, no_keys)
    await feed.start()
    try:
        news.is_lost = True
        await until(lambda: not feed.is_ready())
        news.is_lost = False
        await until(feed.is_ready)
    finally:
        await feed.stop()


async def test_a_worker_whose_store_does_not_answer_never_becomes_ready(stores: Stores) -> None:
    news = LosingNews()
    news.is_lost = True
    feed = NewsFeed(news, stores.driver, no_keys)
    with pytest.raises(StoreError):
        await feed.start()
    assert not feed.is_ready()
    await feed.stop()


class LosesIt:
    """News that cannot be read while *is_lost*."""

    def __init__(self) -> None:
        self.is_lost = False

    async def after(self, sequence: int, limit: int) -> list[News]:
        if self.is_lost:
            raise StoreError(f"no news after {sequence}, nor {limit}")
        return []


async def test_whoever_could_not_hear_for_a_while_fetches_everything_again(stores: Stores) -> None:
    asked: list[datetime] = []

    async def on_keys(now: datetime) -> None:
        asked.append(now)

    news = LosesIt()
    feed = NewsFeed(news, stores.driver, on_keys)
    await feed.start()
    try:
        assert asked == []
        news.is_lost = True
        await until(lambda: not feed.is_ready())
        news.is_lost = False
        # What was told meanwhile may have been cleaned up.
        await until(lambda: asked != [])
    finally:
        await feed.stop()
