"""Reading parameters, hostile ones above all."""

from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongpai.gateway.oidc.parameters import SIZE_LIMIT, MalformedError, Parameters, read_parameters


def test_a_form_is_read_by_name() -> None:
    assert read_parameters(b"a=1&b=x+y%26z&c=%E6%9D%8E") == Parameters({"a": "1", "b": "x y&z", "c": "李"})


def test_a_parameter_without_a_value_counts_as_omitted() -> None:
    assert read_parameters(b"a=&b&c=1") == Parameters({"c": "1"})


def test_a_parameter_that_comes_twice_has_no_value_at_all() -> None:
    # Attacks 17 and 69; the same value twice is twice.
    read = read_parameters(b"a=1&b=2&a=1&c=&c=3")
    assert read == Parameters({"b": "2"}, frozenset({"a", "c"}))
    assert read.get("a") is None


@pytest.mark.parametrize(
    "raw",
    [
        b"a=%ff",
        b"a=\xe6\x9d\x8e",
        b"a=%ed%a0%80",
        b"&".join(b"a%d=1" % number for number in range(101)),
        b"a=" + b"1" * SIZE_LIMIT,
    ],
)
def test_what_readers_would_read_differently_is_refused(raw: bytes) -> None:
    # Attack 20: in bounded time.
    with pytest.raises(MalformedError):
        read_parameters(raw)


def test_the_values_stay_out_of_the_log() -> None:
    assert "s3cret" not in repr(read_parameters(b"client_secret=s3cret"))


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    try:
        read = read_parameters(raw)
    except MalformedError:
        return
    assert not read.values.keys() & read.repeated
    assert all(read.values.values())


@given(st.dictionaries(st.text(min_size=1), st.text(min_size=1), max_size=20))
def test_what_a_party_encodes_comes_back_whole(sent: dict[str, str]) -> None:
    encodable = {name: value for name, value in sent.items() if (name + value).isprintable()}
    assert read_parameters(urlencode(encodable).encode()).values == encodable


@given(st.text(alphabet="ab=&+;%0Cé", max_size=40))
def test_fields_are_told_apart_as_by_the_standard_library(text: str) -> None:
    try:
        pairs = parse_qsl(text.encode().decode("ascii"), keep_blank_values=True, errors="strict")
    except ValueError:
        with pytest.raises(MalformedError):
            read_parameters(text.encode())
        return
    names = [name for name, _ in pairs]
    read = read_parameters(text.encode())
    assert read.repeated == {name for name in names if names.count(name) > 1}
    assert read.values == {name: value for name, value in pairs if value and names.count(name) == 1}
