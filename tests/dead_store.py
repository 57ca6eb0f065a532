"""A database that is down."""

from datetime import datetime

from gongpai.gateway.records import EndReason, Session
from gongpai.gateway.session import Sessions
from gongpai.gateway.store import StoreError


class DeadSessions:
    """A store of sessions that does not answer."""

    async def put(self, session: Session) -> bool:
        del session
        raise StoreError("down")

    async def get(self, ref: str) -> Session | None:
        del ref
        raise StoreError("down")

    async def find(self, subject: str, now: datetime) -> list[Session]:
        del subject, now
        raise StoreError("down")

    async def touch(self, ref: str, seen_at: datetime, idle_expires_at: datetime) -> bool:
        del ref, seen_at, idle_expires_at
        raise StoreError("down")

    async def end(self, ref: str, reason: EndReason, now: datetime, successor: Session | None = None) -> bool:
        del ref, reason, now, successor
        raise StoreError("down")


def without_store(sessions: Sessions) -> Sessions:
    """Return *sessions* whose store does not answer."""
    return Sessions(DeadSessions(), sessions._facts, sessions._ring, sessions._limits, sessions._record)
