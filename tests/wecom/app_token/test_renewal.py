"""Both twins run every case: the blocking one is called from threads, as its callers do."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from gongpai.wecom.app_token import AppToken, AppTokenKey, AppTokens, AsyncAppTokens, AsyncMemoryStore, MemoryStore
from gongpai.wecom.errors import (
    ConfigurationError,
    RateLimitedError,
    SystemBusyError,
    TransportError,
    WeComError,
)
from gongpai.wecom.models import IssuedAppToken
from wecom.clocks import NOON, JumpingClock

KEY = AppTokenKey("wwgongpai", 1000002)
TTL = timedelta(seconds=10)
TWO_HOURS = timedelta(seconds=7200)
IN_STALE_TIME = timedelta(seconds=6700)


class FaultyStore(MemoryStore):
    """A store whose server may be down, and whose answers may come late."""

    def __init__(self) -> None:
        super().__init__()
        self.is_down = False
        self.late_reads: list[AppToken] = []

    def get(self, key: AppTokenKey) -> AppToken | None:
        return self.late_reads.pop() if self.late_reads else super().get(key)

    def acquire_lease(self, key: AppTokenKey, holder: str, ttl: timedelta, now: datetime) -> int | None:
        if self.is_down:
            raise ConnectionError
        return super().acquire_lease(key, holder, ttl, now)


@dataclass
class Fleet:
    """One process's tokens over a store in memory, with a WeCom that answers as told."""

    is_async: bool
    store: FaultyStore = field(default_factory=FaultyStore)
    clock: JumpingClock = field(default_factory=JumpingClock)
    answers: list[WeComError] = field(default_factory=list)
    fetched: int = 0
    gate: threading.Event = field(default_factory=threading.Event)
    async_gate: asyncio.Event = field(default_factory=asyncio.Event)
    on_fetch: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        self.let_wecom_answer()
        self.awaiting = AsyncAppTokens(KEY, AsyncMemoryStore(self.store), self._fetch_async, self.clock, TTL)
        self.blocking = AppTokens(KEY, self.store, self._fetch, self.clock, TTL)

    def let_wecom_answer(self) -> None:
        self.gate.set()
        self.async_gate.set()

    def hold_wecom_back(self) -> None:
        self.gate.clear()
        self.async_gate.clear()

    async def current(self) -> AppToken:
        return await (self.awaiting.current() if self.is_async else asyncio.to_thread(self.blocking.current))

    async def replace(self, failed: AppToken) -> AppToken:
        return await (
            self.awaiting.replace(failed) if self.is_async else asyncio.to_thread(self.blocking.replace, failed)
        )

    async def landed(self) -> None:
        """Wait for the flight that is out."""
        if self.is_async:
            assert self.awaiting._flight is not None
            await asyncio.wait([self.awaiting._flight])
        else:
            await asyncio.to_thread(self.blocking.close)

    async def _fetch_async(self) -> IssuedAppToken | WeComError:
        await self.async_gate.wait()
        return self._answer()

    def _fetch(self) -> IssuedAppToken | WeComError:
        self.gate.wait(10)
        return self._answer()

    def _answer(self) -> IssuedAppToken | WeComError:
        self.fetched += 1
        self.on_fetch()
        return self.answers.pop(0) if self.answers else IssuedAppToken(f"TOKEN-{self.fetched}", TWO_HOURS)


@pytest.fixture(params=[True, False], ids=["async", "sync"])
def fleet(request: pytest.FixtureRequest) -> Fleet:
    return Fleet(is_async=request.param)


async def test_the_first_caller_fetches_and_the_next_do_not(fleet: Fleet) -> None:
    first = await fleet.current()
    assert first == AppToken("TOKEN-1", NOON, NOON + TWO_HOURS, first.version)
    assert await fleet.current() == first
    assert fleet.fetched == 1
    assert fleet.store.get(KEY) == first


async def test_a_hundred_callers_at_once_fetch_once(fleet: Fleet) -> None:
    tokens = await asyncio.gather(*(fleet.current() for _ in range(100)))
    assert {token.value for token in tokens} == {"TOKEN-1"}
    assert fleet.fetched == 1


async def test_a_hundred_callers_with_a_revoked_token_fetch_once(fleet: Fleet) -> None:
    revoked = await fleet.current()
    tokens = await asyncio.gather(*(fleet.replace(revoked) for _ in range(100)))
    assert {token.value for token in tokens} == {"TOKEN-2"}
    assert fleet.fetched == 2


