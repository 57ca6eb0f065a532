"""What must be done now and then: clean-up and the rotation of keys, by one runner at a time; each ring by its own."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from gongpai.gateway.config import Config
from gongpai.gateway.keys import KeyKeeper
from gongpai.gateway.news import NewsFeed
from gongpai.gateway.records import NewsKind
from gongpai.gateway.signing_keys import SigningKeys
from gongpai.gateway.store.open import Stores
from gongpai.gateway.store.ports import Cleaner, LeaseStore

_log = structlog.get_logger("gongpai.jobs")
_TEND_EVERY = timedelta(milliseconds=250)
_RUN_EVERY = timedelta(seconds=30)
_LEASE = timedelta(seconds=90)
BATCH = 500
# Far less than a lease lasts; what is left over waits for the next turn. As long as a sweep may take, and no number of
# rows: anybody may write several thousand tombstones a second (T1), and clean-up must not fall behind.
_SWEEP_FOR_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Upkeep:
    """What runs beside the requests of one worker."""

    feed: NewsFeed
    signing_keys: SigningKeys

    def is_ready(self) -> bool:
        """Whether this worker may serve: it knows all that ended, and hears what ends (T14)."""
        return self.feed.is_ready()


@asynccontextmanager
async def keep_up(stores: Stores, config: Config) -> AsyncIterator[Upkeep]:
    """Load the keys and the news, and go on tending both and doing the jobs until the block ends.

    Raises:
        WrongSecretKeyError: this database was made with another ``secret_key``.
        StoreError: the store does not answer.
    """
    keeper = KeyKeeper(stores.keys, stores.ring, config.secret_key, config.session.absolute)
    signing_keys = SigningKeys(stores.signing_keys, config.secret_key, config.oldest_token)
    feed = NewsFeed(stores.news, stores.driver, keeper.refresh)
    feed.listen(NewsKind.SIGNING_KEYS_CHANGED, signing_keys.refresh)
    jobs = Jobs(stores.leases, stores.cleaner, keeper, signing_keys)
    await keeper.load(datetime.now(UTC))
    await signing_keys.load(datetime.now(UTC))
    await feed.start()
    jobs.start()
    try:
        yield Upkeep(feed, signing_keys)
    finally:
        await jobs.stop()
        await feed.stop()


class Jobs:
    """The background work of one worker."""

    def __init__(
        self,
        leases: LeaseStore,
        cleaner: Cleaner,
        keeper: KeyKeeper,
        signing_keys: SigningKeys,
        every: timedelta = _RUN_EVERY,
    ) -> None:
        self._leases = leases
        self._cleaner = cleaner
        self._keeper = keeper
        self._signing_keys = signing_keys
        self._every = every
        self._holder = secrets.token_hex(8)
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin; the worker's own ring is tended four times a second."""
        self._tasks = [asyncio.create_task(self._keep_tending()), asyncio.create_task(self._keep_running())]

    async def stop(self) -> None:
        """Stop, in the middle of whatever it is: everything is done in small whole steps."""
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task

    async def run_once(self, now: datetime) -> bool:
        """Clean up and rotate what is due, if no other worker of the fleet is at it; whether it was our turn."""
        fence = await self._leases.acquire("jobs", self._holder, _LEASE, now)
        if fence is None:
            return False
        end_at = time.monotonic() + _SWEEP_FOR_SECONDS
        while await self._cleaner.sweep(now, BATCH) and time.monotonic() < end_at:
            pass
        for key_id in await self._keeper.rotate_due(now):
            _log.info("keys.rotated", key_id=key_id)
        for kid in await self._signing_keys.rotate_due(now):
            _log.info("signing_keys.published", kid=kid)
        return True

    async def _keep_tending(self) -> None:
        while True:
            await asyncio.sleep(_TEND_EVERY.total_seconds())
            try:
                self._signing_keys.tend(datetime.now(UTC))
                await self._keeper.tend(datetime.now(UTC))
            except Exception as error:  # noqa: BLE001  # the task's outermost handler: keys that nobody tends run out
                _log.warning("keys.not_tended", error=f"{type(error).__name__}: {error}")

    async def _keep_running(self) -> None:
        while True:
            # Not all workers at once.
            await asyncio.sleep(self._every.total_seconds() * (0.5 + secrets.randbelow(1000) / 1000))
            try:
                await self.run_once(datetime.now(UTC))
            except Exception as error:  # noqa: BLE001  # likewise: what is over would pile up
                _log.warning("jobs.failed", error=f"{type(error).__name__}: {error}")
