"""May a call that failed be made again, and after what pause? Pure. Whoever spends a code does not ask."""

from datetime import timedelta

from gongpai.wecom.errors import SystemBusyError, TransportError, WeComError, WrongWorldError

# Source: WeCom 90313: -1 may be tried three times in all, with a delay.
_AFTER_BUSY = (timedelta(milliseconds=500), timedelta(milliseconds=1500))
# A connection that broke is new at the second try; if that fails too, the way is blocked.
_AFTER_BREAK = (timedelta(milliseconds=200),)


def pause_before_retry(error: WeComError, tries: int) -> timedelta | None:
    """Return how long to wait before the next try, None to give up.

    Args:
        error: What the last try ended with.
        tries: How many tries were already made again.
    """
    pauses: tuple[timedelta, ...] = ()
    if isinstance(error, SystemBusyError):
        pauses = _AFTER_BUSY
    elif isinstance(error, TransportError) and not isinstance(error, WrongWorldError):
        pauses = _AFTER_BREAK
    return pauses[tries] if tries < len(pauses) else None
