"""What an app token is, and when it is time for the next one. Pure: time and chance come in."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

# Shares of a token's life. Of WeCom's usual 7,200 s: renewed 600 s before the end, each process up to 300 s
# earlier so that a fleet does not wake at once, and not used in the last 30 s, since a request takes time to arrive.
_LEAD_SHARE = 1 / 12
_JITTER_SHARE = 1 / 24
_MARGIN_SHARE = 1 / 240


@dataclass(frozen=True, slots=True)
class AppTokenKey:
    """Whose token: one app of one corp. It names the app and never its secret.

    WeCom isolates tokens by app, so neither half alone will do. Source: WeCom 91039, read 2026-11.
    """

    corpid: str
    agentid: int

    def __str__(self) -> str:
        return f"{self.corpid}:{self.agentid}"


@dataclass(frozen=True, slots=True)
class AppToken:
    """The app's credential for WeCom's calls (``access_token`` of gettoken).

    ``version`` is the fence under which it was fetched: it names this very token without showing it.
    """

    value: str = field(repr=False)
    fetched_at: datetime
    expires_at: datetime
    version: int


class Freshness(Enum):
    """What may be done with a token."""

    FRESH = "use it"
    STALE = "use it, and renew it"
    INVALID = "do not use it"


def freshness(token: AppToken | None, now: datetime, spread: float) -> Freshness:
    """Say what may be done with *token* at *now*.

    Args:
        token: What is held, if anything.
        now: An aware moment.
        spread: From 0 to 1, drawn once by each process: how early inside the jitter it renews.
    """
    if token is None:
        return Freshness.INVALID
    life = token.expires_at - token.fetched_at
    left = token.expires_at - now
    if left <= life * _MARGIN_SHARE:
        return Freshness.INVALID
    if left <= life * (_LEAD_SHARE + spread * _JITTER_SHARE):
        return Freshness.STALE
    return Freshness.FRESH
