"""What the gateway asks of its memory: one port a record, at most five methods each.

Every backend answers the same conformance suites, each with callers that come at once.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from gongpai.gateway.records import (
    AuditRecord,
    DirectoryEntry,
    EndReason,
    Handoff,
    HandoffOutcome,
    KeyPurpose,
    News,
    Person,
    Profile,
    SealedKey,
    SeenCode,
    Session,
    SignInAttempt,
)
from gongpai.wecom.models import AccountKey

# As far as the clocks of a fleet may lie apart without anything happening twice that must happen once. All moments come
# from the nodes' clocks, and none from the store's.
CLOCKS_DIFFER = timedelta(minutes=5)


class PeopleStore(Protocol):
    """Who WeCom has vouched for."""

    async def mint(self, person: Person) -> Person:
        """Return the living person of this account key: the one there is, or *person*."""
        ...

    async def get(self, subject: str) -> Person | None:
        """Return the person, retired or not."""
        ...

    async def find(self, key: AccountKey) -> list[Person]:
        """Return everyone who ever held this account key, the newest first."""
        ...

    async def retire(self, subject: str, now: datetime) -> list[str]:
        """Retire the person for good and end their sessions, grants and consents; return the refs of the sessions."""
        ...

    async def raise_epoch(self, subject: str, until: datetime) -> int:
        """Make every sealed cookie of the person be read against the store once; return the new epoch."""
        ...


class AttemptStore(Protocol):
    """Trips to WeCom. What was taken stays, with its outcome, until it expires."""

    async def put(self, attempt: SignInAttempt, *, per_browser: int) -> None:
        """Keep *attempt*; the oldest unspent ones of the same browser beyond *per_browser* are forgotten."""
        ...

    async def take(self, state: str, code_hash: str | None, now: datetime) -> SignInAttempt | None:
        """Spend the attempt in one atomic act; None if it is unknown, expired or already spent."""
        ...

    async def get(self, state: str) -> SignInAttempt | None:
        """Return the attempt, spent or not."""
        ...

    async def finish(self, state: str, outcome: bytes, now: datetime) -> bool:
        """Write what came of a spent attempt, once; False if there is nothing to finish."""
        ...


class HandoffStore(Protocol):
    """Wishes for consent on a phone (T19). A ticket is taken once; what came of it stays until it expires."""

    async def put(self, handoff: Handoff) -> None:
        """Keep *handoff*."""
        ...

    async def get(self, ref: str, now: datetime) -> Handoff | None:
        """Return the hand-off, taken or not; None if it is unknown or has expired."""
        ...

    async def take(self, ref: str, until: datetime, now: datetime) -> Handoff | None:
        """Take the ticket in one atomic act and wait for the answer *until* then; None if it cannot be taken."""
        ...

    async def finish(self, ref: str, outcome: HandoffOutcome) -> bool:
        """Write what came of a taken one, once; False if there is nothing to finish."""
        ...


class CodeStore(Protocol):
    """Codes of WeCom that were seen anywhere."""

    async def see(self, code: SeenCode) -> SeenCode:
        """Return the first sighting of this code, which is *code* itself if it is new."""
        ...


class SessionStore(Protocol):
    """Sessions. Ending one and telling the news is one act."""

    async def put(self, session: Session) -> bool:
        """Keep a new session; False if its person was retired meanwhile."""
        ...

    async def get(self, ref: str) -> Session | None:
        """Return the session, ended or not."""
        ...

    async def find(self, subject: str, now: datetime) -> list[Session]:
        """Return the living sessions of a person, the last seen first."""
        ...

    async def touch(self, ref: str, seen_at: datetime, idle_expires_at: datetime) -> bool:
        """Write that the session was seen; False if it does not live. An earlier time never replaces a later one."""
        ...

    async def end(self, ref: str, reason: EndReason, now: datetime, successor: Session | None = None) -> bool:
        """End the session, erase its disclosure, tell the news and take back its grants, in one act.

        The parties it was used for are put into the outbox. Grants of the same person move to *successor*, if any, and
        those parties are told when that one ends.

        Returns:
            False if it had ended before.
        """
        ...


class SessionFactsStore(Protocol):
    """What a session knows of its person. Apart from its times, so that a late touch brings nothing back."""

    async def refresh(self, ref: str, profile: Profile, epoch: int, checked_at: datetime, policy: str) -> bool:
        """Write a freshly read profile and by which policy it was judged; False if the session does not live."""
        ...

    async def disclose(self, ref: str, sealed: bytes | None) -> bool:
        """Keep or, with None, erase the sealed disclosure; False if the session does not live."""
        ...

    async def amend(self, ref: str, sealed: bytes, before: bytes | None) -> bool:
        """Keep the sealed disclosure in place of *before*; False if that is not there, or the session does not live."""
        ...


class NewsStore(Protocol):
    """What every worker must hear, in the order in which it was committed."""

    async def after(self, sequence: int, limit: int) -> list[News]:
        """Return what came after *sequence*, in order, at most *limit* at a time."""
        ...


class CounterStore(Protocol):
    """Counters in windows, for limits that hold over all workers."""

    async def count(self, key: str, window: timedelta, now: datetime) -> int:
        """Count one more in the current window of *key* and return how many there are."""
        ...


class LeaseStore(Protocol):
    """One holder at a time, with a fence that grows."""

    async def acquire(self, name: str, holder: str, ttl: timedelta, now: datetime) -> int | None:
        """Return a fence if the lease is free, has run out or is the holder's own; else None."""
        ...

    async def release(self, name: str, fence: int) -> None:
        """Give the lease back, if it is still the one of *fence*."""
        ...


class KeyStore(Protocol):
    """The key ring, sealed."""

    async def add(self, key: SealedKey, *, retire_others_at: datetime | None, only_if_none: bool) -> bool:
        """Keep *key* and set when the older ones of its purpose retire; False if one was there and must not be."""
        ...

    async def find(self) -> list[SealedKey]:
        """Return all keys that were not revoked, the newest first; some may have retired and wait to be swept."""
        ...

    async def revoke(self, key_id: str, now: datetime) -> KeyPurpose | None:
        """Revoke and erase the key; return its purpose, or None if it was not there."""
        ...

    async def reserve(self, key_id: str, seals: int) -> int | None:
        """Count *seals* more uses of the key; return the sum, or None if the key is not there."""
        ...


class AuditStore(Protocol):
    """The audit log: written, read, never changed."""

    is_ordered: bool
    """What is put first is durable first, also if nobody waits in between."""

    async def put(self, records: Sequence[AuditRecord]) -> None:
        """Append *records*."""
        ...

    async def find(self, node: str, after: int, limit: int) -> list[AuditRecord]:
        """Return a node's records after the one numbered *after*, in order."""
        ...

    async def next_node(self, after: str) -> str | None:
        """Return the node whose name comes after the one named *after*; None if that is the last one."""
        ...


class DirectoryStore(Protocol):
    """What was read from WeCom's directory."""

    async def get(self, key: str) -> DirectoryEntry | None:
        """Return the entry, however old."""
        ...

    async def put(self, entry: DirectoryEntry) -> None:
        """Keep *entry* in place of an older one."""
        ...


class Cleaner(Protocol):
    """Clean-up in small batches."""

    async def sweep(self, now: datetime, batch: int) -> int:
        """Delete at most *batch* rows a table that are no longer needed; return how many went."""
        ...
