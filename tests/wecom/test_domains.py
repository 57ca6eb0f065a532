import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongpai.wecom import DomainFault, DomainVerdict, UsageError, explain_domain, require_trusted

LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
HOST = st.lists(LABEL, min_size=2, max_size=4).map(".".join)
PORT = st.none() | st.integers(1, 65535)
PATH = st.from_regex(r"(/[a-zA-Z0-9%_.~-]{0,10}){0,3}(\?[a-z=&]{0,10})?(#[a-z/]{0,8})?", fullmatch=True)


def join(host: str, port: int | None) -> str:
    return host if port is None else f"{host}:{port}"


# The table of WeCom 91335, then that of 98173.
@pytest.mark.parametrize(
    ("domain", "callback_url", "fault"),
    [
        ("mail.qq.com:8080", "http://mail.qq.com:8080/cgi-bin/login", None),
        ("email.qq.com", "http://mail.qq.com:8080/cgi-bin/login", DomainFault.OTHER_HOST),
        ("support.mail.qq.com", "http://mail.qq.com:8080/cgi-bin/login", DomainFault.PARENT_DOMAIN),
        ("*.qq.com", "http://mail.qq.com:8080/cgi-bin/login", DomainFault.SETTING_HAS_WILDCARD),
        ("mail.qq.com", "http://mail.qq.com:8080/cgi-bin/login", DomainFault.PORT_ONLY_IN_ADDRESS),
        ("mail.qq.com", "https://mail.qq.com/x", None),
        ("mail.qq.com", "http://mail.qq.com/y", None),
        ("mail.qq.com", "http://exmail.qq.com/x", DomainFault.OTHER_HOST),
        ("http://mail.qq.com:8080", "http://mail.qq.com:8080/x", DomainFault.SETTING_HAS_SCHEME),
        ("mail.qq.com:8080", "http://mail.qq.com/x", DomainFault.PORT_ONLY_IN_SETTING),
        ("mail.qq.com:8080", "http://mail.qq.com:8081/x", DomainFault.PORT_DIFFERS),
        ("qq.com", "https://mail.qq.com/x", DomainFault.SUBDOMAIN),
        ("MAIL.qq.com", "https://mail.QQ.com/x", None),
        ("mail.qq.com", "https://mail.qq.com:443/x", DomainFault.PORT_ONLY_IN_ADDRESS),
        ("mail.qq.com", "https://notmail.qq.com/x", DomainFault.OTHER_HOST),
        ("", "https://mail.qq.com/x", DomainFault.SETTING_EMPTY),
        ("mail.qq.com/login", "https://mail.qq.com/login", DomainFault.SETTING_NOT_A_HOST),
        ("mail.qq.com ", "https://mail.qq.com/", DomainFault.SETTING_NOT_A_HOST),
        ("mail.qq.com\\", "https://mail.qq.com/", DomainFault.SETTING_NOT_A_HOST),
        ("user@mail.qq.com", "https://mail.qq.com/", DomainFault.SETTING_NOT_A_HOST),
        ("mail.qq.com:port", "https://mail.qq.com/", DomainFault.SETTING_NOT_A_HOST),
        ("邮件.example", "https://mail.qq.com/", DomainFault.SETTING_NOT_A_HOST),
        (":80", "https://mail.qq.com/", DomainFault.SETTING_NOT_A_HOST),
        ("a." * 130 + "com", "https://mail.qq.com/", DomainFault.SETTING_NOT_A_HOST),
        ("mail.qq.com", "ftp://mail.qq.com/", DomainFault.NOT_AN_ADDRESS),
        ("mail.qq.com", "mail.qq.com/cb", DomainFault.NOT_AN_ADDRESS),
        ("mail.qq.com", "//mail.qq.com/cb", DomainFault.NOT_AN_ADDRESS),
        ("mail.qq.com", "https:///cb", DomainFault.NOT_AN_ADDRESS),
        ("mail.qq.com", "https%3A%2F%2Fmail.qq.com%2Fcb", DomainFault.NOT_AN_ADDRESS),
        ("mail.qq.com", "https://mail.qq.com:port/", DomainFault.NOT_AN_ADDRESS),
        ("mail.qq.com", "https://[mail.qq.com/", DomainFault.NOT_AN_ADDRESS),
        ("mail.qq.com", "https://evil.example\\@mail.qq.com/", DomainFault.NOT_AN_ADDRESS),
        ("mail.qq.com", "https://mail.qq.com/\n", DomainFault.NOT_AN_ADDRESS),
        ("mail.qq.com", " https://mail.qq.com/", DomainFault.NOT_AN_ADDRESS),
        ("mail.qq.com", "https://mail.qq.com\x7f/", DomainFault.NOT_AN_ADDRESS),
        ("mail.qq.com", "https://mail。qq。com/", DomainFault.NOT_AN_ADDRESS),
        ("mail.qq.com", "", DomainFault.NOT_AN_ADDRESS),
        ("mail.qq.com", "https://mail.qq.com@evil.example/", DomainFault.HAS_USER),
        ("mail.qq.com", "https://user:pw@mail.qq.com/", DomainFault.HAS_USER),
    ],
)  # fmt: skip
def test_the_verdict_says_why_not(domain: str, callback_url: str, fault: DomainFault | None) -> None:
    assert explain_domain(callback_url, domain) == DomainVerdict(fault is None, fault)


@pytest.mark.parametrize("fault", list(DomainFault))
def test_every_fault_can_be_said_in_both_languages(fault: DomainFault) -> None:
    assert fault.text.en
    assert fault.text.zh


def test_a_mismatch_is_refused_with_its_reason() -> None:
    with pytest.raises(UsageError, match="even :443 counts"):
        require_trusted("https://mail.qq.com:443/", "mail.qq.com")
    require_trusted("https://mail.qq.com/", "mail.qq.com")


def test_without_a_setting_any_address_will_do_but_not_anything() -> None:
    require_trusted("https://anything.example:8443/", None)
    with pytest.raises(UsageError, match="absolute"):
        require_trusted("/signin/callback", None)


@given(host=HOST, port=PORT, path=PATH, scheme=st.sampled_from(["http", "https"]))
def test_the_same_host_and_port_always_match(host: str, port: int | None, path: str, scheme: str) -> None:
    assert explain_domain(f"{scheme}://{join(host, port)}{path}", join(host, port).upper()).ok


@given(host=HOST, other=HOST, port=PORT, other_port=PORT, path=PATH)
def test_a_different_host_or_port_never_matches(
    host: str, other: str, port: int | None, other_port: int | None, path: str
) -> None:
    is_same = (host, port) == (other, other_port)
    assert explain_domain(f"https://{join(host, port)}{path}", join(other, other_port)).ok is is_same


@given(host=HOST, label=LABEL)
def test_a_parent_never_covers_its_child_nor_the_reverse(host: str, label: str) -> None:
    assert explain_domain(f"https://{label}.{host}/", host).reason is DomainFault.SUBDOMAIN
    assert explain_domain(f"https://{host}/", f"{label}.{host}").reason is DomainFault.PARENT_DOMAIN


@given(callback_url=st.text(), domain=st.text())
def test_hostile_input_gets_a_verdict(callback_url: str, domain: str) -> None:
    verdict = explain_domain(callback_url, domain)
    assert verdict.ok is (verdict.reason is None)


@given(noise=st.text(min_size=1, max_size=8))
def test_nothing_before_the_host_makes_another_host_pass(noise: str) -> None:
    verdict = explain_domain(f"https://{noise}.evil.example/", "sso.example.com")
    assert not verdict.ok
