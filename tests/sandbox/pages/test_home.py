"""The home page, and what every page has."""

import pytest
from starlette.testclient import TestClient


@pytest.mark.parametrize(("language", "banner"), [("zh", "这不是企业微信"), ("en", "this is not WeCom")])
def test_every_page_says_that_it_is_not_wecom(phone: TestClient, language: str, banner: str) -> None:
    paths = ["/", "/phone", "/phone/people", "/console", "/console/wxCorpId/1000000", "/wwlogin/sso/login"]
    for path in [*paths, "/wwopen/sso/qrConnect", "/connect/oauth2/authorize", "/wwlogin/sso/login?version=2.4.4"]:
        answer = phone.get(path, params={"lang": language} if "?" not in path else None)
        if "?" not in path:
            assert banner in answer.text, path
        assert 'class="banner"' in answer.text, path
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy


def test_home_explains_without_the_token_and_gives_no_secret_away(browser: TestClient) -> None:
    page = browser.get("/")
    assert page.status_code == 200
    assert "api.3dept.com" in page.text
    assert "SECRET" not in page.text


def test_a_chosen_language_is_remembered(browser: TestClient) -> None:
    assert '<html lang="en"' in browser.get("/", params={"lang": "en"}).text
    assert '<html lang="en"' in browser.get("/").text


def test_our_files_are_served_as_what_they_are(browser: TestClient) -> None:
    for name, kind in (("sandbox.css", "text/css"), ("login.js", "text/javascript"), ("badge.svg", "image/svg+xml")):
        answer = browser.get(f"/_static/{name}")
        assert answer.headers["content-type"].startswith(kind)
        assert answer.headers["x-content-type-options"] == "nosniff"