async def test_what_another_process_fetched_is_used(fleet: Fleet) -> None:
    kept = _keep(fleet.store)
    assert await fleet.current() == kept
    assert fleet.fetched == 0


async def test_a_newer_token_of_another_process_replaces_the_revoked_one(fleet: Fleet) -> None:
    revoked = await fleet.current()
    kept = _keep(fleet.store)
    assert await fleet.replace(revoked) == kept
    assert fleet.fetched == 1


async def test_a_stale_token_serves_on_while_one_caller_renews_behind(fleet: Fleet) -> None:
    old = await fleet.current()
    fleet.clock.advance(IN_STALE_TIME)
    fleet.hold_wecom_back()
    assert [await fleet.current() for _ in range(10)] == [old] * 10
    fleet.let_wecom_answer()
    await fleet.landed()
    assert (await fleet.current()).value == "TOKEN-2"
    assert fleet.fetched == 2


async def test_a_stale_token_serves_on_when_its_renewal_fails_and_nobody_hammers(fleet: Fleet) -> None:
    old = await fleet.current()
    fleet.clock.advance(IN_STALE_TIME)
    fleet.answers = [ConfigurationError(50003)]
    assert await fleet.current() == old
    await fleet.landed()
    assert [await fleet.current() for _ in range(10)] == [old] * 10
    assert fleet.fetched == 2
    fleet.clock.advance(timedelta(seconds=30))
    await fleet.current()
    await fleet.landed()
    assert (await fleet.current()).value == "TOKEN-3"


async def test_a_dead_token_is_not_served(fleet: Fleet) -> None:
    await fleet.current()
    fleet.clock.advance(TWO_HOURS)
    assert (await fleet.current()).value == "TOKEN-2"


@pytest.mark.parametrize("errcode", [40001, 40013, 40091])
async def test_a_wrong_secret_is_not_hammered(fleet: Fleet, errcode: int) -> None:
    fleet.answers = [ConfigurationError(errcode)]
    for _ in range(20):
        with pytest.raises(ConfigurationError) as caught:
            await fleet.current()
        assert caught.value.errcode == errcode
    assert fleet.fetched == 1
    fleet.clock.advance(timedelta(seconds=30))
    assert (await fleet.current()).value == "TOKEN-2"


