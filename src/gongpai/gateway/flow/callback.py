"""A browser comes back from WeCom: is it the one that left, with a fresh code of its own? (T1, T3 to T6)."""

import asyncio
import hashlib
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from gongpai.gateway import metrics
from gongpai.gateway.codes import SeenCodes
from gongpai.gateway.errors import Reason, RefusedError, StartAgainError, VisitError
from gongpai.gateway.flow.attempts import Attempts, Trip
from gongpai.gateway.flow.outcome import Kind, Outcome, decode, encode, outcome_of, page_again
from gongpai.gateway.records import Purpose, Session, SignInAttempt
from gongpai.gateway.session import Sessions
from gongpai.gateway.store.ports import AttemptStore
from gongpai.gateway.web import cookies
from gongpai.gateway.web.http import page_of
from gongpai.gateway.web.pages import Page
from gongpai.gateway.web.return_to import HANDOFF, own_path, signin_url
from gongpai.gateway.web.visit import Visit
from gongpai.wecom.errors import SignInRefusedError, UsageError, WeComError
from gongpai.wecom.links import check_state
from gongpai.wecom.signin import Callback as Came
from gongpai.wecom.signin import Way, is_same_browser, parse_callback
from gongpai.wecom.user_agent import ClientKind

REPEAT_WITHIN = timedelta(seconds=60)
# Two calls to WeCom with their time limits fit in; a worker that died meanwhile leaves "start again".
_WAIT_FOR_FIRST = timedelta(seconds=25)
_LOOK_EVERY_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Returned:
    """A trip that may go on: this browser began it, and nobody else takes it."""

    attempt: SignInAttempt
    code: str | None
    session_id: bytes
    """The id for a session that comes of it: made from the browser's secret, so that a second hit finds it again."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The trip is over; the journey goes on, with the new session and its cookie if one was made."""

    attempt: SignInAttempt
    session: Session | None = None
    cookie: str | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """The trip is over, on this page."""

    page: Page


@dataclass(frozen=True, slots=True)
class Restarted:
    """The trip begins anew in this webview, silently and once (T4)."""

    url: str


Settle = Callable[[Visit, Returned, Session | None], Awaitable[Finished]]


