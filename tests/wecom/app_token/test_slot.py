from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from gongpai.wecom.app_token import AppToken
from gongpai.wecom.app_token.slot import Slot, forget, free, keep, lease
from wecom.clocks import NOON

TTL = timedelta(seconds=10)


def test_the_first_who_asks_gets_the_first_fence() -> None:
    assert lease(Slot(), "a", TTL, NOON) == (Slot(1, "a", NOON + TTL), 1)


def test_while_one_has_the_lease_the_slot_does_not_change_for_another() -> None:
    slot, _ = lease(Slot(), "a", TTL, NOON)
    assert lease(slot, "b", TTL, NOON) == (slot, None)


def test_the_holder_prolongs() -> None:
    slot, _ = lease(Slot(), "a", TTL, NOON)
    later = NOON + timedelta(seconds=5)
    assert lease(slot, "a", TTL, later) == (Slot(1, "a", later + TTL), 1)


def test_even_the_old_holder_gets_a_new_fence_when_his_lease_is_over() -> None:
    slot, _ = lease(Slot(), "a", TTL, NOON)
    assert lease(slot, "a", TTL, NOON + TTL)[1] == 2


def test_only_the_last_fence_keeps_a_token() -> None:
    token = AppToken("APP_TOKEN", NOON, NOON + timedelta(hours=2), 2)
    slot = Slot(fence=2)
    assert keep(slot, token, 1) == (slot, False)
    assert keep(slot, token, 2) == (Slot(2, token=token), True)


def test_a_newer_token_is_not_forgotten() -> None:
    slot = Slot(2, token=AppToken("APP_TOKEN", NOON, NOON + timedelta(hours=2), 2))
    assert forget(slot, 1) == slot
    assert forget(slot, 2) == Slot(2)
    assert forget(Slot(2), 2) == Slot(2)


def test_only_the_last_lease_is_freed_and_the_fence_stays() -> None:
    slot, _ = lease(Slot(4), "a", TTL, NOON)
    assert free(slot, 4) == slot
    assert free(slot, 5) == Slot(5)


@given(
    st.lists(
        st.tuples(st.sampled_from(["lease", "keep", "forget", "free"]), st.sampled_from("abc"), st.integers(0, 12))
    )
)
def test_whatever_happens_the_fence_never_falls_and_no_old_token_replaces_a_newer(
    steps: list[tuple[str, str, int]],
) -> None:
    slot, now = Slot(), NOON
    for act, holder, number in steps:
        before = slot
        now += timedelta(seconds=number)
        match act:
            case "lease":
                slot, _ = lease(slot, holder, TTL, now)
            case "keep":
                slot, _ = keep(slot, AppToken(holder, now, now + TTL, number), number)
            case "forget":
                slot = forget(slot, number)
            case _:
                slot = free(slot, number)
        assert slot.fence >= before.fence
        if before.token is not None and slot.token is not None:
            assert slot.token.version >= before.token.version