async def test_a_wrong_secret_stops_a_hundred_callers_with_one_question(fleet: Fleet) -> None:
    fleet.answers = [ConfigurationError(40001)]
    outcomes = await asyncio.gather(*(fleet.current() for _ in range(100)), return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {ConfigurationError}
    assert len({id(outcome) for outcome in outcomes}) == 100
    assert fleet.fetched == 1


async def test_a_frequency_limit_is_respected_until_it_ends(fleet: Fleet) -> None:
    fleet.answers = [RateLimitedError(45009, retry_after=timedelta(hours=1))]
    for _ in range(5):
        with pytest.raises(RateLimitedError) as caught:
            await fleet.current()
        assert caught.value.retry_after == timedelta(hours=1)
        fleet.clock.advance(timedelta(minutes=10))
    assert fleet.fetched == 1
    fleet.clock.advance(timedelta(minutes=10))
    assert (await fleet.current()).value == "TOKEN-2"


async def test_a_busy_wecom_is_asked_three_times_and_no_more(fleet: Fleet) -> None:
    fleet.answers = [SystemBusyError(-1)] * 3
    with pytest.raises(SystemBusyError):
        await fleet.current()
    assert fleet.fetched == 3
    assert fleet.clock.pauses == [timedelta(seconds=0.5), timedelta(seconds=1.5)]
    assert (await fleet.current()).value == "TOKEN-4"


async def test_a_broken_connection_is_tried_once_more(fleet: Fleet) -> None:
    fleet.answers = [TransportError("no answer")]
    assert (await fleet.current()).value == "TOKEN-2"


async def test_a_failure_frees_the_lease_for_the_next(fleet: Fleet) -> None:
    fleet.answers = [ConfigurationError(40001)]
    with pytest.raises(ConfigurationError):
        await fleet.current()
    assert fleet.store.acquire_lease(KEY, "other", TTL, fleet.clock.now()) is not None


async def test_when_the_holder_died_another_takes_over_after_the_lease(fleet: Fleet) -> None:
    assert fleet.store.acquire_lease(KEY, "dead", TTL, NOON) == 1
    token = await fleet.current()
    assert (token.value, token.version) == ("TOKEN-1", 2)
    assert NOON + TTL <= fleet.clock.now() < NOON + TTL + timedelta(seconds=1)


async def test_a_token_that_the_holder_brings_meanwhile_is_used(fleet: Fleet) -> None:
    fence = fleet.store.acquire_lease(KEY, "other", TTL, NOON)
    assert fence is not None
    theirs = AppToken("THEIRS", NOON, NOON + TWO_HOURS, fence)
    fleet.clock.meanwhile = lambda: fleet.store.put(KEY, theirs, fence)
    assert await fleet.current() == theirs
    assert fleet.fetched == 0


async def test_while_another_renews_the_stale_token_of_the_store_is_used(fleet: Fleet) -> None:
    old = _keep(fleet.store)
    fleet.clock.advance(IN_STALE_TIME)
    fleet.store.acquire_lease(KEY, "other", TTL, fleet.clock.now())
    assert await fleet.current() == old
    assert fleet.fetched == 0


async def test_a_holder_who_never_comes_back_is_not_waited_for_without_end(fleet: Fleet) -> None:
    fleet.store.acquire_lease(KEY, "stuck", timedelta(days=1), NOON)
    with pytest.raises(TransportError):
        await fleet.current()
    assert fleet.clock.now() < NOON + timedelta(minutes=1)


async def test_whoever_lost_the_lease_while_wecom_was_slow_takes_the_token_of_the_next(fleet: Fleet) -> None:
    def overtake() -> None:
        fleet.clock.advance(TTL)
        if fleet.fetched == 1:
            _keep(fleet.store, now=fleet.clock.now())

    fleet.on_fetch = overtake
    assert (await fleet.current()).value == "THEIRS"
    assert fleet.fetched == 1


async def test_the_life_of_a_token_counts_from_before_the_question(fleet: Fleet) -> None:
    fleet.on_fetch = lambda: fleet.clock.advance(timedelta(seconds=7))
    assert (await fleet.current()).expires_at == NOON + TWO_HOURS


async def test_a_flight_that_had_read_the_refused_token_is_not_believed(fleet: Fleet) -> None:
    refused = _keep(fleet.store)
    # The first look of the flight came before the drop.
    fleet.store.late_reads.append(refused)
    assert (await fleet.replace(refused)).value == "TOKEN-1"


async def test_a_broken_store_is_seen_by_the_callers_and_tried_again(fleet: Fleet) -> None:
    fleet.store.is_down = True
    with pytest.raises(ConnectionError):
        await fleet.current()
    fleet.store.is_down = False
    assert (await fleet.current()).value == "TOKEN-1"


async def test_closing_with_no_renewal_under_way_is_nothing(fleet: Fleet) -> None:
    await fleet.awaiting.aclose()
    fleet.blocking.close()


async def test_a_caller_who_is_cancelled_does_not_cancel_the_others() -> None:
    fleet = Fleet(is_async=True)
    fleet.hold_wecom_back()
    first, second = asyncio.create_task(fleet.current()), asyncio.create_task(fleet.current())
    await _turns()
    first.cancel()
    await _turns()
    fleet.let_wecom_answer()
    assert (await second).value == "TOKEN-1"
    assert first.cancelled()
    assert fleet.fetched == 1


async def test_closing_ends_a_renewal_under_way_and_frees_the_lease() -> None:
    fleet = Fleet(is_async=True)
    fleet.hold_wecom_back()
    caller = asyncio.create_task(fleet.current())
    await _turns()
    await fleet.awaiting.aclose()
    await asyncio.wait([caller])
    assert caller.cancelled()
    assert fleet.store.acquire_lease(KEY, "other", TTL, NOON) is not None


def test_closing_a_blocking_client_waits_for_a_renewal_under_way() -> None:
    fleet = Fleet(is_async=False)
    fleet.blocking.current()
    fleet.clock.advance(IN_STALE_TIME)
    fleet.hold_wecom_back()
    fleet.blocking.current()
    threading.Timer(0.05, fleet.let_wecom_answer).start()
    fleet.blocking.close()
    assert fleet.fetched == 2


def _keep(store: MemoryStore, now: datetime = NOON) -> AppToken:
    fence = store.acquire_lease(KEY, "other", TTL, now)
    assert fence is not None
    token = AppToken("THEIRS", now, now + TWO_HOURS, fence)
    assert store.put(KEY, token, fence)
    store.release_lease(KEY, fence)
    return token


async def _turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)
