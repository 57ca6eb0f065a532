"""Where every step of a journey returns to: it asks what comes next and does it, until the browser is answered."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from starlette.responses import Response

from gongpai.gateway.admission import Admission
from gongpai.gateway.config import Config, WebLogin
from gongpai.gateway.errors import BadRequestError, RefusedError
from gongpai.gateway.flow.attempts import Attempts, Trip, web_way
from gongpai.gateway.flow.callback import Callback, Ended, Finished, Restarted
from gongpai.gateway.flow.handoff import HandoffStep, Offer
from gongpai.gateway.flow.next_step import (
    AskClick,
    AskConsent,
    Choose,
    ContinueInWeCom,
    Journey,
    LogIn,
    Respond,
    Via,
    next_step,
)
from gongpai.gateway.flow.signout import SignOut
from gongpai.gateway.records import Purpose, Session
from gongpai.gateway.session import Sessions
from gongpai.gateway.web import cookies, pages
from gongpai.gateway.web.http import Pages, not_yet, see_other
from gongpai.gateway.web.pages import SigninChooser
from gongpai.gateway.web.pages_disclosure import WantedFields
from gongpai.gateway.web.return_to import DISCLOSURE, HOME, START, own_path, signin_url
from gongpai.gateway.web.visit import Visit
from gongpai.wecom.hosts import WECOM
from gongpai.wecom.links import panel_params
from gongpai.wecom.models import Field
from gongpai.wecom.signin import Way

_MAX_APP_NAME = 64
_MAX_RETURN_TO = 2_048


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """Answers the browser's side of signing in and out, and of disclosing."""

    config: Config
    sessions: Sessions
    admission: Admission
    attempts: Attempts
    callback: Callback
    signout: SignOut
    handoff: HandoffStep
    pages: Pages
    clock: Callable[[], datetime]

    async def sign_in(self, visit: Visit) -> Response:
        """Begin: ``GET /signin``, or a POST of the button that follows a sign-out."""
        if visit.is_fetched_ahead:
            return not_yet()
        wish = await visit.form() if visit.method == "POST" else _wish(visit)
        app, via = wish.get("app"), wish.get("via")
        if app not in {None, *self.config.apps} or via not in {None, *Via}:
            raise BadRequestError("there is no such app, or no such way into WeCom")
        journey = Journey(
            return_to=own_path(wish.get("return_to")),
            apps=tuple(self.config.apps),
            app=app,
            via=None if via is None else Via(via),
            has_signed_out=visit.cookie(cookies.SIGNED_OUT) is not None,
            has_clicked=visit.method == "POST",
            is_fresh=wish.get("fresh") == "1",
        )
        visit.start_url = signin_url(_fields(journey))
        return await self._go(visit, journey, await self._checked_session(visit))

    async def come_back(self, visit: Visit, app: str) -> Response:
        """Finish: ``GET /signin/callback/{app}``."""
        if visit.is_fetched_ahead:
            return not_yet()
        # Whoever comes back for a desk's session must not prolong one of this browser by that (T19).
        session = await self.sessions.peek(visit.cookie(cookies.SESSION), self.clock())
        result = await self.callback.finish(visit, app, session)
        match result:
            case Restarted(url):
                return see_other(url)
            case Ended(page):
                return self.pages.answer(visit, page)
            case Finished(attempt) if attempt.purpose is Purpose.HANDOFF:
                return self.handoff.end(visit, "done", 200)
            case Finished():
                return await self._go_on(visit, result, session)

    async def _go_on(self, visit: Visit, result: Finished, session: Session | None) -> Response:
        if result.cookie is not None:
            lifetime = self.config.session.absolute
            visit.set_cookies[cookies.SESSION] = cookies.set_cookie(cookies.SESSION, result.cookie, lifetime)
            if visit.cookie(cookies.SIGNED_OUT) is not None:
                visit.set_cookies[cookies.SIGNED_OUT] = cookies.delete_cookie(cookies.SIGNED_OUT)
        journey = Journey(
            return_to=result.attempt.return_to,
            apps=tuple(self.config.apps),
            wants_disclosure=result.attempt.purpose is Purpose.DISCLOSURE,
            is_answered=True,
        )
        return await self._go(visit, journey, result.session or session)

    async def disclose(self, visit: Visit) -> Response:
        """Ask WeCom for the sensitive fields: ``POST /me/disclosure``; at a desk the phone is asked: ``GET``."""
        if visit.method == "POST":
            await visit.form()
        session = await self._checked_session(visit)
        is_at_desk = session is not None and session.way != Way.IN_APP.value
        journey = Journey(HOME, tuple(self.config.apps), wants_disclosure=visit.method == "POST" or is_at_desk)
        return await self._go(visit, journey, session)

    async def sign_out(self, visit: Visit) -> Response:
        """Ask and sign out: ``GET`` and ``POST /signout``."""
        session = await self._session(visit)
        if visit.method != "POST":
            return self.pages.answer(visit, pages.Signout(), is_signed_in=session is not None)
        await visit.form()
        await self.signout.end(visit, session)
        return see_other(START)

    async def _session(self, visit: Visit) -> Session | None:
        return await self.sessions.get(visit.cookie(cookies.SESSION), self.clock())

    async def _checked_session(self, visit: Visit) -> Session | None:
        session = await self._session(visit)
        if session is None:
            return None
        try:
            return await self.admission.recheck(session)
        except RefusedError:
            return None  # it has ended; whoever comes signs in anew and is told why then

    async def _go(self, visit: Visit, journey: Journey, session: Session | None) -> Response:
        match next_step(journey, session):
            case Respond(path):
                return see_other(path)
            case LogIn(app):
                return await self._leave(visit, journey, app)
            case AskConsent(app):
                ref = session.ref if session is not None else None
                trip = Trip(app, Way.IN_APP, journey.return_to, Purpose.DISCLOSURE, ref)
                return see_other((await self.attempts.begin(visit, trip)).url)
            case ContinueInWeCom():
                return await self._ask_at_desk(visit, session)
            case Choose():
                return self.pages.answer(visit, self._chooser(journey))
            case AskClick():
                return self.pages.answer(visit, pages.SignedOut(_fields(journey)))

    async def _ask_at_desk(self, visit: Visit, session: Session | None) -> Response:
        if session is None or visit.method == "POST":
            return see_other(DISCLOSURE)
        offer = Offer(WantedFields(None, tuple(field.value for field in Field)), HOME, DISCLOSURE)
        return await self.handoff.offer(visit, session, offer)

    async def _leave(self, visit: Visit, journey: Journey, app: str) -> Response:
        settings = self.config.apps[app]
        if journey.via is Via.IN_APP or (journey.via is None and visit.client.opens_in_app_link):
            trip = Trip(app, Way.IN_APP, journey.return_to)
            return see_other((await self.attempts.begin(visit, trip)).url)
        trip = Trip(app, web_way(settings.web_login), journey.return_to)
        begun = await self.attempts.begin(visit, trip)
        if settings.web_login is not WebLogin.PANEL or journey.via is Via.PAGE or not self._may_show_panel():
            return see_other(begun.url)
        callback_url = self.attempts.callback_url(app)
        params = panel_params(settings.app, callback_url, begun.state, lang=visit.language)
        full_page = signin_url({**_fields(journey), "app": app, "via": Via.PAGE.value})
        return self.pages.answer(visit, pages.SigninPanel(settings.title, params, callback_url, full_page))

    def _may_show_panel(self) -> bool:
        # The official script always asks the real login host, so anywhere else it would carry a sandbox's or a private
        # WeCom's sign-in to the real one; and it needs HTTPS (WeCom 98152).
        return self.config.hosts.login == WECOM.login and self.config.public_url.startswith("https://")

    def _chooser(self, journey: Journey) -> SigninChooser:
        fields = _fields(journey)
        return SigninChooser(
            tuple(
                pages.Choice(settings.title, signin_url({**fields, "app": name}))
                for name, settings in self.config.apps.items()
            )
        )


def _wish(visit: Visit) -> dict[str, str]:
    limits = {"app": _MAX_APP_NAME, "via": _MAX_APP_NAME, "return_to": _MAX_RETURN_TO, "fresh": 1}
    values = {name: visit.parameter(name, limit) for name, limit in limits.items()}
    return {name: value for name, value in values.items() if value is not None}


def _fields(journey: Journey) -> dict[str, str]:
    fresh = "1" if journey.is_fresh else None
    fields = {"return_to": journey.return_to, "app": journey.app, "via": journey.via, "fresh": fresh}
    return {name: value for name, value in fields.items() if value is not None}
