from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongpai.wecom import WECOM, Hosts, UsageError
from gongpai.wecom.hosts import build_url


def test_by_default_all_hosts_are_wecoms() -> None:
    assert Hosts() == WECOM
    assert WECOM.is_wecom


def test_one_setting_moves_all_four() -> None:
    hosts = Hosts.at("http://127.0.0.1:8080/c/corner-1/")
    assert {hosts.api, hosts.oauth, hosts.login, hosts.qr} == {"http://127.0.0.1:8080/c/corner-1"}
    assert not hosts.is_wecom


def test_each_host_moves_alone() -> None:
    hosts = Hosts(api="https://wecom.corp.example")
    assert (hosts.api, hosts.oauth) == ("https://wecom.corp.example", WECOM.oauth)
    assert not hosts.is_wecom


@pytest.mark.parametrize(
    "bad",
    [
        "", "qyapi.weixin.qq.com", "ftp://x.example", "https://", "https:///cgi-bin", "https://x.example?a=1",
        "https://x.example#a", "https://user@x.example", "https://x.example\\@evil.example", "https://x .example",
        "https://x.example\n", "https://企业.example", "https://x.example:port", "https://[::1", "https://x.example:0",
        "javascript:alert(1)",
    ],
)  # fmt: skip
def test_what_is_not_an_origin_is_refused(bad: str) -> None:
    with pytest.raises(UsageError, match="host 'qr'"):
        Hosts(qr=bad)


@given(st.dictionaries(st.text(min_size=1), st.text(min_size=1), min_size=1))
def test_every_value_is_encoded_exactly_once(query: dict[str, str]) -> None:
    try:
        url = build_url("https://x.example", "/path", query, "end")
    except UnicodeEncodeError:
        return
    parts = urlsplit(url)
    assert dict(parse_qsl(parts.query, strict_parsing=True)) == query
    assert parts.fragment == "end"
    assert "+" not in url


def test_without_a_fragment_there_is_no_hash() -> None:
    assert build_url("https://x.example", "/p", {"a": "b c"}) == "https://x.example/p?a=b%20c"
