"""Redirect URIs: nothing but what is registered, whatever readers of URLs make of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongpai.gateway.oidc.redirect_uris import LIMIT, fault_of, is_loopback, is_registered

_CB = "https://rp.example.com/cb"
_NATIVE = "http://127.0.0.1/cb"
_REGISTERED = (_CB, _NATIVE, "http://[::1]:7000/cb?a=1", "http://localhost:3000/cb", "https://*.example.org/cb")


@pytest.mark.parametrize("registered", _REGISTERED)
def test_what_is_registered_is_registered(registered: str) -> None:
    assert is_registered(registered, _REGISTERED)


@pytest.mark.parametrize(
    "redirect_uri",
    [
        # Attacks 5 and 6.
        "https://rp.example.com/cb/extra",
        "https://rp.example.com/cb?x=1",
        "https://rp.example.com/cb#x",
        # Attack 9.
        "https://rp.example.com/CB",
        "https://rp.example.com/cb/",
        "https://rp.example.com./cb",
        "HTTPS://rp.example.com/cb",
        "https://RP.example.com/cb",
        "https://rp.example.com:443/cb",
        # Attack 10.
        "https://rp.example.com@evil.com/cb",
        "https://rp.example.com.evil.com/cb",
        "https://evil.com#rp.example.com",
        "https://evil.com?https://rp.example.com/cb",
        # Attack 11.
        "https://rp.example.com/cb/../../evil",
        "https://rp.example.com/./cb",
        "https://rp.example.com/%63b",
        "https://rp.example.com/cb%2e%2e%2f",
        "https://rp.example.com/cb%252e",
        "https://rp.example.com/cb/..;/",
        "https:\\\\rp.example.com\\cb",
        "https:/rp.example.com/cb",
        # Attack 12.
        "https://rp.example.com/cb\x00",
        "https://rp.example.com/cb\r\nLocation: https://evil.com",
        "https://rp.example.com/cb\n",
        "https://rp.example.com/cb ",
        "\thttps://rp.example.com/cb",
        "https://rp.exаmple.com/cb",  # a Cyrillic a
        # Attack 15.
        "http://127.0.0.1.evil.com/cb",
        "http://127.0.0.1@evil.com/cb",
        "http://127.0.0.1:80@evil.com/cb",
        "http://127.0.0.2/cb",
        "http://2130706433/cb",
        "http://0x7f.1/cb",
        "http://[::ffff:127.0.0.1]/cb",
        "https://127.0.0.1/cb",
        "http://127.0.0.1:0/cb",
        "http://127.0.0.1:65536/cb",
        "http://127.0.0.1:7000:80/cb",
        "http://127.0.0.1:٣/cb",
        "http://127.0.0.1:7000/other",
        "http://127.0.0.1:7000/cb?x=1",
        "http://127.0.0.1:7000/cb#x",
        "http://127.0.0.1:7000\n/cb",
        "http://[::1]:7000/cb",
        "http://[::1]:7000/cb?a=2",
        "http://localhost:3001/cb",
        "http://localhost/cb",
        # Attack 19.
        "https://anything.example.org/cb",
        # Attack 20.
        _CB + "x" * LIMIT,
        "",
        "/cb",
        "javascript:alert(1)",
    ],
)
def test_no_other_address_is_registered(redirect_uri: str) -> None:
    assert not is_registered(redirect_uri, _REGISTERED)


@pytest.mark.parametrize(
    "redirect_uri", ["http://127.0.0.1:1/cb", "http://127.0.0.1:65535/cb", "http://[::1]:9/cb?a=1"]
)
def test_a_native_app_listens_where_it_can(redirect_uri: str) -> None:
    # Attack 15.
    assert is_registered(redirect_uri, _REGISTERED)
    assert is_loopback(redirect_uri)


def test_an_address_that_is_too_long_is_not_even_compared() -> None:
    # Attack 20.
    long = _CB + "x" * LIMIT
    assert not is_registered(long, (long,))


@given(st.text(max_size=60))
def test_no_other_text_is_registered(tail: str) -> None:
    for start in ("", "https://rp.example.com", _CB, "http://127.0.0.1"):
        asked = start + tail
        if is_registered(asked, _REGISTERED):
            assert asked in _REGISTERED or (is_loopback(asked) and asked.endswith("/cb"))


@given(st.integers())
def test_only_a_port_is_a_port(port: int) -> None:
    assert is_registered(f"http://127.0.0.1:{port}/cb", _REGISTERED) == (1 <= port <= 65_535)


@pytest.mark.parametrize(
    ("redirect_uri", "is_public"),
    [
        (_CB, False),
        ("https://rp.example.com:8443/cb?a=1", False),
        ("http://127.0.0.1/cb", False),
        ("http://[::1]:7000/cb", False),
        ("http://localhost:3000/cb", False),
        ("com.example.app:/cb", True),
    ],
)
def test_a_safe_address_may_be_registered(redirect_uri: str, *, is_public: bool) -> None:
    assert fault_of(redirect_uri, is_public=is_public) is None


@pytest.mark.parametrize(
    ("redirect_uri", "is_public"),
    [
        # Attack 14.
        ("http://rp.example.com/cb", False),
        ("http://rp.example.com/cb", True),
        ("http://10.0.0.1/cb", False),
        ("http:///cb", False),
        ("https:///cb", False),
        ("https://user@rp.example.com/cb", False),
        ("https://*.example.com/cb", False),
        ("http://127.0.0.1:*/cb", True),
        ("https://rp.example.com/cb#x", False),
        ("https://rp.example.com/c b", False),
        ("https://rp.example.com/回", False),
        ("https://rp.example.com\\cb", False),
        ("https://rp.example.com:99999/cb", False),
        ("https://rp.example.com:0/cb", False),
        ("https://[::1/cb", False),
        ("https://rp.example.com/" + "x" * LIMIT, False),
        ("com.example.app:/cb", False),
        ("myapp:/cb", True),
        ("javascript:alert(1)", True),
        ("", True),
        ("/cb", True),
    ],
)
def test_an_unsafe_address_may_not(redirect_uri: str, *, is_public: bool) -> None:
    assert fault_of(redirect_uri, is_public=is_public) is not None
