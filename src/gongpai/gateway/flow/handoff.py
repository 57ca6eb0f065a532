"""Consent on the phone for a session at a desk (T19).

The desk shows a ticket as a QR code, and a number. Whoever opens the ticket in WeCom is told who asks for what from
where, picks the number, and makes a trip to WeCom of their own; ``disclosure.py`` settles it. Nobody is signed in by
any of this, and no session lives longer for it.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.responses import JSONResponse, Response

from gongpai.gateway.audit import Audit, AuditEvent
from gongpai.gateway.errors import TooManyStartsError
from gongpai.gateway.flow.attempts import Attempts, Trip
from gongpai.gateway.grants.opaque import hash_token
from gongpai.gateway.records import Handoff, HandoffOutcome, Purpose, Session
from gongpai.gateway.session import Sessions
from gongpai.gateway.store.ports import CounterStore, HandoffStore
from gongpai.gateway.web import cookies
from gongpai.gateway.web.http import Pages, not_yet, see_other
from gongpai.gateway.web.pages_disclosure import ContinueInWeCom, HandoffMessage, HandoffPick, Skipping, WantedFields
from gongpai.gateway.web.return_to import HANDOFF
from gongpai.gateway.web.visit import Visit
from gongpai.wecom.signin import Way

_TICKET_AGE = timedelta(minutes=3)
# Long enough to read WeCom's page; the code that comes of it lives 5 minutes at most.
_ANSWER_AGE = timedelta(minutes=5)
_TICKET_BYTES = 16
_MAX_TICKET = 64
_MAX_VIA = 16
_NUMBERS = range(10, 100)
_CHOICES = 3
# Somebody who reloads the page has a new code each time.
_MAX_PER_SESSION = 30
_WINDOW = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Offer:
    """What the desk's page needs beside the ticket: where it goes on, and how the person may skip."""

    wanted: WantedFields
    done_url: str
    again_url: str
    skipping: Skipping | None = None


@dataclass(frozen=True, slots=True)
class HandoffStep:
    """Offers tickets to desks, and hears phones."""

    public_url: str
    store: HandoffStore
    counters: CounterStore
    sessions: Sessions
    attempts: Attempts
    pages: Pages
    audit: Audit
    clock: Callable[[], datetime]

    async def offer(self, visit: Visit, session: Session, offer: Offer) -> Response:
        """Show a new ticket to the desk of *session*.

        Raises:
            TooManyStartsError: it asked for too many.
        """
        now = self.clock()
        if await self.counters.count(f"handoff {session.ref}", _WINDOW, now) > _MAX_PER_SESSION:
            raise TooManyStartsError(_WINDOW)
        ticket = secrets.token_urlsafe(_TICKET_BYTES)
        numbers = tuple(secrets.SystemRandom().sample(_NUMBERS, _CHOICES))
        handoff = Handoff(
            ref=hash_token(ticket),
            session_ref=session.ref,
            subject=session.subject,
            app=session.app,
            party=offer.wanted.party,
            fields=offer.wanted.fields,
            numbers=numbers,
            number=secrets.choice(numbers),
            ip=visit.address,
            created_at=now,
            expires_at=now + _TICKET_AGE,
        )
        await self.store.put(handoff)
        page = ContinueInWeCom(
            wanted=offer.wanted,
            ticket_url=f"{self.public_url}{HANDOFF}/{ticket}",
            number=handoff.number,
            watch_url=f"{HANDOFF}/{handoff.ref}/state",
            done_url=offer.done_url,
            again_url=offer.again_url,
            skipping=offer.skipping,
        )
        return self.pages.answer(visit, page, is_signed_in=True)

    async def watch(self, visit: Visit, ref: str) -> Response:
        """Tell the desk, and nobody else, what became of its ticket: ``GET /handoff/{ref}/state``."""
        now = self.clock()
        session = await self.sessions.peek(visit.cookie(cookies.SESSION), now)
        handoff = None if session is None else await self._get(ref, now)
        if session is None or handoff is None or handoff.session_ref != session.ref:
            return JSONResponse({"state": "over"}, status_code=404)
        waiting = "waiting" if handoff.taken_at is None else "opened"
        return JSONResponse({"state": waiting if handoff.outcome is None else handoff.outcome.value})

    async def open(self, visit: Visit, ticket: str) -> Response:
        """Show the phone who asks for what: ``GET /handoff/{ticket}``. This changes nothing."""
        if visit.is_fetched_ahead:
            return not_yet()
        handoff = await self._get(hash_token(ticket), self.clock()) if len(ticket) <= _MAX_TICKET else None
        if handoff is None or handoff.taken_at is not None:
            return self.end(visit, "gone", 400)
        # As everywhere a hint for the route; what counts is that WeCom itself says who consents.
        if not visit.client.opens_in_app_link and visit.parameter("via", _MAX_VIA) != Way.IN_APP.value:
            return self.end(visit, "not_wecom", 200)
        wanted = WantedFields(handoff.party, handoff.fields)
        page = HandoffPick(wanted, handoff.ip, handoff.created_at, handoff.numbers, f"{HANDOFF}/{ticket}")
        return self.pages.answer(visit, page)

    async def pick(self, visit: Visit, ticket: str) -> Response:
        """Take the ticket and go to WeCom, if the number is the desk's: ``POST /handoff/{ticket}``."""
        number = (await visit.form()).get("number", "")
        now = self.clock()
        handoff = None
        if len(ticket) <= _MAX_TICKET:
            handoff = await self.store.take(hash_token(ticket), now + _ANSWER_AGE, now)
        if handoff is None:
            return self.end(visit, "gone", 400)
        is_right = number == str(handoff.number)
        facts = {} if is_right else {"reason": HandoffOutcome.WRONG_NUMBER.value}
        event = AuditEvent(
            "handoff.taken" if is_right else "handoff.burnt",
            handoff.subject,
            handoff.session_ref,
            handoff.app,
            visit.address,
            facts=facts,
        )
        await self.audit.record(event, now)
        if not is_right:
            await self.store.finish(handoff.ref, HandoffOutcome.WRONG_NUMBER)
            return self.end(visit, HandoffOutcome.WRONG_NUMBER.value, 403)
        trip = Trip(handoff.app, Way.IN_APP, HANDOFF, Purpose.HANDOFF, handoff=handoff.ref)
        return see_other((await self.attempts.begin(visit, trip)).url)

    def end(self, visit: Visit, outcome: str, status: int) -> Response:
        """Show the phone how it ended."""
        return self.pages.answer(visit, HandoffMessage(status, outcome))

    async def lost(self, visit: Visit) -> Response:
        """Say that only the desk can begin anew: ``GET /handoff``."""
        return self.end(visit, "gone", 200)

    async def _get(self, ref: str, now: datetime) -> Handoff | None:
        return await self.store.get(ref, now) if len(ref) <= _MAX_TICKET else None
