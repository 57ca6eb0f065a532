import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongpai.gateway.config import IdentityField
from gongpai.gateway.gate import GateCookie
from gongpai.gateway.gate.identity import (
    groups_of,
    groups_value,
    half_of,
    header_names,
    header_value,
    identity_reader,
    text_of,
)

PERSON = GateCookie(
    "ref",
    b"subject",
    header_value("lisi"),
    b"",
    groups_value(["dept:1", "a,b"]),
    0,
    0,
    1,
    header_value("李四 (北京), 50%"),
)
FIELDS = [(field, f"X-{field}") for field in IdentityField]


def test_102_every_value_is_safe_in_a_header_and_can_be_read_back() -> None:
    headers = dict(zip(header_names(FIELDS), identity_reader(FIELDS)(PERSON), strict=True))
    assert headers[b"x-name"] == b"%E6%9D%8E%E5%9B%9B (%E5%8C%97%E4%BA%AC), 50%25"
    assert text_of(headers[b"x-name"]) == "李四 (北京), 50%"
    assert headers[b"x-groups"] == b"dept:1,a%2Cb"
    assert (headers[b"x-subject"], headers[b"x-username"], headers[b"x-email"]) == (b"subject", b"lisi", b"")


def test_a_single_header_is_filled_too() -> None:
    assert identity_reader([(IdentityField.USERNAME, "X-User")])(PERSON) == (b"lisi",)


def test_half_of_the_groups_is_less_until_none_is_left() -> None:
    groups = groups_value(["a", "b,c", "d"])
    assert (half_of(groups), half_of(half_of(groups)), half_of(b"")) == (b"a", b"", b"")


@pytest.mark.parametrize("text", ["Li Si", "li.si@corp.example", ""])
def test_what_is_plain_stays_as_it_is(text: str) -> None:
    assert header_value(text) == text.encode()


@pytest.mark.parametrize("text", ["%41", "50%", " Li", "Li "])
def test_what_an_app_would_decode_or_strip_is_encoded_though_it_is_ascii(text: str) -> None:
    value = header_value(text)
    assert value != text.encode()
    assert text_of(value.strip()) == text


@given(st.text(st.characters(codec="utf-8")))
def test_102_no_text_can_end_or_split_a_header(text: str) -> None:
    value = header_value(text)
    assert value.isascii()
    assert value.decode().isprintable()
    assert value == value.strip()
    assert text_of(value) == text


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1)))
def test_102_groups_come_apart_where_they_were_joined(groups: list[str]) -> None:
    value = groups_value(groups)
    assert groups_of(value) == groups
    assert value.isascii()
    assert value.decode().isprintable()
