"""Sign out: the session ends everywhere, and this browser needs a click to sign in again (T17)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from gongpai.gateway.records import EndReason, Session
from gongpai.gateway.session import Sessions
from gongpai.gateway.web import cookies
from gongpai.gateway.web.visit import Visit
from gongpai.wecom.signin import new_browser_secret

# As long as browsers keep any cookie: the click has no date of expiry.
_REMEMBERED_FOR = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class SignOut:
    """Ends the session of one browser."""

    sessions: Sessions
    clock: Callable[[], datetime]

    async def end(self, visit: Visit, session: Session | None) -> None:
        """End *session*, if there still is one, and make this browser remember it.

        The browser gets a new secret, so that a trip to WeCom begun before comes back to nobody.
        """
        visit.keep_browser_secret(new_browser_secret())
        visit.set_cookies[cookies.SESSION] = cookies.delete_cookie(cookies.SESSION)
        visit.set_cookies[cookies.SIGNED_OUT] = cookies.set_cookie(cookies.SIGNED_OUT, "1", _REMEMBERED_FOR)
        if session is not None:
            await self.sessions.end(session, EndReason.SIGN_OUT, self.clock(), ip=visit.address)
