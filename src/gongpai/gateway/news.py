"""What every worker must hear within a second: sessions that ended, epochs that rose, keys that changed."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import structlog

from gongpai.gateway.records import News, NewsKind
from gongpai.gateway.store.ports import NewsStore
from gongpai.gateway.store.sql.driver import Driver

_log = structlog.get_logger("gongpai.news")
POLL = timedelta(milliseconds=250)
# A feed older than this is not believed; three polls fit in, so one slow answer does no harm (T14).
STALE_AFTER = timedelta(milliseconds=750)
_STALE_AFTER_SECONDS = STALE_AFTER.total_seconds()
_PAGE = 1000
# Some 40 MB in the worst case.
MOST_HEARD = 200_000
_FORGET_EVERY = timedelta(minutes=1)

Listener = Callable[[datetime], Awaitable[None]]

# What a worker keeps in mind; news of other kinds is for those who listen to them.
_HEARD_KINDS = frozenset({NewsKind.SESSION_ENDED, NewsKind.EPOCH_RAISED})


class Heard:
    """What this worker has heard, as the gate's check reads it.

    Nothing is forgotten before its time. What a full memory cannot take in makes it not whole, and the store is asked
    about everybody, until what was missed has run out by itself.
    """

    __slots__ = ("_at", "_epochs_until", "_missed_until", "_most", "ended", "epochs", "is_whole")

    def __init__(self, most: int = MOST_HEARD) -> None:
        self.ended: dict[str, datetime] = {}
        self.epochs: dict[str, int] = {}
        self.is_whole = True
        self._epochs_until: dict[str, datetime] = {}
        self._missed_until: datetime | None = None
        self._most = most
        self._at: float | None = None

    def hear(self, news: News) -> None:
        """Take in one piece of news about a session or a person."""
        if news.kind not in _HEARD_KINDS:
            return
        if len(self.ended) + len(self.epochs) >= self._most and news.ref not in self.epochs:
            self.is_whole = False
            self._missed_until = max(news.until, self._missed_until or news.until)
        elif news.kind is NewsKind.SESSION_ENDED:
            self.ended[news.ref] = news.until
        else:
            self.epochs[news.ref] = max(news.number, self.epochs.get(news.ref, 0))
            self._epochs_until[news.ref] = max(news.until, self._epochs_until.get(news.ref, news.until))

    def forget_before(self, now: datetime) -> None:
        """Forget what concerns only cookies that have run out by themselves."""
        for ref in [ref for ref, until in self.ended.items() if until <= now]:
            del self.ended[ref]
        for ref in [ref for ref, until in self._epochs_until.items() if until <= now]:
            del self.epochs[ref], self._epochs_until[ref]
        if self._missed_until is not None and self._missed_until <= now:
            self._missed_until, self.is_whole = None, True

    def catch_up(self, at: float) -> None:
        """Note that everything told before the monotonic moment *at* was heard."""
        self._at = at

    def is_fresh(self, at: float) -> bool:
        """Whether a check at the monotonic moment *at* may believe what was heard."""
        return self._at is not None and at - self._at <= _STALE_AFTER_SECONDS


class NewsFeed:
    """Reads the news into ``heard``, four times a second and whenever the database says that there are some."""

    def __init__(self, store: NewsStore, driver: Driver, on_keys: Listener) -> None:
        """Read *store*; *on_keys* is awaited after news of keys, and must fetch the ring again."""
        self.heard = Heard()
        self._store = store
        self._driver = driver
        self._listeners: dict[NewsKind, list[Listener]] = {NewsKind.KEYS_CHANGED: [on_keys]}
        self._sequence = 0
        self._unheeded: set[NewsKind] = set()
        self._forget_at = datetime.now(UTC)
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def listen(self, kind: NewsKind, listener: Listener) -> None:
        """Await *listener* after each news of this *kind*, once for all that came together."""
        self._listeners.setdefault(kind, []).append(listener)

    def is_ready(self) -> bool:
        """Whether all that is still valid was loaded and the feed is fresh: only then may this worker serve."""
        return self.heard.is_fresh(asyncio.get_running_loop().time())

    async def start(self) -> None:
        """Load everything that is still valid, then keep reading until ``stop``.

        Raises:
            StoreError: the store does not answer; the worker must not serve.
        """
        await self.catch_up()
        await self._driver.listen(self._wake.set)
        self._task = asyncio.create_task(self._keep_reading(), name="gongpai-news")

    async def stop(self) -> None:
        """Stop reading."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def catch_up(self) -> None:
        """Hear everything that was told before now.

        Raises:
            StoreError: the store does not answer; what was heard grows stale.
        """
        # The moment counts from before the question: what is told while it is asked may be missed.
        began = asyncio.get_running_loop().time()
        while True:
            page = await self._store.after(self._sequence, _PAGE)
            for news in page:
                # Kept until heeded: no news is read twice, and a revoked key must not outlive a fault.
                self._unheeded.add(news.kind)
                self.heard.hear(news)
                self._sequence = news.sequence
            if len(page) < _PAGE:
                break
        now = datetime.now(UTC)
        for kind in sorted(self._unheeded, key=lambda each: each.value):
            for listener in self._listeners.get(kind, ()):
                await listener(now)
            self._unheeded.discard(kind)
        if now >= self._forget_at:
            self.heard.forget_before(now)
            self._forget_at = now + _FORGET_EVERY
        self.heard.catch_up(began)

    async def _keep_reading(self) -> None:
        was_lost = False
        while True:
            with suppress(TimeoutError):
                # Not wait_for, which until Python 3.12 forgets that it was cancelled if the event comes just then.
                async with asyncio.timeout(POLL.total_seconds()):
                    await self._wake.wait()
            self._wake.clear()
            try:
                await self.catch_up()
            except Exception as error:  # noqa: BLE001  # the task's outermost handler: who hears no more revokes nothing
                # However long it lasts: news that are over once they were heard may be gone by then.
                self._unheeded.update(self._listeners)
                if not was_lost:
                    _log.warning("news.lost", error=f"{type(error).__name__}: {error}")
                was_lost = True
            else:
                if was_lost:
                    _log.info("news.found")
                was_lost = False
