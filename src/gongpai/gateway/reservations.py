"""Names that belong to one person for good: among the users of a relying party, or behind forward-auth (T12)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

from gongpai.gateway import metrics
from gongpai.gateway.audit import AuditEvent
from gongpai.gateway.oidc.names import fold, suffixed
from gongpai.gateway.records_provider import Reservation, ReservedKind
from gongpai.gateway.store.ports_provider import ReservationStore

# A name that as many others hold is nobody's by accident.
_MOST_SUFFIXES = 50
_MOST_REMEMBERED = 50_000

Key = tuple[str, ReservedKind, str]


@dataclass(frozen=True, slots=True)
class ReservedNames:
    """Reserves names where they are first told, and tells the operator of those who come second."""

    store: ReservationStore
    record: Callable[[AuditEvent, datetime], Awaitable[None]]
    clock: Callable[[], datetime]
    _holders: dict[Key, str] = field(default_factory=dict)
    """Who holds a name never changes, so each worker asks once."""
    _told: set[tuple[Key, str]] = field(default_factory=set)

    async def username(self, where: str, wanted: str, subject: str) -> str:
        """Return the username of *subject*: *wanted*, or that with a number if it is somebody else's."""
        for number in range(1, _MOST_SUFFIXES):
            username = wanted if number == 1 else suffixed(wanted, number)
            if await self._hold((where, ReservedKind.USERNAME, fold(username)), subject):
                return username
        return subject

    async def is_own_email(self, where: str, address: str, subject: str) -> bool:
        """Whether *address* may be told of *subject*: nobody else was known by it before."""
        return await self._hold((where, ReservedKind.EMAIL, fold(address)), subject)

    async def _hold(self, key: Key, subject: str) -> bool:
        holder = self._holders.get(key)
        if holder is None:
            holder = await self.store.reserve(Reservation(*key, subject))
            if len(self._holders) >= _MOST_REMEMBERED:
                self._holders.clear()
            self._holders[key] = holder
        if holder != subject:
            await self._tell(key, subject, holder)
        return holder == subject

    async def _tell(self, key: Key, subject: str, holder: str) -> None:
        if (key, subject) in self._told:
            return
        if len(self._told) >= _MOST_REMEMBERED:
            self._told.clear()
        self._told.add((key, subject))
        where, kind, _ = key
        metrics.name_collisions.labels(kind.value).inc()
        facts = {"where": where, "kind": kind.value, "holder": holder}
        await self.record(AuditEvent("name.taken", subject, facts=facts), self.clock())
