from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongpai.wecom import (
    App,
    Hosts,
    Scope,
    UsageError,
    check_callback_url,
    check_state,
    in_app_url,
    panel_params,
    qr_connect_url,
    web_login_url,
)

APP = App("wxCorpId", 1000000, "secret")
CALLBACK = "https://sso.example.com/signin/callback/main"
STATE = st.from_regex(r"[a-zA-Z0-9]{1,128}", fullmatch=True)
PARTS = st.text(st.characters(min_codepoint=0x21, exclude_characters="\\\x7f", exclude_categories=["Cs"]), max_size=30)


def query_of(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True, strict_parsing=True))


def test_the_in_app_link_is_that_of_wecoms_page() -> None:
    assert in_app_url("CORPID", "https://a.example/cb", "STATE", agentid=1000000) == (
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid=CORPID&redirect_uri=https%3A%2F%2Fa.example%2Fcb"
        "&response_type=code&scope=snsapi_base&state=STATE&agentid=1000000#wechat_redirect"
    )


def test_the_private_scope_needs_an_agentid() -> None:
    with pytest.raises(UsageError, match="snsapi_privateinfo needs an agentid"):
        in_app_url("ww", CALLBACK, "s", scope=Scope.PRIVATE_INFO)
    assert "scope=snsapi_privateinfo" in in_app_url("ww", CALLBACK, "s", scope=Scope.PRIVATE_INFO, agentid=1)


def test_the_silent_scope_does_without_an_agentid() -> None:
    assert "agentid" not in query_of(in_app_url("ww", CALLBACK, "s"))


def test_the_web_login_link_is_that_of_wecoms_page() -> None:
    assert web_login_url(App("WWCorpId", 1000000, "x"), "http://work.weixin.qq.com", "WWLogin", lang="zh") == (
        "https://login.work.weixin.qq.com/wwlogin/sso/login?login_type=CorpApp&appid=WWCorpId&agentid=1000000"
        "&redirect_uri=http%3A%2F%2Fwork.weixin.qq.com&state=WWLogin&lang=zh"
    )


def test_the_old_qr_page_is_still_reached() -> None:
    assert qr_connect_url(APP, "http://api.3dept.com", "S", lang="en") == (
        "https://open.work.weixin.qq.com/wwopen/sso/qrConnect?appid=wxCorpId&agentid=1000000"
        "&redirect_uri=http%3A%2F%2Fapi.3dept.com&state=S&lang=en"
    )


def test_the_panel_gets_its_parameters_unencoded() -> None:
    assert panel_params(APP, CALLBACK, "S", panel_size="small", lang="zh", color_scheme="auto") == {
        "login_type": "CorpApp",
        "appid": "wxCorpId",
        "agentid": "1000000",
        "redirect_uri": CALLBACK,
        "state": "S",
        "lang": "zh",
        "redirect_type": "callback",
        "panel_size": "small",
        "color_scheme": "auto",
    }
    assert "color_scheme" not in panel_params(APP, CALLBACK, "S", redirect_type="self")


@pytest.mark.parametrize(
    "choice", [{"redirect_type": "parent"}, {"panel_size": "huge"}, {"lang": "fr"}, {"color_scheme": "pink"}]
)
def test_a_choice_that_the_panel_does_not_have_is_refused(choice: dict[str, str]) -> None:
    with pytest.raises(UsageError, match=next(iter(choice))):
        panel_params(APP, CALLBACK, "S", **choice)


def test_links_go_where_the_hosts_say() -> None:
    hosts = Hosts.at("http://127.0.0.1:8080/c/1")
    assert in_app_url("ww", CALLBACK, "s", hosts=hosts).startswith(
        "http://127.0.0.1:8080/c/1/connect/oauth2/authorize?"
    )
    assert web_login_url(APP, CALLBACK, "s", hosts=hosts).startswith("http://127.0.0.1:8080/c/1/wwlogin/sso/login?")
    assert qr_connect_url(APP, CALLBACK, "s", hosts=hosts).startswith("http://127.0.0.1:8080/c/1/wwopen/sso/qrConnect?")


