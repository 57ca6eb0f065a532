"""``/authorize``: what a relying party asks, step by step, until its answer goes back (T3, T6, T17)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TypeAlias

from starlette.responses import Response

from gongpai.gateway import metrics
from gongpai.gateway.admission import Admission
from gongpai.gateway.audit import Audit, AuditEvent
from gongpai.gateway.errors import Reason, RefusedError
from gongpai.gateway.flow.asking import Asking, Bound, ToldByRedirectError
from gongpai.gateway.flow.consent import ConsentStep, account_page
from gongpai.gateway.flow.form_post import form_of, send_back
from gongpai.gateway.flow.next_step import Via
from gongpai.gateway.flow.next_step_authorize import (
    AskAgain,
    AskConsent,
    AskInWeCom,
    ChooseAccount,
    ContinueInWeCom,
    LogIn,
    Refuse,
    Respond,
    Settled,
    TurnAway,
    next_party_step,
    wanted_scopes,
)
from gongpai.gateway.flow.sensitive import Lacking
from gongpai.gateway.flow.wecom_consent import WeComConsent
from gongpai.gateway.grants.issue import Issuer
from gongpai.gateway.notices import Notices
from gongpai.gateway.oidc.errors import AuthorizationError, ErrorCode
from gongpai.gateway.oidc.responses import Answer, error_fields, success_fields
from gongpai.gateway.portraits import Portraits, known_by
from gongpai.gateway.records import Session
from gongpai.gateway.records_provider import RevokeReason
from gongpai.gateway.session import Sessions
from gongpai.gateway.web import cookies, pages
from gongpai.gateway.web.http import AUTHORIZE, Pages, not_yet, see_other
from gongpai.gateway.web.return_to import signin_url
from gongpai.gateway.web.visit import Visit

_DESCRIPTIONS = {
    ErrorCode.LOGIN_REQUIRED: "the person must sign in",
    ErrorCode.CONSENT_REQUIRED: "the person must agree",
    ErrorCode.ACCESS_DENIED: "access was denied",
}


_Question: TypeAlias = ChooseAccount | AskConsent | AskInWeCom | AskAgain | ContinueInWeCom


@dataclass(frozen=True, slots=True)
class Authorize:
    """Answers the authorization endpoint, and every later step of a request."""

    asking: Asking
    sessions: Sessions
    admission: Admission
    portraits: Portraits
    consent: ConsentStep
    wecom_consent: WeComConsent
    issuer: Issuer
    notices: Notices
    pages: Pages
    audit: Audit
    clock: Callable[[], datetime]

    async def begin(self, visit: Visit) -> Response:
        """Begin: ``GET`` or ``POST /authorize``.

        Raises:
            InvalidPartyError: who asks, or where to answer, is in doubt.
        """
        if visit.is_fetched_ahead:
            return not_yet()
        is_post = visit.method == "POST"
        try:
            bound = await self.asking.read(await visit.foreign_form() if is_post else visit.query)
        except ToldByRedirectError as told:
            return send_back(self.pages, visit, told.party, told.answer)
        if is_post:
            kept = await self.asking.keep(visit, bound, is_bound=False)
            return see_other(f"{AUTHORIZE}/{kept.handle}")
        try:
            session = await self._session(visit)
        except RefusedError:
            if "none" not in bound.request.prompt:
                raise
            # Their session has just ended.
            session = None
        return await self._go(visit, bound, session)

    async def go_on(self, visit: Visit, handle: str) -> Response:
        """Go on: ``GET /authorize/{id}``, after a sign-in."""
        if visit.is_fetched_ahead:
            return not_yet()
        bound = await self.asking.find(visit, handle)
        if bound is None:
            return self.pages.answer(visit, pages.RequestGone())
        return await self._go(visit, bound, await self._session(visit))

    async def answer(self, visit: Visit, handle: str) -> Response:
        """Hear who the person goes on as, or what they say to what the party wants to see: ``POST /authorize/{id}``."""
        fields = await visit.form()
        bound = await self.asking.find(visit, handle)
        if bound is None:
            return self.pages.answer(visit, pages.RequestGone())
        session = await self._session(visit)
        # Somebody else may have signed in since the page was shown: then they are asked themselves.
        if session is None or fields.get("session") != session.ref:
            return await self._go(visit, bound, session)
        return await self._hear(visit, bound, session, fields.get("answer"))

    async def _hear(self, visit: Visit, bound: Bound, session: Session, answer: str | None) -> Response:
        match answer:
            case "stay":
                return await self._go(visit, bound, session, has_just_chosen=True)
            case "another":
                return await self._log_in(visit, bound, LogIn(session.app, Via.WEB, is_fresh=True))
            case "allow":
                await self.consent.give(bound.party, session, wanted_scopes(bound.request, bound.party))
                return await self._go(visit, bound, session, has_just_consented=True)
            case "share":
                return await self.wecom_consent.share(visit, bound, session)
            case "skip":
                return await self._go(visit, bound, await self.wecom_consent.skip(visit, bound, session))
            case _:
                pass
        await self.consent.refuse(bound.party, session)
        return await self._refuse(visit, bound, ErrorCode.ACCESS_DENIED)

    async def _session(self, visit: Visit) -> Session | None:
        session = await self.sessions.get(visit.cookie(cookies.SESSION), self.clock())
        return None if session is None else await self.admission.recheck(session)

    async def _go(
        self,
        visit: Visit,
        bound: Bound,
        session: Session | None,
        *,
        has_just_consented: bool = False,
        has_just_chosen: bool = False,
    ) -> Response:
        request, party = bound.request, bound.party
        visit.wish_language(request.ui_locales)
        settled = await self._settle(
            visit, bound, session, has_just_consented=has_just_consented, has_just_chosen=has_just_chosen
        )
        step = next_party_step(request, party, settled, self.clock())
        match step:
            case LogIn():
                return await self._log_in(visit, bound, step)
            case ChooseAccount() | AskConsent() | AskInWeCom() | AskAgain() | ContinueInWeCom() if session is not None:
                return await self._ask(visit, bound, session, step)
            case Respond() if session is not None:
                return await self._respond(visit, bound, session)
            case Refuse(error):
                return await self._refuse(visit, bound, error)
            case TurnAway(reason):
                return await self._turn_away(visit, bound, session, reason)
            case _:
                raise RefusedError(Reason.INTERRUPTED)

    async def _ask(self, visit: Visit, bound: Bound, session: Session, step: _Question) -> Response:
        if not isinstance(step, ChooseAccount | AskConsent):
            return await self.wecom_consent.ask(visit, bound, session, step)
        kept = await self.asking.keep(visit, bound)
        action, request, party = f"{AUTHORIZE}/{kept.handle}", bound.request, bound.party
        visit.shown_at = action
        page: pages.Page
        if isinstance(step, ChooseAccount):
            page = account_page(party, request, session, action)
        else:
            page = self.consent.page(party, request, session, step.scopes, action)
        return self.pages.answer(visit, page, is_signed_in=True)

    async def _log_in(self, visit: Visit, bound: Bound, step: LogIn) -> Response:
        kept = await self.asking.keep(visit, bound)
        return see_other(signin_url(_wish(step, f"{AUTHORIZE}/{kept.handle}")))

    async def _settle(
        self, visit: Visit, bound: Bound, session: Session | None, *, has_just_consented: bool, has_just_chosen: bool
    ) -> Settled:
        subject, refusal, lacking = None, None, Lacking()
        consented: frozenset[str] = frozenset()
        if session is not None:
            subject = self.portraits.subject(bound.party, session.subject)
            refusal = await self.portraits.why_not(bound.party, known_by(session))
            consented = await self.consent.given(bound.party, session)
            lacking = self.wecom_consent.lacking(bound, session)
        opens_in_app = visit.client.opens_in_app_link
        return Settled(session, subject, refusal, consented, opens_in_app, has_just_consented, lacking, has_just_chosen)

    async def _respond(self, visit: Visit, bound: Bound, session: Session) -> Response:
        request, now = bound.request, self.clock()
        if not await self.asking.take(bound):
            return self.pages.answer(visit, pages.RequestGone())
        facts = {"client_id": request.client_id, "scopes": " ".join(sorted(request.scopes))}
        event = AuditEvent("grant.begun", session.subject, session.ref, session.app, visit.address, facts=facts)
        grant = await self.issuer.grant_for(bound.party, request.scopes, session, now, request)
        code = await self.audit.record_with(event, now, partial(self.issuer.begin, grant, request, now))
        if code is None:
            facts = {"client_id": request.client_id, "reason": RevokeReason.SESSION_ENDED.value}
            await self.audit.record(replace(event, name="grant.revoked", facts=facts), now)
            return await self._send_error(visit, bound, ErrorCode.LOGIN_REQUIRED)
        await self.notices.announce_to(bound.party, session, visit.language)
        metrics.counted(metrics.authorizations, request.client_id, "granted").inc()
        fields = success_fields(code, request.state, self.issuer.issuer)
        answer = Answer(request.redirect_uri, request.response_mode, fields)
        return send_back(self.pages, visit, bound.party, answer)

    async def _refuse(self, visit: Visit, bound: Bound, error: ErrorCode) -> Response:
        if not await self.asking.take(bound):
            return self.pages.answer(visit, pages.RequestGone())
        return await self._send_error(visit, bound, error)

    async def _send_error(self, visit: Visit, bound: Bound, error: ErrorCode) -> Response:
        metrics.authorizations.labels(bound.party.client_id, error.value).inc()
        return send_back(self.pages, visit, bound.party, self._error_answer(bound, error))

    async def _turn_away(self, visit: Visit, bound: Bound, session: Session | None, reason: Reason) -> Response:
        # Kept, so that the page can be shown again: in the other language, or once they may come in.
        kept = await self.asking.keep(visit, bound)
        visit.shown_at = f"{AUTHORIZE}/{kept.handle}"
        party = bound.party
        metrics.authorizations.labels(party.client_id, reason.value).inc()
        facts = {"client_id": party.client_id, "reason": reason.value}
        event = AuditEvent("party.turned_away", ip=visit.address, reference=visit.reference, facts=facts)
        if session is not None:
            event = replace(event, subject=session.subject, session=session.ref, app=session.app)
        await self.audit.record(event, self.clock())
        back = self._error_answer(bound, ErrorCode.ACCESS_DENIED)
        page = pages.TurnedAway(party.title, reason.value, party.contact, back.url, visit.reference, form_of(back))
        return self.pages.answer(visit, page, is_signed_in=session is not None)

    def _error_answer(self, bound: Bound, error: ErrorCode) -> Answer:
        told = AuthorizationError(error, _DESCRIPTIONS[error])
        request = bound.request
        fields = error_fields(told, request.state, self.issuer.issuer)
        return Answer(request.redirect_uri, request.response_mode, fields)


def _wish(step: LogIn, return_to: str) -> dict[str, str]:
    wish = {"return_to": return_to, "app": step.app, "via": step.via, "fresh": "1" if step.is_fresh else None}
    return {name: value for name, value in wish.items() if value is not None}
