"""How often may one call? Counters for 45009. Source: WeCom 90454, read 2026-11. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from gongpai.sandbox.world.records import Limits

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
_MOST = 20_000


@dataclass(slots=True)
class _Window:
    ends_at: datetime
    count: int = 0


class Meter:
    """Count calls in fixed windows; who is over the limit is blocked for the length of the window."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._windows: dict[tuple[str, timedelta], _Window] = {}

    def __len__(self) -> int:
        return len(self._windows)

    def allows_call(self, call: str, corpid: str, ip: str, now: datetime) -> bool:
        """Count one call of *corpid* from *ip* and say whether it is still free."""
        limits, of_corp, of_ip = self.limits, f"{corpid} {call}", f"ip {ip}"
        within = [
            self.counts(of_corp, MINUTE, limits.api_per_minute, now),
            self.counts(of_corp, HOUR, limits.api_per_hour, now),
            self.counts(of_ip, MINUTE, limits.ip_per_minute, now),
            self.counts(of_ip, HOUR, limits.ip_per_hour, now),
        ]
        return all(within)

    def counts(self, who: str, length: timedelta, limit: int, now: datetime) -> bool:
        """Count one for *who* and say whether *limit* still holds; going over it begins a full block."""
        window = self._windows.get((who, length))
        if window is None or window.ends_at <= now:
            self._windows.pop((who, length), None)
            if len(self._windows) >= _MOST:
                del self._windows[next(iter(self._windows))]
            self._windows[(who, length)] = _Window(now + length, 1)
            return True
        window.count += 1
        if window.count == limit + 1:
            window.ends_at = now + length
        return window.count <= limit

    def is_over(self, who: str, length: timedelta, limit: int, now: datetime) -> bool:
        """Whether *who* has used up *limit*, without counting."""
        window = self._windows.get((who, length))
        return window is not None and window.ends_at > now and window.count >= limit
