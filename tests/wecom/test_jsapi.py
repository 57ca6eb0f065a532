import string
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongpai.wecom import JsapiSignature, JsapiTicket, UsageError, new_noncestr, sign_jsapi

TICKET = "sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg"
PAGE = "http://mp.weixin.qq.com?params=value"


def test_the_signature_is_that_of_wecoms_own_example() -> None:
    signed = sign_jsapi(TICKET, "Wm3WZYTPz0wzccnW", 1414587457, PAGE)
    assert signed == JsapiSignature(1414587457, "Wm3WZYTPz0wzccnW", "0f9de62fce790f9a083d5c99e95740ceb90c27ed")


def test_a_ticket_signs_like_its_value() -> None:
    ticket = JsapiTicket(TICKET, timedelta(hours=2))
    assert sign_jsapi(ticket, "n", 1, PAGE) == sign_jsapi(TICKET, "n", 1, PAGE)


@given(st.text(max_size=50))
def test_the_fragment_never_counts(fragment: str) -> None:
    assert sign_jsapi(TICKET, "n", 1, f"{PAGE}#{fragment}") == sign_jsapi(TICKET, "n", 1, PAGE)


@pytest.mark.parametrize(
    ("ticket", "noncestr", "url"),
    [
        ("", "n", PAGE),
        ("a&noncestr=x", "n", PAGE),
        (TICKET, "", PAGE),
        (TICKET, "n&timestamp=1", PAGE),
        (TICKET, "随机", PAGE),
        (TICKET, "n", ""),
        (TICKET, "n", "#only-a-fragment"),
        (TICKET, "n", "https://x.example/" + "y" * 9000),
    ],
)
def test_parts_that_could_run_into_each_other_are_refused(ticket: str, noncestr: str, url: str) -> None:
    with pytest.raises(UsageError):
        sign_jsapi(ticket, noncestr, 1, url)


def test_a_nonce_is_fresh_and_signable() -> None:
    nonces = {new_noncestr() for _ in range(100)}
    assert len(nonces) == 100
    assert all(set(nonce) <= set(string.hexdigits) for nonce in nonces)
