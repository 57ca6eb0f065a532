"""What a store remembers of one app, and the rules of the lease. Pure: a store only makes each step atomic."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gongpai.wecom.app_token.policy import AppToken


@dataclass(frozen=True, slots=True)
class Slot:
    """The token of one app, who may renew it, and until when.

    ``fence`` counts the leases given out. It only grows, so that a holder who slept past his lease is known by his old
    number and cannot overwrite the work of his successor.
    """

    fence: int = 0
    holder: str | None = None
    leased_until: datetime | None = None
    token: AppToken | None = None


def lease(slot: Slot, holder: str, ttl: timedelta, now: datetime) -> tuple[Slot, int | None]:
    """Give the lease to *holder* if it is free or over, or prolong his own; the fence is None if another has it."""
    if slot.holder is not None and slot.leased_until is not None and now < slot.leased_until:
        if slot.holder != holder:
            return slot, None
        return replace(slot, leased_until=now + ttl), slot.fence
    fence = slot.fence + 1
    return replace(slot, fence=fence, holder=holder, leased_until=now + ttl), fence


def keep(slot: Slot, token: AppToken, fence: int) -> tuple[Slot, bool]:
    """Keep *token* unless a later lease than *fence* was given out meanwhile."""
    if fence != slot.fence:
        return slot, False
    return replace(slot, token=token), True


def forget(slot: Slot, failed_version: int) -> Slot:
    """Forget the token of *failed_version*; a newer one stays."""
    if slot.token is None or slot.token.version != failed_version:
        return slot
    return replace(slot, token=None)


def free(slot: Slot, fence: int) -> Slot:
    """End the lease *fence*; a later one stays."""
    return slot if fence != slot.fence else replace(slot, holder=None, leased_until=None)
