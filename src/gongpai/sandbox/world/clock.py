"""A clock that can be moved, so that nobody waits for a code to grow old."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


def real_now() -> datetime:
    """Return the time of this machine."""
    return datetime.now(UTC)


class Clock:
    """Tell the time of one world: that of the machine plus what the world was moved by."""

    __slots__ = ("_moved_by", "_real_now")

    def __init__(self, now: Callable[[], datetime] = real_now) -> None:
        self._real_now = now
        self._moved_by = timedelta()

    def now(self) -> datetime:
        """Return this world's moment, in UTC."""
        return self._real_now() + self._moved_by

    def advance(self, by: timedelta) -> datetime:
        """Move the world forward and return its new moment."""
        self._moved_by += by
        return self.now()
