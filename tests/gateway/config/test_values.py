from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongpai.gateway.config.settings import Address
from gongpai.gateway.config.values import (
    is_loopback,
    parse_address,
    parse_duration,
    parse_network,
    parse_origin,
    parse_secret_key,
    parse_url,
)


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("http://localhost:8000", True),
        ("http://sso.localhost", True),
        ("http://127.0.0.2:8000", True),
        ("http://[::1]:8000", True),
        ("http://192.0.2.1", False),
        ("https://sso.example.com", False),
        ("https://localhost.example.com", False),
        ("", False),
    ],
)
def test_loopback_is_told_by_the_spelling_alone(origin: str, expected: bool) -> None:  # noqa: FBT001  a column
    assert is_loopback(origin) is expected


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://SSO.example.com:443/", "https://sso.example.com"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("https://sso.example.com:8443", "https://sso.example.com:8443"),
        ("https://[2001:DB8::1]:8443", "https://[2001:db8::1]:8443"),
        ("https://sso.example.com/path", None),
        ("https://sso.example.com#", None),
        ("https://user@sso.example.com", None),
        ("https://sso.example.com:0", None),
        ("https://sso.example.com:port", None),
        ("ftp://sso.example.com", None),
        ("sso.example.com", None),
    ],
)
def test_an_origin_is_spelt_as_browsers_spell_it(text: str, origin: str | None) -> None:
    assert parse_origin(text) == origin


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:8000", Address("127.0.0.1", 8000)),
        ("[::1]:0", Address("::1", 0)),
        ("127.0.0.1:65536", None),
        (":8000", None),
        ("127.0.0.1:", None),
    ],
)
def test_an_address_has_a_host_and_a_port(text: str, address: Address | None) -> None:
    assert parse_address(text) == address


def test_a_duration_has_a_number_and_a_unit() -> None:
    assert parse_duration("90s") == timedelta(seconds=90)
    assert parse_duration("7d") == timedelta(days=7)
    assert parse_duration("1h30m") is None


@given(text=st.text())
def test_hostile_text_gets_a_value_or_none(text: str) -> None:
    is_loopback(f"https://{''.join(each for each in text if each not in '[]')}")
    parse_address(text)
    parse_duration(text)
    parse_network(text)
    parse_origin(text)
    parse_secret_key(text)
    parse_url(text, frozenset({"https"}))