@given(state=STATE, path=PARTS, key=PARTS, value=PARTS, fragment=PARTS)
def test_a_callback_with_a_query_and_a_fragment_survives_whole(
    state: str, path: str, key: str, value: str, fragment: str
) -> None:
    callback = f"https://sso.example.com/{path}?x{key}={value}#{fragment}"
    try:
        check_callback_url(callback)
    except UsageError:
        return
    for url in (
        in_app_url("ww", callback, state, agentid=1),
        web_login_url(APP, callback, state),
        qr_connect_url(APP, callback, state),
    ):
        assert query_of(url)["redirect_uri"] == callback
        assert query_of(url)["state"] == state
    in_app = in_app_url("ww", callback, state, agentid=1)
    assert in_app.endswith("#wechat_redirect")
    assert in_app.count("#") == 1


@given(STATE)
def test_every_state_of_wecoms_rule_passes(state: str) -> None:
    assert check_state(state) == state


@pytest.mark.parametrize("bad", ["", "a" * 129, "web_login@gyoss9", "a-b", "a b", "a\n", "状态", "٣", "a%20"])
def test_a_state_outside_wecoms_rule_is_refused(bad: str) -> None:
    with pytest.raises(UsageError, match="state must be"):
        check_state(bad)
    with pytest.raises(UsageError):
        web_login_url(APP, CALLBACK, bad)


@pytest.mark.parametrize(
    "bad",
    [
        "", "/callback", "https%3A%2F%2Fsso.example.com", "ftp://sso.example.com/", "https://u:p@sso.example.com/",
        "https://sso.example.com/\\evil", "https://sso.example.com/\ud800", "https://sso.example.com/" + "x" * 1001,
        "https://sso.example.com/?code=1", "https://sso.example.com/?a=1&state=", "https://sso.example.com/?appid=ww",
    ],
)  # fmt: skip
def test_a_callback_that_cannot_work_is_refused_by_every_link(bad: str) -> None:
    for build in (
        lambda: in_app_url("ww", bad, "s"),
        lambda: web_login_url(APP, bad, "s"),
        lambda: qr_connect_url(APP, bad, "s"),
        lambda: panel_params(APP, bad, "s"),
    ):
        with pytest.raises(UsageError):
            build()


def test_a_corpid_that_cannot_be_is_refused() -> None:
    with pytest.raises(UsageError):
        in_app_url("ww corp", CALLBACK, "s")


def test_links_hold_no_secret() -> None:
    assert "secret" not in web_login_url(APP, CALLBACK, "s") + qr_connect_url(APP, CALLBACK, "s")


TRUSTED = App("ww", 1, "x", trusted_domain="trusted.example")
LOGIN = App("ww", 1, "x", callback_domain="login.example:8443")
BOTH = App("ww", 1, "x", trusted_domain="trusted.example", callback_domain="login.example:8443")


@pytest.mark.parametrize(
    ("app", "callback", "does_web", "does_qr"),
    [
        (TRUSTED, "https://trusted.example/cb", True, True),
        (TRUSTED, "https://login.example:8443/cb", False, True),
        (LOGIN, "https://login.example:8443/cb", True, True),
        (LOGIN, "https://trusted.example/cb", False, False),
        (BOTH, "https://trusted.example/cb", True, False),
        (BOTH, "https://login.example:8443/cb", True, True),
        (BOTH, "https://login.example/cb", False, False),
    ],
)
def test_web_login_takes_either_domain_and_the_old_page_the_callback_domain(
    app: App, callback: str, *, does_web: bool, does_qr: bool
) -> None:
    for works, build in ((does_web, web_login_url), (does_qr, qr_connect_url)):
        if works:
            assert build(app, callback, "s")
        else:
            with pytest.raises(UsageError, match="callback_url"):
                build(app, callback, "s")


def test_the_in_app_link_takes_the_trusted_domain_only() -> None:
    assert in_app_url("ww", "https://trusted.example/cb", "s", trusted_domain="trusted.example")
    with pytest.raises(UsageError, match="sub-domain"):
        in_app_url("ww", "https://a.trusted.example/cb", "s", trusted_domain="trusted.example")
