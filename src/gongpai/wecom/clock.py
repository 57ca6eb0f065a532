"""Time, as one value that can be handed in: a test brings its own and never sleeps."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What time it is, and waiting."""

    def now(self) -> datetime:
        """Return this moment, aware."""
        ...

    def sleep(self, pause: timedelta) -> None:
        """Block this thread."""
        ...

    async def asleep(self, pause: timedelta) -> None:
        """Let other tasks run meanwhile."""
        ...


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        """Return this moment in UTC."""
        return datetime.now(UTC)

    def sleep(self, pause: timedelta) -> None:
        """Block this thread."""
        time.sleep(pause.total_seconds())

    async def asleep(self, pause: timedelta) -> None:
        """Let other tasks run meanwhile."""
        await asyncio.sleep(pause.total_seconds())
