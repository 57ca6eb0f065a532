import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongpai.wecom import (
    Accepted,
    App,
    Begun,
    Callback,
    Refusal,
    Refused,
    RestartOnce,
    Scope,
    SignInRefusedError,
    UsageError,
    Verdict,
    Way,
    begin_in_app,
    begin_qr_connect,
    begin_web_login,
    finish,
    hash_browser_secret,
    is_same_browser,
    new_browser_secret,
    new_state,
    parse_callback,
    require_code,
    require_same_browser,
)

APP = App("wxCorpId", 1000000, "corp-secret", trusted_domain="sso.example")
CALLBACK_URL = "https://sso.example/cb"
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
WXWORK = "Mozilla/5.0 (Windows NT 10.0) wxwork/4.1.10 (MicroMessenger/6.2)"


def begin(way: Way = Way.WEB, restarts: int = 0) -> Begun:
    secret = "browser-secret"
    match way:
        case Way.IN_APP:
            return begin_in_app(APP, CALLBACK_URL, browser_secret=secret, restarts=restarts, now=NOW)
        case Way.WEB:
            return begin_web_login(APP, CALLBACK_URL, browser_secret=secret, now=NOW)
        case Way.QR:
            return begin_qr_connect(APP, CALLBACK_URL, browser_secret=secret, now=NOW)


def come_back(begun: Begun, *, secret: str | None = "browser-secret", user_agent: str = "", **query: str) -> Verdict:
    callback = parse_callback(urlencode({"code": "CODE", "state": begun.state, **query}))
    return finish(begun.attempt, callback, browser_secret=secret, user_agent=user_agent, now=NOW)


@pytest.mark.parametrize(
    ("way", "page"),
    [
        (Way.IN_APP, "https://open.weixin.qq.com/connect/oauth2/authorize?"),
        (Way.WEB, "https://login.work.weixin.qq.com/wwlogin/sso/login?"),
        (Way.QR, "https://open.work.weixin.qq.com/wwopen/sso/qrConnect?"),
    ],
)
def test_to_begin_gives_a_link_a_secret_and_what_to_remember(way: Way, page: str) -> None:
    begun = begin(way)
    assert begun.url.startswith(page)
    assert f"state={begun.state}" in begun.url
    assert (begun.way, begun.browser_hash) == (way, hash_browser_secret("browser-secret"))
    assert (begun.attempt.corpid, begun.attempt.agentid) == ("wxCorpId", 1000000)
    assert begun.attempt.expires_at == NOW + timedelta(minutes=10)


@pytest.mark.parametrize("begin_way", [begin_in_app, begin_web_login, begin_qr_connect])
def test_left_to_itself_every_trip_is_fresh(begin_way: Callable[..., Begun]) -> None:
    first, second = begin_way(APP, CALLBACK_URL), begin_way(APP, CALLBACK_URL)
    assert first.state != second.state
    assert first.browser_secret != second.browser_secret
    assert is_same_browser(first.browser_hash, first.browser_secret)
    assert abs(datetime.now(UTC) - first.attempt.begun_at) < timedelta(minutes=1)


def test_what_comes_in_is_used_and_an_empty_state_is_not_replaced_silently() -> None:
    assert begin_web_login(APP, CALLBACK_URL, state="abc").state == "abc"
    with pytest.raises(UsageError):
        begin_web_login(APP, CALLBACK_URL, state="")


def test_consent_is_asked_for_by_scope_with_the_apps_agentid() -> None:
    url = begin_in_app(APP, CALLBACK_URL, scope=Scope.PRIVATE_INFO).url
    assert "scope=snsapi_privateinfo" in url
    assert "agentid=1000000" in url


def test_a_callback_outside_the_trusted_domain_is_found_at_the_beginning() -> None:
    with pytest.raises(UsageError, match="even :443 counts"):
        begin_in_app(APP, "https://sso.example:443/cb")


def test_neither_the_browsers_nor_the_apps_secret_is_in_the_link_or_the_repr() -> None:
    begun = begin(Way.IN_APP)
    assert "browser-secret" not in begun.url + repr(begun)
    assert "corp-secret" not in begun.url + repr(begun)
    assert "CODE" not in repr((Callback("s", "CODE"), Accepted("CODE")))


def test_the_browser_that_began_is_accepted() -> None:
    assert come_back(begin()) == Accepted("CODE")
    assert come_back(begin(), appid="WXcorpid") == Accepted("CODE")


def test_a_state_of_another_trip_is_refused() -> None:
    assert come_back(begin(), state="another") == Refused(Refusal.STATE_MISMATCH)


def test_a_callback_for_another_corp_is_refused() -> None:
    assert come_back(begin(), appid="wwOther") == Refused(Refusal.APP_MISMATCH)


@pytest.mark.parametrize(
    ("after", "verdict"),
    [(timedelta(minutes=9, seconds=59), Accepted("CODE")), (timedelta(minutes=10), Refused(Refusal.EXPIRED))],
)
def test_a_trip_has_an_end(after: timedelta, verdict: Verdict) -> None:
    begun = begin()
    callback = Callback(begun.state, "CODE")
    assert finish(begun.attempt, callback, browser_secret="browser-secret", now=NOW + after) == verdict


def test_without_a_moment_given_the_present_counts() -> None:
    begun = begin_web_login(APP, CALLBACK_URL)
    callback = Callback(begun.state, "CODE")
    assert finish(begun.attempt, callback, browser_secret=begun.browser_secret) == Accepted("CODE")


