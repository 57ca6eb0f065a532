"""The link of a message about a sign-in: it shows which one that was, and ends it by a button, once (T18)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from starlette.responses import Response

from gongpai.gateway.notices import PATH, browser_of, handle_hash
from gongpai.gateway.records import EndReason, Notice, Session
from gongpai.gateway.session import Sessions
from gongpai.gateway.store.ports_provider import NoticeStore
from gongpai.gateway.web.http import Pages, not_yet
from gongpai.gateway.web.pages_notice import EndNotice, EndNoticeDone
from gongpai.gateway.web.visit import Visit

_MAX_HANDLE = 64


@dataclass(frozen=True, slots=True)
class NoticeStep:
    """Shows and ends. Whoever holds the link got it in the WeCom of the session's person; nobody signs in for it."""

    store: NoticeStore
    sessions: Sessions
    pages: Pages
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
        if found is None or not await self.store.spend(found[0].handle_hash, now):
            return self._done(visit, "over")
        session = found[1]
        await self.sessions.end(session, EndReason.DISOWNED, now, ip=visit.address)
        return self._done(visit, "ended")

    async def _find(self, handle: str, now: datetime) -> tuple[Notice, Session] | None:
        notice = await self.store.get(handle_hash(handle), now) if len(handle) <= _MAX_HANDLE else None
        session = None if notice is None else await self.sessions.look(notice.session_ref, now)
        return None if notice is None or session is None else (notice, session)

    def _done(self, visit: Visit, outcome: str) -> Response:
        return self.pages.answer(visit, EndNoticeDone(200 if outcome == "ended" else 400, outcome))
