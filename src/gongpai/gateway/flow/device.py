"""``/device``: a person types the code of a device, sees who asks, and says yes or no (T20)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.responses import Response

from gongpai.gateway.admission import Admission
from gongpai.gateway.audit import Audit, AuditEvent
from gongpai.gateway.errors import Reason, RefusedError, TooManyStartsError
from gongpai.gateway.grants.issue import Issuer
from gongpai.gateway.grants.opaque import hash_token
from gongpai.gateway.notices import Notices
from gongpai.gateway.oidc.device import read_user_code, show_user_code
from gongpai.gateway.oidc.scopes import shown_scopes
from gongpai.gateway.parties import Parties
from gongpai.gateway.portraits import Portraits, known_by
from gongpai.gateway.records import Session
from gongpai.gateway.records_provider import DeviceRequest, RelyingParty
from gongpai.gateway.session import Sessions
from gongpai.gateway.store.ports import CounterStore
from gongpai.gateway.store.ports_provider import DeviceStore
from gongpai.gateway.web import cookies, pages
from gongpai.gateway.web.address import subscriber
from gongpai.gateway.web.http import Pages, see_other
from gongpai.gateway.web.return_to import signin_url
from gongpai.gateway.web.visit import Visit

PATH = "/device"
# Of 34 bits a guesser sees next to nothing in so few tries.
_MOST_TRIES = 10
_WINDOW = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Device:
    """Answers the person's side of the device grant."""

    parties: Parties
    store: DeviceStore
    counters: CounterStore
    sessions: Sessions
    admission: Admission
    portraits: Portraits
    issuer: Issuer
    notices: Notices
    pages: Pages
    audit: Audit
    clock: Callable[[], datetime]

    async def ask(self, visit: Visit) -> Response:
        """Ask for the code: ``GET /device``."""
        if await self._session(visit) is None:
            return _to_sign_in()
        return self.pages.answer(visit, pages.DeviceCode(is_wrong=False), is_signed_in=True)

    async def show(self, visit: Visit) -> Response:
        """Show who asks: ``POST /device``.

        Raises:
            TooManyStartsError: this session or this address guesses.
        """
        fields = await visit.form()
        session = await self._session(visit)
        if session is None:
            return _to_sign_in()
        found = await self._find(visit, session, fields.get("user_code", ""))
        if found is None:
            return self._wrong(visit)
        user_code, request, party = found
        page = pages.DeviceConfirm(
            party=party.title,
            scopes=shown_scopes(request.scopes),
            ip=request.ip,
            # The clock of the node that was asked may be ahead of ours.
            minutes_ago=max(0, (self.clock() - request.created_at) // timedelta(minutes=1)),
            user_code=show_user_code(user_code),
            session=session.ref,
        )
        return self.pages.answer(visit, page, is_signed_in=True)

    async def decide(self, visit: Visit) -> Response:
        """Hear yes or no: ``POST /device/confirm``. Whoever the party's policy keeps out says no.

        Raises:
            TooManyStartsError: this session or this address guesses.
        """
        fields = await visit.form()
        session = await self._session(visit)
        # Somebody else may have signed in since the page was shown.
        if session is None or fields.get("session") != session.ref:
            return _to_sign_in()
        found = await self._find(visit, session, fields.get("user_code", ""))
        if found is None:
            return self._wrong(visit)
        user_code, request, party = found
        is_approved = fields.get("answer") == "allow"
        try:
            await self.portraits.require_may_use(party, known_by(session))
        except RefusedError as error:
            await self.store.decide(hash_token(user_code), None, self.clock())
            return await self._turn_away(visit, session, party, error.reason)
        now = self.clock()
        grant = await self.issuer.grant_for(party, request.scopes, session, now) if is_approved else None
        if not await self.store.decide(hash_token(user_code), grant, now):
            return self._wrong(visit)
        outcome = "approved" if is_approved else "refused"
        facts = {"client_id": party.client_id, "device_ip": request.ip}
        event = AuditEvent(f"device.{outcome}", session.subject, session.ref, session.app, visit.address, facts=facts)
        await self.audit.record(event, now)
        if is_approved:
            await self.notices.announce_to(party, session, visit.language)
        return self.pages.answer(visit, pages.DeviceDone(party.title, outcome), is_signed_in=True)

    async def _turn_away(self, visit: Visit, session: Session, party: RelyingParty, reason: Reason) -> Response:
        facts = {"client_id": party.client_id, "reason": reason.value}
        event = AuditEvent(
            "party.turned_away",
            session.subject,
            session.ref,
            session.app,
            visit.address,
            visit.reference,
            facts,
        )
        await self.audit.record(event, self.clock())
        page = pages.TurnedAway(party.title, reason.value, party.contact, None, visit.reference)
        return self.pages.answer(visit, page, is_signed_in=True)

    async def _find(self, visit: Visit, session: Session, typed: str) -> tuple[str, DeviceRequest, RelyingParty] | None:
        """Return the code that was *typed*, read as it is meant, and what it stands for; every try counts."""
        await self._count(visit, session)
        user_code = read_user_code(typed)
        if user_code is None:
            return None
        request = await self.store.get(hash_token(user_code), self.clock())
        party = None if request is None else await self.parties.get_living(request.client_id)
        return None if request is None or party is None else (user_code, request, party)

    def _wrong(self, visit: Visit) -> Response:
        return self.pages.answer(visit, pages.DeviceCode(is_wrong=True), is_signed_in=True, status=400)

    async def _count(self, visit: Visit, session: Session) -> None:
        now = self.clock()
        for key in (f"device code {session.ref}", f"device code {subscriber(visit.address)}"):
            if await self.counters.count(key, _WINDOW, now) > _MOST_TRIES:
                raise TooManyStartsError(_WINDOW)

    async def _session(self, visit: Visit) -> Session | None:
        session = await self.sessions.get(visit.cookie(cookies.SESSION), self.clock())
        try:
            return None if session is None else await self.admission.recheck(session)
        except RefusedError:
            return None


def _to_sign_in() -> Response:
    return see_other(signin_url({"return_to": PATH}))
