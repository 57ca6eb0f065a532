from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongpai.wecom.app_token import AppToken, AppTokenKey, Freshness, freshness
from wecom.clocks import NOON

TOKEN = AppToken("APP_TOKEN", NOON, NOON + timedelta(seconds=7200), 1)


def test_no_token_is_of_no_use() -> None:
    assert freshness(None, NOON, 0.5) is Freshness.INVALID


@pytest.mark.parametrize(
    ("age_seconds", "spread", "expected"),
    [
        (0, 0.0, Freshness.FRESH),
        (6299, 1.0, Freshness.FRESH),
        (6300, 1.0, Freshness.STALE),
        (6300, 0.0, Freshness.FRESH),
        (6599, 0.0, Freshness.FRESH),
        (6600, 0.0, Freshness.STALE),
        (7169, 0.5, Freshness.STALE),
        (7170, 0.5, Freshness.INVALID),
        (7200, 0.5, Freshness.INVALID),
        (9999, 0.5, Freshness.INVALID),
    ],
)
def test_a_token_of_two_hours_is_renewed_ten_to_fifteen_minutes_early(
    age_seconds: int, spread: float, expected: Freshness
) -> None:
    assert freshness(TOKEN, NOON + timedelta(seconds=age_seconds), spread) is expected


@given(life=st.integers(1, 10**6), age=st.integers(0, 2 * 10**6), spread=st.floats(0, 1))
def test_a_token_only_ever_ages(life: int, age: int, spread: float) -> None:
    order = [Freshness.FRESH, Freshness.STALE, Freshness.INVALID]
    token = AppToken("APP_TOKEN", NOON, NOON + timedelta(seconds=life), 1)
    younger = freshness(token, NOON + timedelta(seconds=age), spread)
    older = freshness(token, NOON + timedelta(seconds=age + 1), spread)
    assert order.index(younger) <= order.index(older)
    assert freshness(token, NOON, spread) is Freshness.FRESH
    assert freshness(token, token.expires_at, spread) is Freshness.INVALID


def test_the_key_names_corp_and_app() -> None:
    assert str(AppTokenKey("wwgongpai", 1000002)) == "wwgongpai:1000002"
    assert AppTokenKey("ww1", 1) != AppTokenKey("ww1", 2) != AppTokenKey("ww2", 2)


def test_a_token_does_not_show_itself() -> None:
    assert "APP_TOKEN" not in repr(TOKEN)
