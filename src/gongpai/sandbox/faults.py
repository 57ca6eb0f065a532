"""Planned faults: which call fails, how, and how often. Pure."""

from typing import Annotated

import msgspec
from msgspec import Meta


class Fault(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """One way to fail.

    `errcode` and `http_status` are said instead of doing the call, so nothing is spent; `delay_seconds` waits before
    the call; `cut` and `garble` spoil the answer after the call was done: a code is spent and the caller cannot know.
    """

    call: Annotated[
        str, Meta(max_length=64, description="path behind /cgi-bin/, such as auth/getuserinfo; * is every call")
    ] = "*"
    errcode: Annotated[int, Meta(ge=-1, le=9_999_999)] | None = None
    http_status: Annotated[int, Meta(ge=400, le=599)] | None = None
    delay_seconds: Annotated[float, Meta(ge=0, le=120)] = 0.0
    cut: Annotated[bool, Meta(description="close the connection in the middle of the answer")] = False
    garble: Annotated[bool, Meta(description="answer with something that is not JSON")] = False
    times: Annotated[int, Meta(ge=1, le=1_000_000, description="the next so many calls; default 1")] | None = None
    share: (
        Annotated[
            float, Meta(gt=0, le=1, description="this share of all calls, evenly spread, until faults are cleared")
        ]
        | None
    ) = None


class FaultPlan:
    """Hold what shall fail; the first planned comes first."""

    def __init__(self) -> None:
        self._planned: list[_Planned] = []

    def __bool__(self) -> bool:
        return bool(self._planned)

    def add(self, fault: Fault) -> None:
        """Plan *fault*."""
        self._planned.append(_Planned(fault))

    def clear(self) -> None:
        """Let everything work again."""
        self._planned.clear()

    def faults(self) -> list[Fault]:
        """Return what is still planned."""
        return [planned.fault for planned in self._planned]

    def take(self, call: str) -> Fault | None:
        """Return the fault of this one call, if it shall fail, and count it."""
        for planned in self._planned:
            if planned.fault.call in ("*", call) and planned.strikes():
                self._drop_spent(planned)
                return planned.fault
        return None

    def _drop_spent(self, planned: "_Planned") -> None:
        if planned.is_spent:
            self._planned.remove(planned)


class _Planned:
    __slots__ = ("fault", "is_spent", "left", "owed")

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.left = fault.times if fault.times is not None else 1
        self.owed = 0.0
        self.is_spent = False

    def strikes(self) -> bool:
        """Say whether this call is hit: no chance in it, so that a test sees the same each time."""
        if self.fault.share is not None:
            self.owed += self.fault.share
            if self.owed < 1 - 1e-9:
                return False
            self.owed -= 1
            if self.fault.times is None:
                return True
        self.left -= 1
        self.is_spent = self.left == 0
        return True