@dataclass(frozen=True, slots=True)
class Callback:
    """Judges what comes back. *settle* has what follows for each purpose: it spends the code."""

    attempts: Attempts
    store: AttemptStore
    codes: SeenCodes
    sessions: Sessions
    settle: dict[Purpose, Settle]
    clock: Callable[[], datetime]

    async def finish(self, visit: Visit, app: str, session: Session | None) -> Finished | Ended | Restarted:
        """Finish the trip that *visit* names, at the callback path of *app*; *session* is the browser's live one.

        Raises:
            StartAgainError: malformed, unknown, expired, begun elsewhere or broken off: begin again by a click.
            RefusedError: of another app, or with a code that was seen elsewhere.
        """
        came = _parse(visit)
        now = self.clock()
        attempt = await self.store.get(came.state)
        if attempt is None:
            raise StartAgainError(Reason.STATE_UNKNOWN)
        secret = visit.browser_secret
        is_own = secret is not None and is_same_browser(attempt.browser_hash, secret)
        if is_own or visit.cookie(cookies.BROWSER) is None:
            visit.start_url = self._start_of(attempt)
        if attempt.expires_at <= now or attempt.app not in self.attempts.config.apps:
            raise StartAgainError(Reason.STATE_EXPIRED)
        if secret is None or not is_own:
            return await self._meet_another_browser(visit, attempt, session, now)
        code_hash = self.codes.hash_of(came.code) if came.code else None
        taken = await self.store.take(came.state, code_hash, now)
        if taken is None:
            return await self._repeat(visit, came.state, code_hash, secret)
        returned = Returned(taken, came.code, _session_id(secret, came.state))
        return await self._settle(visit, app, came, returned, session)

    def _start_of(self, attempt: SignInAttempt) -> str:
        """Return where this trip may begin anew: all of it comes from the attempt, nothing from the request (T6)."""
        if attempt.purpose is Purpose.HANDOFF:
            return HANDOFF  # at the desk only
        fields = {"return_to": own_path(attempt.return_to)}
        # The configuration may have lost the app while the browser was away.
        return signin_url({"app": attempt.app, **fields} if attempt.app in self.attempts.config.apps else fields)

    async def _settle(
        self, visit: Visit, app: str, came: Came, returned: Returned, session: Session | None
    ) -> Finished | Ended:
        attempt = returned.attempt
        try:
            self._require_own(visit, app, came, attempt)
            finished = await self.settle[attempt.purpose](visit, returned, session)
        except (VisitError, WeComError) as error:
            page = page_of(error, visit.reference, visit.start_url)
            await self._finish(attempt, outcome_of(page, visit.reference))
            raise
        kind = Kind.ANSWERED if finished.cookie is None else Kind.SIGNED_IN
        await self._finish(attempt, Outcome(kind))
        return finished

    def _require_own(self, visit: Visit, app: str, came: Came, attempt: SignInAttempt) -> None:
        # The app comes from the attempt alone; path and appid may only agree with it (T6).
        corpid = self.attempts.config.apps[attempt.app].app.corpid
        if attempt.app != app or (came.appid is not None and came.appid.lower() != corpid.lower()):
            raise RefusedError(Reason.APP_MISMATCH)
        bearer = self.codes.bearer_of(attempt.state, attempt.browser_hash)
        if any(seen.first_bearer != bearer for seen in visit.seen_codes):
            raise RefusedError(Reason.CODE_SEEN)

    async def _finish(self, attempt: SignInAttempt, outcome: Outcome) -> None:
        metrics.signins.labels(attempt.app, outcome.reason or outcome.kind.value).inc()
        await self.store.finish(attempt.state, encode(outcome), self.clock())

    async def _meet_another_browser(
        self, visit: Visit, attempt: SignInAttempt, session: Session | None, now: datetime
    ) -> Restarted:
        """Restart once where WeCom's desktop client opened the callback in another webview; else ask for a click."""
        if visit.cookie(cookies.BROWSER) is not None:
            raise StartAgainError(Reason.BROWSER_MISMATCH)
        is_client = attempt.way == Way.IN_APP.value and visit.client.kind is ClientKind.WECOM
        has_signed_out = visit.cookie(cookies.SIGNED_OUT) is not None
        # Whoever consents for a desk has picked its number, in the browser that did.
        is_for_itself = attempt.purpose is not Purpose.HANDOFF
        is_first = attempt.restarts == 0 and session is None
        may_restart = is_client and is_for_itself and is_first and not has_signed_out
        if not may_restart or await self.store.take(attempt.state, None, now) is None:
            raise StartAgainError(Reason.COOKIE_LOST)
        await self._finish(attempt, Outcome(Kind.START_AGAIN, reason=Reason.COOKIE_LOST.value))
        trip = Trip(attempt.app, Way.IN_APP, attempt.return_to, attempt.purpose, attempt.session_ref, restarts=1)
        return Restarted((await self.attempts.begin(visit, trip)).url)

    async def _repeat(self, visit: Visit, state: str, code_hash: str | None, secret: str) -> Finished | Ended:
        """Answer a second hit as the first one, once that has its answer (T5)."""
        give_up_at = self.clock() + _WAIT_FOR_FIRST
        while True:
            now = self.clock()
            attempt = await self.store.get(state)
            if attempt is None or attempt.spent_at is None or now - attempt.spent_at > REPEAT_WITHIN:
                raise StartAgainError(Reason.STATE_EXPIRED)
            if attempt.code_hash != code_hash:
                raise StartAgainError(Reason.CODE_REJECTED)
            if attempt.outcome is not None:
                return await self._answer_again(visit, attempt, decode(attempt.outcome), secret)
            if now > give_up_at:
                raise StartAgainError(Reason.INTERRUPTED)
            await asyncio.sleep(_LOOK_EVERY_SECONDS)

    async def _answer_again(
        self, visit: Visit, attempt: SignInAttempt, outcome: Outcome, secret: str
    ) -> Finished | Ended:
        match outcome.kind:
            case Kind.SIGNED_IN:
                started = await self.sessions.again(_session_id(secret, attempt.state), self.clock())
                if started is None:
                    raise StartAgainError(Reason.STATE_EXPIRED)
                return Finished(attempt, started.session, started.cookie)
            case Kind.ANSWERED:
                return Finished(attempt, None)
            case _:
                return Ended(page_again(outcome, visit.start_url))


def _parse(visit: Visit) -> Came:
    try:
        came = parse_callback(visit.query.decode("latin-1"))
        check_state(came.state)  # before a store sees it: PostgreSQL takes no NUL
    except (SignInRefusedError, UsageError):
        # Whoever stands here came from WeCom or from a link that somebody cut short: a click begins anew.
        raise StartAgainError(Reason.STATE_UNKNOWN) from None
    return came


def _session_id(browser_secret: str, state: str) -> bytes:
    return hmac.new(browser_secret.encode(), f"session {state}".encode(), hashlib.sha256).digest()
