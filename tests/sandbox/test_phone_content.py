"""What a phone makes of a scanned or pasted text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongpai.sandbox.phone import Address, QrKey, read_content


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("https://open.work.weixin.qq.com/wwopen/sso/confirm2?k=0a1b&notretry=yes", QrKey("0a1b")),
        (" http://127.0.0.1:8899/c/ab/wwopen/sso/confirm2?k=0a1b \n", QrKey("0a1b")),
        ("https://sso.example/me", Address("https://sso.example/me")),
        ("https://open.work.weixin.qq.com/wwopen/sso/confirm2", None),
        ("https://open.work.weixin.qq.com/wwopen/sso/confirm2?k=..%2Fx", None),
        ("https://open.work.weixin.qq.com/wwopen/sso/confirm2?k=aa&k=bb", None),
        ("javascript:alert(1)", None),
        ("https://user@sso.example/", None),
        ("just text", None),
        ("", None),
    ],
)
def test_a_login_code_an_address_or_nothing(content: str, expected: object) -> None:
    assert read_content(content) == expected


@given(st.text(max_size=300))
def test_no_text_upsets_the_phone_or_opens_anything_but_the_web(content: str) -> None:
    match read_content(content):
        case Address(url):
            assert url.startswith(("http://", "https://", "HTTP")) or url.lower().startswith("http")
        case QrKey(key):
            assert set(key) <= set("0123456789abcdef")
        case None:
            pass
