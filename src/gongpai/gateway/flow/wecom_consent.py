"""What a relying party needs and only WeCom's own client hands over: the person is asked once, and may say no."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from starlette.responses import Response

from gongpai.gateway.audit import Audit, AuditEvent
from gongpai.gateway.flow.asking import Asking, Bound
from gongpai.gateway.flow.attempts import Attempts, Trip
from gongpai.gateway.flow.consent import form_source
from gongpai.gateway.flow.handoff import HandoffStep, Offer
from gongpai.gateway.flow.next_step_authorize import AskAgain, AskInWeCom, ContinueInWeCom, wanted_scopes
from gongpai.gateway.flow.sensitive import NOT_ANSWERED, SKIPPED, Lacking, lacking, noted
from gongpai.gateway.records import Purpose, Session
from gongpai.gateway.session import Sessions
from gongpai.gateway.web import pages, pages_disclosure
from gongpai.gateway.web.http import AUTHORIZE, Pages, see_other
from gongpai.gateway.web.pages_disclosure import Skipping, WantedFields
from gongpai.gateway.web.visit import Visit
from gongpai.wecom.signin import Way


@dataclass(frozen=True, slots=True)
class WeComConsent:
    """Asks in WeCom, on the phone or in its own browser, and remembers what came of it in the session."""

    asking: Asking
    sessions: Sessions
    attempts: Attempts
    handoff: HandoffStep
    pages: Pages
    audit: Audit
    clock: Callable[[], datetime]

    def lacking(self, bound: Bound, session: Session) -> Lacking:
        """Return what is still to be asked for."""
        scopes = wanted_scopes(bound.request, bound.party)
        return lacking(bound.party, scopes, session.profile, self.sessions.open_disclosure(session))

    async def ask(
        self, visit: Visit, bound: Bound, session: Session, step: AskInWeCom | AskAgain | ContinueInWeCom
    ) -> Response:
        """Do the *step*."""
        kept = await self.asking.keep_agreed(visit, bound, session.subject)
        if kept is None:
            return self.pages.answer(visit, pages.RequestGone())
        path = f"{AUTHORIZE}/{kept.handle}"
        if isinstance(step, AskInWeCom):
            return await self._leave(visit, session, step.fields, path)
        if visit.path != path or visit.method != "GET":
            # So that the page can be loaded again, and in the other language.
            return see_other(path)
        wanted = WantedFields(bound.party.title, step.fields)
        skipping = Skipping(path, session.ref, form_source(bound.request.redirect_uri))
        if isinstance(step, ContinueInWeCom):
            return await self.handoff.offer(visit, session, Offer(wanted, path, path, skipping))
        return self.pages.answer(visit, pages_disclosure.AskAgain(wanted, skipping), is_signed_in=True)

    async def share(self, visit: Visit, bound: Bound, session: Session) -> Response:
        """Go to WeCom's consent page once more, as the person wishes."""
        fields = self.lacking(bound, session).fields
        return await self._leave(visit, session, fields, f"{AUTHORIZE}/{bound.handle}")

    async def skip(self, visit: Visit, bound: Bound, session: Session) -> Session | None:
        """Remember that the person goes on without; None if the session has ended meanwhile."""
        fields = self.lacking(bound, session).fields
        facts = {"client_id": bound.party.client_id, "fields": " ".join(fields)}
        event = AuditEvent("disclosure.skipped", session.subject, session.ref, session.app, visit.address, facts=facts)
        await self.audit.record(event, self.clock())
        return await self._note(session, fields, SKIPPED)

    async def _leave(self, visit: Visit, session: Session, fields: tuple[str, ...], path: str) -> Response:
        # Should they come back without an answer, they are not sent away again unasked.
        if await self._note(session, fields, NOT_ANSWERED) is None:
            return see_other(path)
        trip = Trip(session.app, Way.IN_APP, path, Purpose.DISCLOSURE, session.ref)
        return see_other((await self.attempts.begin(visit, trip)).url)

    async def _note(self, session: Session, fields: tuple[str, ...], reason: str) -> Session | None:
        before = self.sessions.open_disclosure(session)
        return await self.sessions.amend(session, noted(before, fields, reason, self.clock()))
