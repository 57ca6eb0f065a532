from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongpai.gateway.store.sql.rows import from_micros, to_micros


@given(st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001  made aware
def test_a_moment_comes_back_to_the_microsecond(moment: datetime) -> None:
    assert from_micros(to_micros(moment)) == moment


def test_a_moment_is_the_same_wherever_it_is_told() -> None:
    there = datetime(2026, 11, 22, 8, tzinfo=timezone(timedelta(hours=8)))
    assert to_micros(there) == to_micros(datetime(2026, 11, 22, tzinfo=UTC))


def test_a_column_that_holds_no_number_is_an_error() -> None:
    with pytest.raises(TypeError):
        from_micros("2026")
