"""The link of a message about a sign-in: it shows which one that was, and ends it by a button, once (T18)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from starlette.responses import Response

from gongpai.gateway.audit import Audit, AuditEvent
from gongpai.gateway.grants.issue import sid_of
from gongpai.gateway.notices import PATH, browser_of, handle_hash
from gongpai.gateway.records import EndReason, Notice, Session
from gongpai.gateway.records_provider import Grant, RevokeReason
from gongpai.gateway.session import Sessions, is_alive
from gongpai.gateway.store.ports import SessionStore
from gongpai.gateway.store.ports_provider import GrantStore, NoticeStore
from gongpai.gateway.web.http import Pages, not_yet
from gongpai.gateway.web.pages_notice import EndNotice, EndNoticeDone
from gongpai.gateway.web.visit import Visit

_MAX_HANDLE = 64


@dataclass(frozen=True, slots=True)
class NoticeStep:
    """Shows and ends. Whoever holds the link got it in the WeCom of the session's person; nobody signs in for it."""

    store: NoticeStore
    kept: SessionStore
    sessions: Sessions
    grants: GrantStore
    pages: Pages
    audit: Audit
    clock: Callable[[], datetime]

    async def show(self, visit: Visit, handle: str) -> Response:
        """Show which sign-in it was: ``GET /notice/{handle}``. This changes nothing, whoever looks."""
        if visit.is_fetched_ahead:
            return not_yet()
        found = await self._find(handle, self.clock())
        if found is None:
            return self._done(visit, "over")
        notice, session = found
        browser = browser_of(session.user_agent, visit.language)
        page = EndNotice(notice.place, session.created_at, session.ip, browser, f"{PATH}/{handle}")
        return self.pages.answer(visit, page)

    async def end(self, visit: Visit, handle: str) -> Response:
        """End the sign-in everywhere, with all that was granted in it: ``POST /notice/{handle}``."""
        await visit.form()
        now = self.clock()
        found = await self._find(handle, now)
        if found is None:
            return self._done(visit, "over")
        notice, session = found
        # The link is spent last: one that was spent for nothing could not be tried again.
        has_ended = await self.sessions.end(session, EndReason.DISOWNED, now, ip=visit.address)
        has_revoked = [await self._revoke(grant, visit, now) for grant in await self._grants_of(session, now)]
        await self.store.spend(notice.handle_hash, now)
        return self._done(visit, "ended" if has_ended or any(has_revoked) else "over")

    async def _find(self, handle: str, now: datetime) -> tuple[Notice, Session] | None:
        notice = await self.store.get(handle_hash(handle), now) if len(handle) <= _MAX_HANDLE else None
        session = None if notice is None else await self.kept.get(notice.session_ref)
        if notice is None or session is None:
            return None
        is_over = not is_alive(session, now) and not await self._grants_of(session, now)
        return None if is_over else (notice, session)

    async def _grants_of(self, session: Session, now: datetime) -> list[Grant]:
        # Whoever signed in as somebody else may have signed out, and kept what goes on without the session, or have
        # signed in anew, and carried it along: the party's name for the session stays that of the one it began in.
        found = await self.grants.find(session.subject, now)
        return [
            each for each in found if session.ref == each.session_ref or each.sid == sid_of(each.client_id, session.ref)
        ]

    async def _revoke(self, grant: Grant, visit: Visit, now: datetime) -> bool:
        reason = RevokeReason.SESSION_ENDED
        if not await self.grants.revoke(grant.grant_id, reason, now):
            return False
        facts = {"client_id": grant.client_id, "grant": grant.grant_id, "reason": reason.value}
        event = AuditEvent("grant.revoked", grant.subject, grant.session_ref, grant.app, visit.address, facts=facts)
        await self.audit.record(event, now)
        return True

    def _done(self, visit: Visit, outcome: str) -> Response:
        return self.pages.answer(visit, EndNoticeDone(200 if outcome == "ended" else 400, outcome))
