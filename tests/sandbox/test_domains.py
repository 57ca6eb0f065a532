"""The sandbox's own reading of the domain rule: the tables of WeCom 91335 and 98173."""

import pytest

from gongpai.sandbox.domains import explain_domain, redirect_host


@pytest.mark.parametrize(
    ("redirect_uri", "domain"),
    [
        ("http://mail.qq.com:8080/cgi-bin/x", "mail.qq.com:8080"),
        ("https://mail.qq.com/x", "mail.qq.com"),
        ("http://mail.qq.com/y", "mail.qq.com"),
        ("https://MAIL.qq.com/y?a=b#c", "Mail.QQ.com"),
        ("http://[::1]:9/x", "[::1]:9"),
    ],
)
def test_the_same_host_and_port_satisfy(redirect_uri: str, domain: str) -> None:
    assert explain_domain(redirect_uri, domain) is None


@pytest.mark.parametrize(
    ("redirect_uri", "domain", "reason"),
    [
        ("http://mail.qq.com:8080/a", "mail.qq.com", "redirect_uri is at mail.qq.com:8080"),
        ("http://mail.qq.com/a", "mail.qq.com:8080", "configured is mail.qq.com:8080"),
        ("http://exmail.qq.com/x", "mail.qq.com", "redirect_uri is at exmail.qq.com"),
        ("http://support.mail.qq.com/x", "mail.qq.com", "support.mail.qq.com"),
        ("http://mail.qq.com/x", "*.qq.com", "configured is *.qq.com"),
        ("https://mail.qq.com:443/x", "mail.qq.com", "mail.qq.com:443"),
        ("http://mail.qq.com:8080", "http://mail.qq.com:8080", "without a scheme"),
        ("http://mail.qq.com", "", "no domain is configured"),
        ("//mail.qq.com", "mail.qq.com", "not an http"),
        ("javascript:alert(1)", "mail.qq.com", "not an http"),
        ("http://mail.qq.com@evil.example/", "mail.qq.com", "not an http"),
        ("http://evil.example\\@mail.qq.com/", "mail.qq.com", "not an http"),
        ("http://mail.qq.com /x", "mail.qq.com", "not an http"),
        ("http://mail.qq.com:99999/x", "mail.qq.com", "not an http"),
        ("http://", "mail.qq.com", "not an http"),
        ("http://[::1/x", "mail.qq.com", "not an http"),
        ("http://mail.qq.com/" + "a" * 2048, "mail.qq.com", "not an http"),
    ],
)
def test_anything_else_does_not_and_says_why(redirect_uri: str, domain: str, reason: str) -> None:
    assert reason in (explain_domain(redirect_uri, domain) or "")


def test_a_port_counts_exactly_when_it_is_written() -> None:
    assert redirect_host("https://a.example:443/") == "a.example:443"
    assert redirect_host("https://A.example/") == "a.example"
