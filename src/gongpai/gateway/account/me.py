"""``/me``: who am I here, what did I disclose, and where am I signed in."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from starlette.responses import Response

from gongpai.gateway.account.consents import Consents
from gongpai.gateway.account.facts import company_fact, has_given, profile_facts, sensitive_facts, session_line
from gongpai.gateway.admission import Admission
from gongpai.gateway.audit import Audit, AuditEvent
from gongpai.gateway.config import Config
from gongpai.gateway.errors import BadRequestError
from gongpai.gateway.records import EndReason, Session
from gongpai.gateway.session import Sessions
from gongpai.gateway.web import cookies, pages
from gongpai.gateway.web.http import Pages, see_other
from gongpai.gateway.web.return_to import HOME, signin_url
from gongpai.gateway.web.visit import Visit
from gongpai.wecom.signin import Way

_MAX_HANDLE = 64


@dataclass(frozen=True, slots=True)
class Account:
    """A signed-in person's own pages; whoever is not signed in is sent to sign in."""

    config: Config
    sessions: Sessions
    admission: Admission
    consents: Consents
    pages: Pages
    audit: Audit
    clock: Callable[[], datetime]

    async def me(self, visit: Visit) -> Response:
        """Show ``GET /me``.

        Raises:
            RefusedError: WeCom says meanwhile that the person may not be here; the session has ended.
        """
        session = await self._session(visit)
        if session is None:
            return _to_sign_in()
        session = await self.admission.recheck(session)
        if session is None:
            return _to_sign_in()
        now = self.clock()
        settings = self.config.apps[session.app]
        disclosure = self.sessions.open_disclosure(session)
        names = await self.admission.department_names(settings, session.profile.department_ids)
        company = await self.admission.company(settings)
        name = session.profile.facts.get("name")
        found = await self.sessions.find(session.subject, now)
        page = pages.Me(
            name=name.value if name is not None and isinstance(name.value, str) else None,
            userid=session.userid,
            corp_name=settings.app.corpid if company is None else company.name,
            app_name=settings.title,
            facts=(company_fact(settings.app.corpid, company), *profile_facts(session, names)),
            sensitive=sensitive_facts(disclosure),
            has_disclosure=has_given(disclosure),
            is_in_wecom=session.way == Way.IN_APP.value,
            sessions=tuple(session_line(each, session) for each in _ours_first(found, session)),
            consents=await self.consents.lines(session),
        )
        return self.pages.answer(visit, page, is_signed_in=True)

    async def erase_disclosure(self, visit: Visit) -> Response:
        """Erase what was disclosed: ``POST /me/disclosure/erase``."""
        await visit.form()
        session = await self._session(visit)
        if session is None:
            return _to_sign_in()
        now = self.clock()
        await self.sessions.erase_disclosure(session, now)
        await self.audit.record(AuditEvent("disclosure.erased", session.subject, session.ref), now)
        return see_other(HOME)

    async def withdraw_consent(self, visit: Visit) -> Response:
        """Withdraw what a relying party may see: ``POST /me/consents/withdraw``.

        Raises:
            BadRequestError: the person allowed it nothing.
        """
        client_id = (await visit.form()).get("client_id", "")
        session = await self._session(visit)
        if session is None:
            return _to_sign_in()
        await self.consents.withdraw(session, client_id)
        return see_other(HOME)

    async def end_session(self, visit: Visit) -> Response:
        """End one of the person's own sessions: ``POST /me/sessions/end``.

        Raises:
            BadRequestError: not the handle of one of their living sessions.
        """
        handle = (await visit.form()).get("handle", "")
        session = await self._session(visit)
        if session is None:
            return _to_sign_in()
        now = self.clock()
        own = {each.ref: each for each in await self.sessions.find(session.subject, now)}
        if len(handle) > _MAX_HANDLE or handle not in own:
            raise BadRequestError("no living session of this person has that handle")
        await self.sessions.end(own[handle], EndReason.ENDED_BY_MEMBER, now, ip=visit.address)
        return see_other(HOME)

    async def end_sessions(self, visit: Visit) -> Response:
        """End all of the person's sessions, this one last: ``POST /me/sessions/end/all``."""
        await visit.form()
        session = await self._session(visit)
        if session is None:
            return _to_sign_in()
        now = self.clock()
        others = [each for each in await self.sessions.find(session.subject, now) if each.ref != session.ref]
        # Who loses the connection in the middle can still ask again.
        for each in (*others, session):
            await self.sessions.end(each, EndReason.ENDED_BY_MEMBER, now, ip=visit.address)
        return see_other(HOME)

    async def _session(self, visit: Visit) -> Session | None:
        return await self.sessions.get(visit.cookie(cookies.SESSION), self.clock())


def _ours_first(found: Iterable[Session], ours: Session) -> list[Session]:
    return sorted(found, key=lambda each: each.ref != ours.ref)


def _to_sign_in() -> Response:
    return see_other(signin_url({"return_to": HOME}))
