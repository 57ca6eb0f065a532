"""Tells relying parties that a session ended: at least once, bounded, by one runner at a time."""

import asyncio
import secrets
from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gongpai.gateway import metrics
from gongpai.gateway.logs import logger
from gongpai.gateway.oidc import logout_token
from gongpai.gateway.oidc.id_token import Moment
from gongpai.gateway.outbound import Outbound, OutboundError
from gongpai.gateway.parties import Parties
from gongpai.gateway.records_provider import OutboxItem, RelyingParty
from gongpai.gateway.rounds import rounds
from gongpai.gateway.signing_keys import SigningKeys
from gongpai.gateway.store.ports_provider import OutboxStore

_BATCH = 50
# Longer than a batch can take: 50 items of one party, five seconds each.
_HIDDEN_FOR = timedelta(minutes=5)
# 10 s, 20 s, ... 2 h 50 min: after the last the party has missed nearly six hours and is given up.
_FIRST_PAUSE = timedelta(seconds=10)
MOST_ATTEMPTS = 12
_SUCCESSES = range(200, 300)

_log = logger("outbox")


@dataclass(frozen=True, slots=True)
class Outbox:
    """Delivers what is due. *subject* says what a party knows a person by."""

    issuer: str
    store: OutboxStore
    parties: Parties
    keys: SigningKeys
    outbound: Outbound
    subject: Callable[[RelyingParty, str], str]
    clock: Callable[[], datetime]
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _held: dict[str, datetime] = field(default_factory=dict)
    """Until when this process tries no more at a party that failed: what is put in meanwhile waits too."""

    async def deliver(self) -> int:
        """Deliver what is due now; return how many parties heard it."""
        now = self.clock()
        by_party: dict[str, list[OutboxItem]] = defaultdict(list)
        for item in await self.store.take(now + _HIDDEN_FOR, _BATCH, now):
            by_party[item.client_id].append(item)
        # A slow party keeps no other waiting.
        told = await asyncio.gather(*(self._deliver_to(client_id, items) for client_id, items in by_party.items()))
        return sum(told)

    async def wake(self, _now: datetime) -> None:
        """Look at once: a session has ended."""
        self._wake.set()

    def delivering(self) -> AbstractAsyncContextManager[None]:
        """Go on delivering until the block ends."""
        return rounds(self.deliver, self._wake, "outbox")

    async def _deliver_to(self, client_id: str, items: list[OutboxItem]) -> int:
        party = await self.parties.get_living(client_id)
        told = 0
        for item in items:
            held_until = self._held.get(client_id)
            if held_until is not None and self.clock() < held_until:
                # One failure is enough for now: what else waits for this party waits as long.
                await self.store.delay(item.item_id, held_until)
                continue
            if party is None or party.backchannel_logout_uri is None:
                await self.store.done(item.item_id)
                continue
            problem = await self._send(party, party.backchannel_logout_uri, item)
            if problem is not None:
                await self._try_later(party, item, problem)
                continue
            await self.store.done(item.item_id)
            self._held.pop(client_id, None)
            told += 1
        return told

    async def _send(self, party: RelyingParty, url: str, item: OutboxItem) -> str | None:
        moment = Moment(self.issuer, self.clock(), logout_token.LIFETIME)
        subject = self.subject(party, item.subject)
        claims = logout_token.logout_token_claims(moment, party.client_id, subject, item.sid, secrets.token_urlsafe(16))
        token = self.keys.sign(party.id_token_alg, logout_token.TYP, claims)
        try:
            status = await self.outbound.post(url, {"logout_token": token})
        except OutboundError as error:
            problem: str | None = str(error)
        else:
            problem = None if status in _SUCCESSES else f"status {status}"
        metrics.logouts.labels(party.client_id, "told" if problem is None else "failed").inc()
        return problem

    async def _try_later(self, party: RelyingParty, item: OutboxItem, problem: str) -> None:
        facts = {"client_id": party.client_id, "attempts": item.attempts, "problem": problem}
        is_last = item.attempts >= MOST_ATTEMPTS
        pause = _FIRST_PAUSE if is_last else _FIRST_PAUSE * 2 ** (item.attempts - 1)
        next_at = self._held[party.client_id] = self.clock() + pause
        if is_last:
            _log.error("logout.given_up", **facts)
            await self.store.done(item.item_id)
        else:
            _log.warning("logout.not_told", **facts)
            await self.store.delay(item.item_id, next_at)
        await self.store.hold(party.client_id, next_at)
