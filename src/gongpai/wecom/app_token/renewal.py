"""One renewal at a time, for all threads, tasks and processes that share a store.

Inside a process all callers wait for one flight; between processes the lease of the store lets one holder ask WeCom.
A stale token serves on while the flight is out. A holder that dies is replaced when the lease ends.
"""

import asyncio
import copy
import secrets
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from datetime import datetime, timedelta
from typing import TypeAlias

from gongpai.wecom.app_token.policy import AppToken, AppTokenKey, Freshness, freshness
from gongpai.wecom.app_token.store import AppTokenStore, AsyncAppTokenStore
from gongpai.wecom.clock import Clock
from gongpai.wecom.errors import ConfigurationError, RateLimitedError, TransportError, WeComError
from gongpai.wecom.models import IssuedAppToken
from gongpai.wecom.retry import pause_before_retry

# How often a caller looks whether the holder of the lease has brought the token.
_GLANCE = timedelta(milliseconds=50)
# A holder that dies is replaced after one lease; two more may fail the same way before a caller gives up.
_PATIENCE_LEASES = 3
# Source: WeCom 91039: many wrong secrets lock the caller's address out of gettoken for an hour; staff name 2,000.
_STOP = timedelta(seconds=30)


AsyncFetch: TypeAlias = Callable[[], Awaitable[IssuedAppToken | WeComError]]
Fetch: TypeAlias = Callable[[], IssuedAppToken | WeComError]


class _Hand:
    """What one process holds of the token, and the last refusal. Decides, and asks nobody."""

    def __init__(self) -> None:
        self._spread = secrets.randbelow(1000) / 1000
        self._token: AppToken | None = None
        self._refusal: Exception | None = None
        self._refused_until: datetime | None = None

    def serves(self, token: AppToken, now: datetime, *, is_ours: bool) -> bool:
        """Say whether a token found in the store will do; whoever has the lease does not settle for a stale one."""
        state = freshness(token, now, self._spread)
        return state is Freshness.FRESH or (state is Freshness.STALE and not is_ours)

    def ready(self, now: datetime) -> AppToken | None:
        """Return a token that needs no renewal now, None if one must be sought.

        Raises:
            WeComError: WeCom said lately that there is none, and asking again would not help.
        """
        token, state = self._token, freshness(self._token, now, self._spread)
        if state is Freshness.FRESH:
            return token
        if self._refused_until is None or now >= self._refused_until:
            return None
        if state is Freshness.INVALID:
            if isinstance(self._refusal, ConfigurationError | RateLimitedError):
                raise copy.copy(self._refusal)
            return None
        return token

    def spare(self, now: datetime) -> AppToken | None:
        """Return the stale token that serves while another is fetched."""
        return None if freshness(self._token, now, self._spread) is Freshness.INVALID else self._token

    def take(self, outcome: AppToken | Exception, now: datetime) -> None:
        """Remember how a flight ended."""
        if isinstance(outcome, AppToken):
            self._token, self._refusal, self._refused_until = outcome, None, None
        else:
            pause = outcome.retry_after if isinstance(outcome, RateLimitedError) else _STOP
            self._refusal, self._refused_until = outcome, now + pause

    def forget(self, version: int) -> None:
        """Let go of the token that WeCom refused."""
        if self._token is not None and self._token.version == version:
            self._token = None


class AsyncAppTokens:
    """The app token of one app, always ready.

    Args:
        key: Whose token.
        store: Where the fleet keeps it.
        fetch: Asks WeCom once; returns an error instead of raising it.
        clock: Time.
        ttl: The lease; longer than one fetch and one pause can take.
    """

    def __init__(
        self, key: AppTokenKey, store: AsyncAppTokenStore, fetch: AsyncFetch, clock: Clock, ttl: timedelta
    ) -> None:
        self._key, self._store, self._fetch, self._clock, self._ttl = key, store, fetch, clock, ttl
        self._hand = _Hand()
        self._flight: asyncio.Task[AppToken | Exception] | None = None

    async def current(self) -> AppToken:
        """Return a token that can be used now.

        Raises:
            WeComError: WeCom gave none. A fault of the configuration and a frequency limit are remembered and raised
                again for a while, without asking WeCom.
        """
        token = self._hand.ready(self._clock.now())
        if token is not None:
            return token
        if self._flight is None:
            self._flight = asyncio.create_task(self._fly())
        token = self._hand.spare(self._clock.now())
        # Shielded: whoever began the flight may be cancelled, and the others still want the token.
        return token or _landed(await asyncio.shield(self._flight))

    async def replace(self, failed: AppToken) -> AppToken:
        """Return another token than *failed*, which WeCom refused; somebody else's newer one will do."""
        await self._store.drop(self._key, failed.version)
        self._hand.forget(failed.version)
        token = await self.current()
        if token.version == failed.version:  # of a flight that had read it before it was dropped
            self._hand.forget(failed.version)
            token = await self.current()
        return token

    async def aclose(self) -> None:
        """End a renewal that is under way."""
        if self._flight is not None:
            self._flight.cancel()
            await asyncio.wait([self._flight])

    async def _fly(self) -> AppToken | Exception:
        outcome: AppToken | Exception
        try:
            outcome = await self._renew()
        except Exception as error:  # noqa: BLE001 - the outermost handler of this task; every waiting caller raises it
            outcome = error
        finally:
            self._flight = None
        self._hand.take(outcome, self._clock.now())
        return outcome

    async def _renew(self) -> AppToken | WeComError:
        holder, fence, tries = secrets.token_hex(8), None, 0
        give_up_at = self._clock.now() + self._ttl * _PATIENCE_LEASES
        try:
            while True:
                fence = await self._store.acquire_lease(self._key, holder, self._ttl, self._clock.now())
                token = await self._store.get(self._key)
                if token is not None and self._hand.serves(token, self._clock.now(), is_ours=fence is not None):
                    return token
                outcome = _wait(self._clock.now(), give_up_at) if fence is None else await self._ask(fence, tries)
                if not isinstance(outcome, timedelta):
                    return outcome
                tries += fence is not None
                await self._clock.asleep(outcome)
        finally:
            if fence is not None:
                await self._store.release_lease(self._key, fence)

    async def _ask(self, fence: int, tries: int) -> AppToken | WeComError | timedelta:
        """Ask WeCom once under the lease; a pause means: then try again."""
        asked_at = self._clock.now()
        issued = await self._fetch()
        if isinstance(issued, WeComError):
            return pause_before_retry(issued, tries) or issued
        token = _token(issued, asked_at, fence)
        # A lease that ran out while WeCom was slow: the next holder's token counts.
        return token if await self._store.put(self._key, token, fence) else _GLANCE


