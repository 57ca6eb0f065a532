"""Planned faults strike as often as they were planned."""

import pytest

from gongpai.sandbox.faults import Fault, FaultPlan


def _plan(*faults: Fault) -> FaultPlan:
    plan = FaultPlan()
    for fault in faults:
        plan.add(fault)
    return plan


def _strikes(plan: FaultPlan, call: str, times: int) -> list[bool]:
    return [plan.take(call) is not None for _ in range(times)]


def test_by_default_the_next_call_fails_and_then_none() -> None:
    plan = _plan(Fault(errcode=-1))
    assert bool(plan)
    assert _strikes(plan, "user/get", 3) == [True, False, False]
    assert not plan


def test_only_the_call_named_fails() -> None:
    plan = _plan(Fault(call="gettoken", errcode=-1, times=2))
    assert _strikes(plan, "user/get", 2) == [False, False]
    assert _strikes(plan, "gettoken", 3) == [True, True, False]


@pytest.mark.parametrize(("share", "expected"), [(0.5, 50), (0.3, 30), (1.0, 100), (0.01, 1)])
def test_a_share_is_spread_evenly_and_exactly(share: float, expected: int) -> None:
    plan = _plan(Fault(share=share, errcode=-1))
    assert sum(_strikes(plan, "user/get", 100)) == expected
    assert plan.faults()


def test_a_share_may_end_after_so_many() -> None:
    plan = _plan(Fault(share=0.5, times=2, errcode=-1))
    assert _strikes(plan, "x", 8) == [False, True, False, True, False, False, False, False]


def test_the_first_planned_comes_first() -> None:
    first, second = Fault(errcode=1), Fault(errcode=2)
    plan = _plan(first, second)
    assert [plan.take("x"), plan.take("x"), plan.take("x")] == [first, second, None]


def test_a_plan_that_was_cleared_holds_nothing() -> None:
    plan = _plan(Fault(errcode=1))
    plan.clear()
    assert plan.faults() == []
