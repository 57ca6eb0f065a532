"""Cookies in and out."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from gongpai.gateway.web.cookies import delete_cookie, read_cookies, set_cookie


def test_cookies_are_read_from_every_header() -> None:
    headers = [(b"cookie", b"a=1; b=2"), (b"host", b"c=3"), (b"cookie", b"d=4=5; broken;")]
    assert read_cookies(headers) == {"a": "1", "b": "2", "d": "4=5"}


def test_a_name_that_comes_twice_is_left_out_wherever_it_comes() -> None:
    assert read_cookies([(b"cookie", b"a=1; b=2; a=1")]) == {"b": "2"}
    assert read_cookies([(b"cookie", b"a=1"), (b"cookie", b"a=2; b=3; a=4")]) == {"b": "3"}


def test_a_cookie_is_found_however_much_others_left_beside_it() -> None:
    others = b"; ".join(b"n%d=%b" % (number, b"x" * 90) for number in range(600))
    found = read_cookies([(b"cookie", others + b"; a=1")])
    assert (len(found), found["a"]) == (601, "1")


@given(st.binary(max_size=200))
def test_any_bytes_are_read_without_an_error(value: bytes) -> None:
    assert isinstance(read_cookies([(b"cookie", value)]), dict)


def test_a_cookie_is_set_for_our_host_alone_and_can_be_forgotten() -> None:
    assert set_cookie("__Host-x", "v", timedelta(minutes=1)) == (
        "__Host-x=v; Max-Age=60; Path=/; Secure; HttpOnly; SameSite=Lax"
    )
    assert delete_cookie("__Host-x").startswith("__Host-x=; Max-Age=0;")
