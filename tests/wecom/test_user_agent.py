import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongpai.wecom import Client, ClientKind, Platform, client_kind

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 "
    "wxwork/4.1.30 MicroMessenger/7.0.1 Language/zh ColorScheme/Light wwmver/3.26.13.714"
)
ANDROID = (
    "Mozilla/5.0 (Linux; Android 14; PJA110 Build/UKQ1; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
    "Chrome/130.0.6723.86 Mobile Safari/537.36 wxwork/4.1.36 MicroMessenger/7.0.1 NetType/4G Language/zh Lang/zh"
)
MAC = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)wxwork/3.1.8 "
    "(MicroMessenger/6.2) WeChat/2.0.4"
)
WINDOWS = (
    "Mozilla/5.0 (Windows NT 10.0; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/107.0.5304.110 Safari/537.36 "
    "Language/zh wxwork/4.1.10 (MicroMessenger/6.2) WindowsWechat  MailPlugin_Electron WeMail embeddisk"
)
WECHAT = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 "
    "MicroMessenger/8.0.49(0x18003137) NetType/WIFI Language/zh_CN"
)
LINUX = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"


@pytest.mark.parametrize(
    ("user_agent", "client"),
    [
        (IPHONE, Client(ClientKind.WECOM, "4.1.30", Platform.IOS)),
        (ANDROID, Client(ClientKind.WECOM, "4.1.36", Platform.ANDROID)),
        (MAC, Client(ClientKind.WECOM, "3.1.8", Platform.MAC)),
        (WINDOWS, Client(ClientKind.WECOM, "4.1.10", Platform.WINDOWS)),
        (WECHAT, Client(ClientKind.WECHAT, "8.0.49", Platform.IOS)),
        (LINUX, Client(ClientKind.BROWSER, None, Platform.LINUX)),
        ("WXWORK/1.", Client(ClientKind.WECOM, "1")),
        ("wxwork/.", Client(ClientKind.WECOM)),
        ("wxwork", Client(ClientKind.BROWSER)),
        ("MicroMessenger", Client(ClientKind.WECHAT)),
        ("curl/8.5.0", Client(ClientKind.BROWSER)),
        ("", Client(ClientKind.BROWSER)),
    ],
)
def test_the_client_is_told_with_its_version_and_platform(user_agent: str, client: Client) -> None:
    assert client_kind(user_agent) == client


def test_wecom_and_wechat_open_the_in_app_link() -> None:
    assert client_kind(IPHONE).opens_in_app_link
    assert client_kind(WECHAT).opens_in_app_link
    assert not client_kind(LINUX).opens_in_app_link


def test_only_the_beginning_of_a_monstrous_header_is_read() -> None:
    assert client_kind("x" * 100_000 + "wxwork/4.1").kind is ClientKind.BROWSER


@given(st.text())
def test_any_header_is_some_client(user_agent: str) -> None:
    version = client_kind(user_agent).version
    assert version is None or set(version) <= set("0123456789.")
