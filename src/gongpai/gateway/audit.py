"""What happened, for the operator: each event goes to the log and, chained by HMAC, into the store (T30).

Every process is a node with a chain of its own. The key of the chain follows from ``secret_key`` and is not in the
database: who can only write there cannot alter or drop a record in the middle unseen. That records are missing at the
end of a chain shows only against the log, which has each event's node and number too.
"""

import asyncio
import hmac
import os
import secrets
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

import msgspec
import structlog

from gongpai.gateway.records import AuditRecord
from gongpai.gateway.ring import derive
from gongpai.gateway.store.ports import AuditStore

_log = structlog.get_logger("gongpai.audit")
_TEXT_LIMIT = 512
_PAGE = 1000

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One event: what (``sign_in.succeeded``), about whom, from where, and further short facts. Never a secret."""

    name: str
    subject: str | None = None
    session: str | None = None
    app: str | None = None
    ip: str | None = None
    reference: str | None = None
    facts: Mapping[str, str | int] = field(default_factory=dict)


class Audit:
    """Records events in the order in which they happen in this process."""

    def __init__(self, store: AuditStore, secret_key: bytes) -> None:
        self._store = store
        self._key = derive(secret_key, b"audit")
        self._node = f"{socket.gethostname()[:64]}:{os.getpid()}:{secrets.token_hex(4)}"
        self._number = 0
        self._mac = ""
        self._pending: list[AuditRecord] = []
        self._turn = asyncio.Lock()

    async def record(self, event: AuditEvent, now: datetime) -> None:
        """Write *event* to the log and to the store; events that come together share a commit.

        Raises:
            StoreError: the log has it, the store not yet; it is put again with the next event. What it tells of must
                not go on.
        """
        record = self._note(event, now)
        if self._store.is_ordered:
            await self._keep(self._store.put)
            return
        async with self._turn:
            if record in self._pending:
                await self._keep(self._store.put)

    async def record_with(
        self, event: AuditEvent, now: datetime, act: Callable[[Sequence[AuditRecord]], Awaitable[T]]
    ) -> T:
        """Record *event* and do the *act* that it tells of, in one transaction if the store allows; return its result.

        *act* keeps the records that it gets. A record is never durable before those with smaller numbers: where the
        store does not promise that, *act* gets none, and the event is recorded after it.

        Raises:
            StoreError: as ``record``; what *act* writes was not written.
        """
        if not self._store.is_ordered:
            done = await act(())
            await self.record(event, now)
            return done
        self._note(event, now)
        return await self._keep(act)

    def _note(self, event: AuditEvent, now: datetime) -> AuditRecord:
        """Number and chain the event, and write it to the log."""
        bounded = _bounded(event)
        text = msgspec.json.encode(bounded).decode()
        self._number += 1
        self._mac = chain(self._key, self._mac, self._node, self._number, now, text)
        record = AuditRecord(self._node, self._number, now, text, self._mac)
        self._pending.append(record)
        _log.info(event.name, node=self._node, number=self._number, audit=msgspec.to_builtins(bounded))
        return record

    async def _keep(self, put: Callable[[Sequence[AuditRecord]], Awaitable[T]]) -> T:
        batch, self._pending = self._pending, []
        try:
            return await put(batch)
        except BaseException:
            # Whether it was kept is unknown: a record that is put again changes nothing.
            self._pending = batch + self._pending
            raise


def chain(key: bytes, before: str, node: str, number: int, at: datetime, event: str) -> str:
    """Return the mac of a record, which covers the mac before it."""
    return hmac.digest(key, msgspec.json.encode([before, node, number, at, event]), "sha256").hex()


@dataclass(frozen=True, slots=True)
class Chain:
    """One node's chain as it was found: how many of its records are sound, and the number at which it breaks."""

    node: str
    sound: int
    broken_at: int | None = None


async def verify(store: AuditStore, secret_key: bytes) -> AsyncIterator[Chain]:
    """Check every chain of the store, one after another.

    Raises:
        StoreError: the store does not answer.
    """
    node = await store.next_node("")
    while node is not None:
        yield await _verify_chain(store, node, secret_key)
        node = await store.next_node(node)


async def _verify_chain(store: AuditStore, node: str, secret_key: bytes) -> Chain:
    last: AuditRecord | None = None
    while page := await store.find(node, 0 if last is None else last.number, _PAGE):
        broken_at = find_break(page, secret_key, last)
        if broken_at is not None:
            return Chain(node, broken_at - 1, broken_at)
        last = page[-1]
    return Chain(node, 0 if last is None else last.number)


def find_break(records: Sequence[AuditRecord], secret_key: bytes, last: AuditRecord | None = None) -> int | None:
    """Return the number of the first record of a node's chain that was altered or follows a gap; None if sound.

    *last* is the sound one before them, if they do not begin the chain.
    """
    key, before = derive(secret_key, b"audit"), "" if last is None else last.mac
    for number, record in enumerate(records, start=1 if last is None else last.number + 1):
        mac = chain(key, before, record.node, number, record.at, record.event)
        if record.number != number or not hmac.compare_digest(mac, record.mac):
            return number
        before = mac
    return None


def _bounded(event: AuditEvent) -> AuditEvent:
    if all(isinstance(value, int) or len(value) <= _TEXT_LIMIT for value in event.facts.values()):
        return event
    facts = {name: value if isinstance(value, int) else value[:_TEXT_LIMIT] for name, value in event.facts.items()}
    return replace(event, facts=facts)
