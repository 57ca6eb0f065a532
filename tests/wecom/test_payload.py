import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongpai.wecom import TransportError
from gongpai.wecom import payload as read

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.parametrize("value", [None, ""])
def test_null_and_empty_both_mean_not_available(value: object) -> None:
    assert read.text({"k": value}, "k") is None
    assert read.number({"k": value}, "k") is None
    assert read.text({}, "k") is None


@pytest.mark.parametrize("value", [1, True, [], {}])
def test_what_is_not_text_is_refused(value: object) -> None:
    with pytest.raises(TransportError, match="k is not text"):
        read.text({"k": value}, "k")


@pytest.mark.parametrize("value", ["x" * 5, "中文", "x" * 10_000_000])
def test_text_has_a_limit_in_bytes(value: str) -> None:
    with pytest.raises(TransportError, match="longer than 4 bytes"):
        read.text({"k": value}, "k", 4)


def test_text_within_the_limit_is_returned() -> None:
    assert read.require_text({"k": "中x"}, "k", 4) == "中x"


def test_text_that_was_cut_off_within_a_letter_is_readable() -> None:
    assert read.text(json.loads(r'{"k": "\u674e\ud83d"}'), "k") == "李\ufffd"
    assert read.text(json.loads(r'{"k": "\ud83d\ude00"}'), "k") == "😀"


@pytest.mark.parametrize(("value", "expected"), [(7, 7), ("7", 7), ("007", 7), (-3, -3), (0, 0)])
def test_numbers_come_bare_or_in_quotes(value: object, expected: int) -> None:
    assert read.require_number({"k": value}, "k") == expected


@pytest.mark.parametrize("value", [True, 1.5, "-", "1.5", "٣", "9" * 30, 2**63, [], {}])
def test_what_is_not_a_whole_number_is_refused(value: object) -> None:
    with pytest.raises(TransportError, match="k is not a whole number"):
        read.number({"k": value}, "k")


@pytest.mark.parametrize("require", [read.require_text, read.require_number])
def test_a_missing_field_is_named(require: Callable[[read.Payload, str], object]) -> None:
    with pytest.raises(TransportError, match="k is missing"):
        require({}, "k")


def test_lists_are_read_and_absent_ones_are_empty() -> None:
    assert read.numbers({"k": [1, "2"]}, "k") == (1, 2)
    assert read.texts({"k": ["a", "b"]}, "k") == ("a", "b")
    assert read.objects({"k": [{"a": 1}]}, "k") == ({"a": 1},)
    assert read.numbers({}, "k") == ()
    assert read.texts({"k": None}, "k") == ()
    assert read.objects({}, "k") == ()


@pytest.mark.parametrize("value", ["abc", {"a": 1}, 5, [None] * 100_001])
def test_what_is_not_a_list_of_a_sane_length_is_refused(value: object) -> None:
    with pytest.raises(TransportError, match="k is not a list"):
        read.texts({"k": value}, "k")


def test_an_object_inside_is_read_and_an_absent_one_is_empty() -> None:
    assert read.child({"k": {"a": 1}}, "k") == {"a": 1}
    assert read.child({}, "k") == {}
    with pytest.raises(TransportError, match="k is not an object"):
        read.child({"k": [1]}, "k")


def test_a_lifetime_is_seconds_or_the_default() -> None:
    assert read.lifetime({"expires_in": 7200}) == timedelta(hours=2)
    assert read.lifetime({}, timedelta(seconds=9)) == timedelta(seconds=9)


@pytest.mark.parametrize("payload", [{}, {"expires_in": 0}, {"expires_in": -1}, {"expires_in": 10**9}])
def test_a_life_that_cannot_be_is_refused(payload: dict[str, object]) -> None:
    with pytest.raises(TransportError, match="expires_in"):
        read.lifetime(payload)


def test_what_nobody_knows_is_kept_aside() -> None:
    assert read.rest({"a": 1, "b": 2}, {"a"}) == {"b": 2}


@pytest.mark.parametrize(
    "reader", [read.text, read.number, read.numbers, read.texts, read.objects, read.child, read.require_text]
)
@given(value=JSON)
def test_hostile_values_raise_nothing_but_our_error_and_are_not_repeated(
    reader: Callable[[read.Payload, str], object], value: object
) -> None:
    try:
        reader({"secret_field": value}, "secret_field")
    except TransportError as error:
        assert str(error).startswith("WeCom's answer: secret_field ")  # noqa: PT017  either outcome is right
