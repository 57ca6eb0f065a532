"""Counting calls: who is over the limit is blocked for a whole window."""

from datetime import UTC, datetime, timedelta

from gongpai.sandbox.limits import MINUTE, Meter
from gongpai.sandbox.world.records import Limits

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def test_the_limit_is_free_and_one_more_is_not() -> None:
    meter = Meter(Limits())
    assert [meter.counts("a", MINUTE, 2, NOON) for _ in range(3)] == [True, True, False]
    assert meter.counts("b", MINUTE, 2, NOON)


def test_going_over_begins_a_full_block_that_more_calls_do_not_prolong() -> None:
    meter = Meter(Limits())
    late = NOON + timedelta(seconds=59)
    assert [meter.counts("a", MINUTE, 1, moment) for moment in (NOON, late)] == [True, False]
    assert not meter.counts("a", MINUTE, 1, NOON + timedelta(seconds=61))
    assert meter.counts("a", MINUTE, 1, late + MINUTE)


def test_corps_and_addresses_are_counted_apart() -> None:
    meter = Meter(Limits(api_per_minute=1, ip_per_minute=3))
    assert meter.allows_call("user/get", "ww1", "192.0.2.1", NOON)
    assert not meter.allows_call("user/get", "ww1", "192.0.2.1", NOON)
    assert meter.allows_call("user/get", "ww2", "192.0.2.1", NOON)
    assert not meter.allows_call("agent/get", "ww3", "192.0.2.1", NOON)


def test_asking_whether_somebody_is_over_does_not_count() -> None:
    meter = Meter(Limits())
    assert not meter.is_over("a", MINUTE, 1, NOON)
    meter.counts("a", MINUTE, 1, NOON)
    assert meter.is_over("a", MINUTE, 1, NOON)
    assert not meter.is_over("a", MINUTE, 1, NOON + MINUTE)


def test_any_number_of_callers_takes_bounded_room() -> None:
    meter = Meter(Limits())
    for i in range(20_001):
        meter.counts(f"who {i}", MINUTE, 1, NOON)
    assert len(meter) == 20_000
    assert not meter.counts("who 20000", MINUTE, 1, NOON)
    assert meter.counts("who 0", MINUTE, 1, NOON)


def test_who_comes_again_after_a_window_is_not_the_oldest() -> None:
    meter = Meter(Limits())
    for i in range(20_000):
        meter.counts(f"who {i}", MINUTE, 1, NOON)
    meter.counts("who 0", MINUTE, 1, NOON + MINUTE)
    meter.counts("one more", MINUTE, 1, NOON + MINUTE)
    assert meter.is_over("who 0", MINUTE, 1, NOON + MINUTE)