@pytest.mark.parametrize("query", [{"code": ""}, {}])
def test_no_code_means_that_the_member_refused(query: dict[str, str]) -> None:
    begun = begin()
    callback = parse_callback(urlencode({**query, "state": begun.state}))
    verdict = finish(begun.attempt, callback, browser_secret="browser-secret", now=NOW)
    assert verdict == Refused(Refusal.NO_CODE)


@pytest.mark.parametrize("way", list(Way))
@pytest.mark.parametrize("secret", ["", "guess", "x" * 100_000, "\ud800"])
def test_another_browser_is_refused_whatever_it_brings(way: Way, secret: str) -> None:
    assert come_back(begin(way), secret=secret, user_agent=WXWORK) == Refused(Refusal.BROWSER_MISMATCH)


def test_a_webview_of_the_client_without_the_cookie_is_restarted_once() -> None:
    assert come_back(begin(Way.IN_APP), secret=None, user_agent=WXWORK) == RestartOnce()
    again = begin(Way.IN_APP, restarts=1)
    assert come_back(again, secret=None, user_agent=WXWORK) == Refused(Refusal.BROWSER_MISMATCH)


@pytest.mark.parametrize(
    ("way", "user_agent"),
    [(Way.WEB, WXWORK), (Way.QR, WXWORK), (Way.IN_APP, "Chrome/142"), (Way.IN_APP, "MicroMessenger/8.0")],
)
def test_a_lost_cookie_elsewhere_is_not_restarted(way: Way, user_agent: str) -> None:
    assert come_back(begin(way), secret=None, user_agent=user_agent) == Refused(Refusal.BROWSER_MISMATCH)


def test_an_expired_or_foreign_trip_is_not_restarted() -> None:
    begun = begin(Way.IN_APP)
    late = finish(
        begun.attempt,
        Callback(begun.state, "CODE"),
        browser_secret=None,
        user_agent=WXWORK,
        now=NOW + timedelta(hours=1),
    )
    assert late == Refused(Refusal.EXPIRED)
    assert come_back(begun, secret=None, user_agent=WXWORK, state="x") == Refused(Refusal.STATE_MISMATCH)


def test_a_verdict_turns_into_a_code_or_an_error() -> None:
    assert require_code(Accepted("CODE")) == "CODE"
    for verdict, reason in (
        (Refused(Refusal.EXPIRED), Refusal.EXPIRED),
        (RestartOnce(), Refusal.BROWSER_MISMATCH),
    ):
        with pytest.raises(SignInRefusedError) as caught:
            require_code(verdict)
        assert caught.value.reason is reason


@pytest.mark.parametrize("browser_secret", [None, "", "guess"])
def test_only_the_browser_that_began_may_finish(browser_secret: str | None) -> None:
    begun = begin_web_login(APP, CALLBACK_URL)
    require_same_browser(begun.browser_hash, begun.browser_secret)
    with pytest.raises(SignInRefusedError, match="browser_mismatch"):
        require_same_browser(begun.browser_hash, browser_secret)


@pytest.mark.parametrize(
    ("query", "callback"),
    [
        ("code=C&state=S", Callback("S", "C")),
        ("state=S&code=C&appid=ww", Callback("S", "C", "ww")),
        ("action=get&code=C&state=S&lang=zh&lang=zh", Callback("S", "C")),
        ("state=web_login@gyoss9&appid=", Callback("web_login@gyoss9")),
        ("state=S", Callback("S")),
    ],
)
def test_the_query_is_read_and_strange_keys_are_ignored(query: str, callback: Callback) -> None:
    assert parse_callback(query) == callback


@pytest.mark.parametrize(
    "query",
    [
        "", "code=C", "code=C&state=", "code=C&state=S&state=S", "code=C&code=D&state=S", "state=S&appid=a&appid=b",
        f"code={'C' * 513}&state=S", "code=a%20b&state=S", "code=%00&state=S", "code=%E4%B8%AD&state=S",
        "code=C&state=%FF", "a=1&" * 40 + "state=S", "x" * 5000,
    ],
)  # fmt: skip
def test_a_malformed_query_is_refused(query: str) -> None:
    with pytest.raises(SignInRefusedError) as caught:
        parse_callback(query)
    assert caught.value.reason is Refusal.MALFORMED
    assert caught.value.__context__ is None, "it would keep the code"


@given(st.text())
def test_a_hostile_query_is_read_or_refused(query: str) -> None:
    try:
        callback = parse_callback(query)
    except SignInRefusedError:
        return
    assert callback.state


@given(st.text(), st.text() | st.none(), st.text())
def test_a_stranger_is_never_accepted(state: str, secret: str | None, user_agent: str) -> None:
    begun = begin_in_app(APP, CALLBACK_URL, now=NOW)
    callback = Callback(state, "CODE")
    verdict = finish(begun.attempt, callback, browser_secret=secret, user_agent=user_agent, now=NOW)
    assert not isinstance(verdict, Accepted)


def test_handles_are_long_random_and_fit_for_wecom() -> None:
    states = {new_state() for _ in range(200)}
    assert len(states) == 200
    assert all(re.fullmatch(r"[a-zA-Z0-9]{32}", state) for state in states)
    assert len({new_browser_secret() for _ in range(200)}) == 200
    assert len(new_browser_secret()) == 43
