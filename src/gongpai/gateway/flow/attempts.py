"""One trip to WeCom: bound to this browser, counted, and remembered before the browser leaves."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from gongpai.gateway import metrics
from gongpai.gateway.config import Config, WebLogin
from gongpai.gateway.errors import TooManyStartsError
from gongpai.gateway.records import Purpose, SignInAttempt
from gongpai.gateway.store.ports import AttemptStore, CounterStore
from gongpai.gateway.web.address import subscriber
from gongpai.gateway.web.visit import Visit
from gongpai.wecom.links import Scope
from gongpai.wecom.models import App
from gongpai.wecom.signin import Begun, Way, begin_in_app, begin_qr_connect, begin_web_login

# Long enough to find one's phone, scan and confirm; a code of WeCom's lives 5 minutes from then.
_ATTEMPT_AGE = timedelta(minutes=15)
_MAX_PER_BROWSER = 20
_WINDOW = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Trip:
    """What a trip to WeCom is for."""

    app: str
    way: Way
    return_to: str
    purpose: Purpose = Purpose.SIGN_IN
    session_ref: str | None = None
    handoff: str | None = None
    restarts: int = 0


@dataclass(frozen=True, slots=True)
class Attempts:
    """Begins trips."""

    config: Config
    store: AttemptStore
    counters: CounterStore
    clock: Callable[[], datetime]

    async def begin(self, visit: Visit, trip: Trip) -> Begun:
        """Remember a new attempt, bind it to this browser and return where the browser goes.

        Raises:
            TooManyStartsError: this address begins too many.
        """
        now = self.clock()
        starts = await self.counters.count(f"start {subscriber(visit.address)}", _WINDOW, now)
        if 0 < self.config.starts_per_minute < starts:
            raise TooManyStartsError(_WINDOW)
        begun = self._link(visit, trip)
        attempt = SignInAttempt(
            state=begun.state,
            app=trip.app,
            way=trip.way.value,
            purpose=trip.purpose,
            browser_hash=begun.browser_hash,
            return_to=trip.return_to,
            created_at=now,
            expires_at=now + _ATTEMPT_AGE,
            restarts=trip.restarts,
            ip=visit.address,
            session_ref=trip.session_ref,
            handoff=trip.handoff,
        )
        await self.store.put(attempt, per_browser=_MAX_PER_BROWSER)
        visit.keep_browser_secret(begun.browser_secret)
        metrics.signins_begun.labels(trip.app, trip.way.value, trip.purpose.value).inc()
        return begun

    def callback_url(self, app: str) -> str:
        """Return where WeCom sends browsers that sign in through *app*: from the configuration, never from a header."""
        return f"{self.config.public_url}/signin/callback/{app}"

    def _link(self, visit: Visit, trip: Trip) -> Begun:
        app: App = self.config.apps[trip.app].app
        callback_url, hosts, secret = self.callback_url(trip.app), self.config.hosts, visit.browser_secret
        match trip.way:
            case Way.IN_APP:
                scope = Scope.BASE if trip.purpose is Purpose.SIGN_IN else Scope.PRIVATE_INFO
                return begin_in_app(app, callback_url, scope=scope, browser_secret=secret, hosts=hosts)
            case Way.WEB:
                return begin_web_login(app, callback_url, lang=visit.language, browser_secret=secret, hosts=hosts)
            case Way.QR:
                return begin_qr_connect(app, callback_url, lang=visit.language, browser_secret=secret, hosts=hosts)


def web_way(web_login: WebLogin) -> Way:
    """Return the way of a browser outside WeCom."""
    return Way.QR if web_login is WebLogin.QR_CONNECT else Way.WEB
