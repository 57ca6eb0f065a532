"""Where a browser is sent back to."""

import pytest

from gongpai.sandbox.pages.links import way_back, with_query


@pytest.mark.parametrize(
    ("redirect_uri", "state", "expected"),
    [
        ("http://api.3dept.com/q?action=get", "", "http://api.3dept.com/q?action=get&code=C&state="),
        ("http://lydms.com", "S", "http://lydms.com/?code=C&state=S"),
        ("https://a.example/cb", None, "https://a.example/cb?code=C"),
        ("https://a.example/app/#/home", "s", "https://a.example/app/?code=C&state=s#/home"),
        ("https://a.example/cb", "weblogin@gyoss9", "https://a.example/cb?code=C&state=weblogin@gyoss9"),
        ("https://a.example/cb", "a&b=c d", "https://a.example/cb?code=C&state=a%26b%3Dc%20d"),
    ],
)
def test_code_and_state_join_what_redirect_uri_already_has(redirect_uri: str, state: str | None, expected: str) -> None:
    assert way_back(redirect_uri, state).with_code("C") == expected


def test_web_login_adds_the_corpid_as_appid() -> None:
    assert (
        way_back("https://a.example/cb", "S", "ww1").with_code("C") == "https://a.example/cb?code=C&state=S&appid=ww1"
    )


@pytest.mark.parametrize(
    ("redirect_uri", "state", "expected"),
    [
        ("https://a.example/cb?x=1#top", "S", "https://a.example/cb?x=1&state=S#top"),
        ("https://a.example", None, "https://a.example/"),
    ],
)
def test_a_refusal_carries_the_state_and_no_code(redirect_uri: str, state: str | None, expected: str) -> None:
    assert way_back(redirect_uri, state, "ww1").refused == expected


def test_a_code_cannot_break_out_of_its_place() -> None:
    assert way_back("https://a.example/cb", "S").with_code("a&b") == "https://a.example/cb?code=a%26b&state=S"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example", "https://a.example/?via=in_app"),
        ("https://a.example/me?x=1#top", "https://a.example/me?x=1&via=in_app#top"),
    ],
)
def test_one_more_parameter_goes_to_the_end_of_the_query(url: str, expected: str) -> None:
    assert with_query(url, "via", "in_app") == expected
