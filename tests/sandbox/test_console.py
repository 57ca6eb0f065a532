"""The console over HTTP: T25, each part of the settings, and what is refused."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from gongpai.sandbox.corners import CornerState

ORIGIN = "http://127.0.0.1:8899"
PATH = "/console/wxCorpId/1000000"


def _change(browser: TestClient, part: str, form: Mapping[str, Sequence[str]] | None = None) -> Response:
    return browser.post(
        PATH,
        data={
            "part": part,
            **{name: value if isinstance(value, str) else list(value) for name, value in (form or {}).items()},
        },
        headers={"Origin": ORIGIN},
    )


def test_without_this_runs_token_the_console_stays_shut(browser: TestClient) -> None:
    assert browser.get("/console").status_code == 403
    assert browser.get(PATH).status_code == 403
    assert _change(browser, "secret").status_code == 403


def test_another_site_cannot_administer(trusted_browser: TestClient, corner: CornerState) -> None:
    answer = trusted_browser.post(PATH, data={"part": "secret"}, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert corner.world.require_app(1000000)[1].secret == "SECRET_A"


def test_every_app_is_listed_and_an_unknown_one_leads_back(trusted_browser: TestClient) -> None:
    page = trusted_browser.get("/console").text
    assert PATH in page
    assert "/console/wxCorpId/1000001" in page
    assert trusted_browser.get("/console/wxCorpId/99").headers["location"] == "/console"
    answer = trusted_browser.post("/console/wxCorpId/99", headers={"Origin": ORIGIN})
    assert answer.headers["location"] == "/console"


def test_domains_are_saved_whole(trusted_browser: TestClient, corner: CornerState) -> None:
    form = {
        "oauth_domain": "a.example:8443",
        "callback_domain": " b.example ",
        "jssdk_domains": "c.example\n\nd.example",
    }
    answer = _change(trusted_browser, "domains", form)
    assert "已保存" in trusted_browser.get(answer.headers["location"]).text
    app = corner.world.require_app(1000000)[1]
    assert (app.oauth_domain, app.callback_domain) == ("a.example:8443", "b.example")
    assert app.jssdk_domains == ["c.example", "d.example"]


@pytest.mark.parametrize(
    "form",
    [
        {"oauth_domain": "http://a.example"},
        {"oauth_domain": "a.example/path"},
        {"oauth_domain": "a.example", "callback_domain": "*.example"},
        {"oauth_domain": "a.example", "jssdk_domains": "under_score.example"},
        {"oauth_domain": "a.example", "jssdk_domains": "\n".join(f"h{n}.example" for n in range(11))},
    ],
)
def test_a_wrong_domain_changes_nothing(trusted_browser: TestClient, corner: CornerState, form: dict[str, str]) -> None:
    answer = _change(trusted_browser, "domains", form)
    assert answer.status_code == 400
    assert 'class="notice bad"' in answer.text
    assert corner.world.require_app(1000000)[1].oauth_domain == "api.3dept.com"


def test_trusted_ips_are_checked_and_work_a_minute_later(trusted_browser: TestClient, corner: CornerState) -> None:
    corp, app = corner.world.require_app(1000000)
    assert _change(trusted_browser, "trusted_ips", {"trusted_ips": "not-an-ip"}).status_code == 400
    assert _change(trusted_browser, "trusted_ips", {"trusted_ips": "198.51.100.7; 2001:db8::1"}).status_code == 303
    assert app.trusted_ips == ["198.51.100.7", "2001:db8::1"]
    assert not corner.world.is_ip_trusted(corp, app, "198.51.100.7")
    corner.world.clock.advance(timedelta(minutes=1))
    assert corner.world.is_ip_trusted(corp, app, "198.51.100.7")


def test_the_visible_range_takes_departments_and_members(trusted_browser: TestClient, corner: CornerState) -> None:
    form = {"department": ["2", "77"], "tag": "5", "visible_userids": "wangwu\nLisi"}
    assert _change(trusted_browser, "visible_range", form).status_code == 303
    app = corner.world.require_app(1000000)[1]
    assert (app.visible_departments, app.visible_userids, app.visible_tags) == ([2], ["wangwu", "Lisi"], [])
    assert _change(trusted_browser, "visible_range", {"visible_userids": "nobody"}).status_code == 400


def test_sensitive_fields_are_switched_one_by_one(trusted_browser: TestClient, corner: CornerState) -> None:
    assert _change(trusted_browser, "sensitive_fields", {"field": ["email", "avatar", "salary"]}).status_code == 303
    assert corner.world.require_app(1000000)[1].sensitive_fields == ["avatar", "email"]


def test_an_app_is_disabled_and_enabled_again(trusted_browser: TestClient, corner: CornerState) -> None:
    app = corner.world.require_app(1000000)[1]
    _change(trusted_browser, "enabled", {"enabled": ""})
    assert not app.enabled
    assert "启用应用" in trusted_browser.get(PATH).text
    _change(trusted_browser, "enabled", {"enabled": "yes"})
    assert app.enabled


def test_a_reset_secret_is_new_and_shown(trusted_browser: TestClient, corner: CornerState) -> None:
    answer = _change(trusted_browser, "secret")
    page = trusted_browser.get(answer.headers["location"]).text
    secret = corner.world.require_app(1000000)[1].secret
    assert secret != "SECRET_A"
    assert secret in page
    assert "Secret 已重置" in page


def test_an_unknown_part_is_refused(trusted_browser: TestClient) -> None:
    answer = _change(trusted_browser, "everything")
    assert answer.status_code == 400
    assert "没有这一项设置：everything" in answer.text


def test_a_domain_that_no_app_has_is_not_fetched(trusted_browser: TestClient) -> None:
    answer = _change(trusted_browser, "ownership", {"domain": "169.254.169.254"})
    assert "不会去取" in answer.text