class AppTokens:
    """The app token of one app, always ready.

    Args:
        key: Whose token.
        store: Where the fleet keeps it.
        fetch: Asks WeCom once; returns an error instead of raising it.
        clock: Time.
        ttl: The lease; longer than one fetch and one pause can take.
    """

    def __init__(self, key: AppTokenKey, store: AppTokenStore, fetch: Fetch, clock: Clock, ttl: timedelta) -> None:
        self._key, self._store, self._fetch, self._clock, self._ttl = key, store, fetch, clock, ttl
        self._hand = _Hand()
        self._flight: Future[AppToken | Exception] | None = None
        self._lock = threading.Lock()

    def current(self) -> AppToken:
        """Return a token that can be used now.

        Raises:
            WeComError: WeCom gave none. A fault of the configuration and a frequency limit are remembered and raised
                again for a while, without asking WeCom.
        """
        with self._lock:
            token = self._hand.ready(self._clock.now())
            if token is not None:
                return token
            flight = self._flight
            if flight is None:
                # In a thread of its own, so that a stale token serves on and nobody's Ctrl-C ends it for the others.
                flight = self._flight = Future()
                threading.Thread(target=self._fly, args=(flight,), name="gongpai-app-token", daemon=True).start()
            token = self._hand.spare(self._clock.now())
        return token or _landed(flight.result())

    def replace(self, failed: AppToken) -> AppToken:
        """Return another token than *failed*, which WeCom refused; somebody else's newer one will do."""
        self._store.drop(self._key, failed.version)
        self._forget(failed)
        token = self.current()
        if token.version == failed.version:  # of a flight that had read it before it was dropped
            self._forget(failed)
            token = self.current()
        return token

    def close(self) -> None:
        """Wait for a renewal that is under way, so that nothing it uses is closed before."""
        with self._lock:
            flight = self._flight
        if flight is not None:
            flight.result()

    def _forget(self, failed: AppToken) -> None:
        with self._lock:
            self._hand.forget(failed.version)

    def _fly(self, flight: Future[AppToken | Exception]) -> None:
        outcome: AppToken | Exception
        try:
            outcome = self._renew()
        except Exception as error:  # noqa: BLE001 - the outermost handler of this thread; every waiting caller raises it
            outcome = error
        with self._lock:
            self._hand.take(outcome, self._clock.now())
            self._flight = None
        flight.set_result(outcome)

    def _renew(self) -> AppToken | WeComError:
        holder, fence, tries = secrets.token_hex(8), None, 0
        give_up_at = self._clock.now() + self._ttl * _PATIENCE_LEASES
        try:
            while True:
                fence = self._store.acquire_lease(self._key, holder, self._ttl, self._clock.now())
                token = self._store.get(self._key)
                if token is not None and self._hand.serves(token, self._clock.now(), is_ours=fence is not None):
                    return token
                outcome = _wait(self._clock.now(), give_up_at) if fence is None else self._ask(fence, tries)
                if not isinstance(outcome, timedelta):
                    return outcome
                tries += fence is not None
                self._clock.sleep(outcome)
        finally:
            if fence is not None:
                self._store.release_lease(self._key, fence)

    def _ask(self, fence: int, tries: int) -> AppToken | WeComError | timedelta:
        """Ask WeCom once under the lease; a pause means: then try again."""
        asked_at = self._clock.now()
        issued = self._fetch()
        if isinstance(issued, WeComError):
            return pause_before_retry(issued, tries) or issued
        token = _token(issued, asked_at, fence)
        # A lease that ran out while WeCom was slow: the next holder's token counts.
        return token if self._store.put(self._key, token, fence) else _GLANCE


def _landed(outcome: AppToken | Exception) -> AppToken:
    if isinstance(outcome, AppToken):
        return outcome
    # A copy, because each of the many who waited adds its own frames to what it raises.
    raise copy.copy(outcome) if isinstance(outcome, WeComError) else outcome


def _wait(now: datetime, give_up_at: datetime) -> TransportError | timedelta:
    if now < give_up_at:
        return _GLANCE
    return TransportError("the app token is being renewed elsewhere and did not come in time")


def _token(issued: IssuedAppToken, asked_at: datetime, fence: int) -> AppToken:
    # Its life counts from before the question, so that a slow answer does not make it look younger.
    return AppToken(issued.value, asked_at, asked_at + issued.expires_in, fence)
