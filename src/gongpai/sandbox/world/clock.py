"""A clock that can be moved, so that nobody waits for a code to grow old."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from gongpai.sandbox.errors import NotAllowedError

# Far enough from the year 9999 for every expiry that is reckoned from now.
_LAST = datetime(9900, 1, 1, tzinfo=UTC)


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
        """Move the world forward and return its new moment.

        Raises:
            NotAllowedError: it would leave the years that a date can have.
        """
        if self.now() > _LAST - by:
            raise NotAllowedError(f"the clock stops in {_LAST.year}")
        self._moved_by += by
        return self.now()
