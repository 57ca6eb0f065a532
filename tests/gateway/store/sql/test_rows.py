from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongpai.gateway.records_provider import AuthorizationCode
from gongpai.gateway.store.sql.rows import Codec, from_micros, to_micros
from gongpai.gateway.store.sql.tables_provider import authorization_codes

_MOMENT = datetime(2026, 11, 22, tzinfo=UTC)
_CODE = AuthorizationCode("hash", "grant", "wiki", "https://wiki.example.com/cb", None, _MOMENT)


@given(st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001  made aware
def test_a_moment_comes_back_to_the_microsecond(moment: datetime) -> None:
    assert from_micros(to_micros(moment)) == moment


def test_a_moment_is_the_same_wherever_it_is_told() -> None:
    there = datetime(2026, 11, 22, 8, tzinfo=timezone(timedelta(hours=8)))
    assert to_micros(there) == to_micros(datetime(2026, 11, 22, tzinfo=UTC))


def test_a_column_that_holds_no_number_is_an_error() -> None:
    with pytest.raises(TypeError):
        from_micros("2026")


def test_a_row_that_is_the_same_in_every_column_gives_the_same_record() -> None:
    codec = Codec(AuthorizationCode, authorization_codes, remembered=1)
    row = list(codec.to_params(_CODE).values())
    assert codec.from_row(row) == _CODE
    assert codec.from_row(list(row)) is codec.from_row(tuple(row))


def test_a_row_that_differs_in_one_column_is_read_anew() -> None:
    codec = Codec(AuthorizationCode, authorization_codes, remembered=8)
    row = list(codec.to_params(_CODE).values())
    codec.from_row(row)
    spent = [*row[:-1], to_micros(_MOMENT)]
    assert codec.from_row(spent) == replace(_CODE, spent_at=_MOMENT)


def test_a_codec_that_remembers_nothing_reads_each_row() -> None:
    codec = Codec(AuthorizationCode, authorization_codes)
    row = list(codec.to_params(_CODE).values())
    assert codec.from_row(row) is not codec.from_row(row)
