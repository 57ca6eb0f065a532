from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongpai.gateway.config import IdentityField
from gongpai.gateway.gate import GateCookie
from gongpai.gateway.gate.identity import groups_value, header_value, identity_headers, no_identity, read_names

NAMES = read_names([(field, f"X-{field}") for field in IdentityField])
PERSON = GateCookie("ref", "subject", "lisi", None, ("dept:1", "a,b"), "main", 0, 0, 1, "李四 (北京), 50%")


def test_102_every_value_is_safe_in_a_header_and_can_be_read_back() -> None:
    headers = dict(identity_headers(NAMES, PERSON))
    assert headers[b"x-name"] == b"%E6%9D%8E%E5%9B%9B (%E5%8C%97%E4%BA%AC), 50%25"
    assert unquote(headers[b"x-name"].decode()) == PERSON.name
    assert headers[b"x-groups"] == b"dept:1,a%2Cb"
    assert (headers[b"x-subject"], headers[b"x-username"], headers[b"x-email"]) == (b"subject", b"lisi", b"")


def test_nobody_has_the_same_headers_with_nothing_in_them() -> None:
    assert no_identity(NAMES) == [(name, b"") for _, name in NAMES]


@pytest.mark.parametrize("text", ["Li Si", "li.si@corp.example", ""])
def test_what_is_plain_stays_as_it_is(text: str) -> None:
    assert header_value(text) == text


@given(st.text(st.characters(codec="utf-8")))
def test_102_no_text_can_end_or_split_a_header(text: str) -> None:
    value = header_value(text)
    assert value.isascii()
    assert value.isprintable()
    assert value == value.strip()
    assert unquote(value) == text


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1)))
def test_102_groups_come_apart_where_they_were_joined(groups: list[str]) -> None:
    value = groups_value(groups)
    assert [unquote(group) for group in value.split(",") if group] == groups
    assert value.isascii()
    assert value.isprintable()
