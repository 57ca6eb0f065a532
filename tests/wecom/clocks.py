"""A clock for tests: waiting moves it, so nobody waits."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class JumpingClock:
    """Stands still until someone sleeps, and remembers how long they wanted to; *meanwhile* things may happen."""

    def __init__(self, now: datetime = NOON) -> None:
        self._now = now
        self.pauses: list[timedelta] = []
        self.meanwhile: Callable[[], object] = lambda: None

    def now(self) -> datetime:
        return self._now

    def sleep(self, pause: timedelta) -> None:
        self.meanwhile()
        self.pauses.append(pause)
        self._now += pause

    async def asleep(self, pause: timedelta) -> None:
        self.sleep(pause)
        await asyncio.sleep(0)

    def advance(self, span: timedelta) -> None:
        self._now += span
