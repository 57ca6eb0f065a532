"""The phone over HTTP: T25, people, scanning, opening, what was granted."""

from collections.abc import Mapping
from datetime import timedelta

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from gongpai.sandbox.corners import CornerState
from gongpai.sandbox.world import QrLogin

ORIGIN = "http://127.0.0.1:8899"


def _post(phone: TestClient, path: str, form: Mapping[str, str | list[str]]) -> Response:
    return phone.post(path, data=form, headers={"Origin": ORIGIN})


def _begin(corner: CornerState) -> QrLogin:
    corp, app = corner.world.require_app(1000000)
    return corner.world.qr_logins.begin(corp, app, "http://api.3dept.com/cb")


@pytest.mark.parametrize("path", ["/phone", "/phone/people", "/phone/waiting", "/phone/open?url=http://a.example"])
def test_without_this_runs_token_the_phone_stays_shut(browser: TestClient, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 403
    assert "token=" in answer.text


def test_another_site_cannot_use_the_phone(phone: TestClient, corner: CornerState) -> None:
    login = _begin(corner)
    phone.get(f"/phone/scan/{login.key}")
    answer = phone.post(
        f"/phone/scan/{login.key}", data={"answer": "confirm"}, headers={"Origin": "https://evil.example"}
    )
    assert answer.status_code == 403
    assert login.status == "QRCODE_SCAN_ING"


def test_a_new_phone_asks_who_you_are_and_then_goes_on(trusted_browser: TestClient, corner: CornerState) -> None:
    login = _begin(corner)
    answer = trusted_browser.get(f"/phone/scan/{login.key}")
    assert answer.headers["location"] == f"/phone/people?next=%2Fphone%2Fscan%2F{login.key}"
    page = trusted_browser.get(answer.headers["location"]).text
    for key in ("wxCorpId/lisi", "wwLinkedCorp/zhaoliu", "wmCustomerOfLisi", "oStranger"):
        assert f'value="{key}"' in page
    form = {"person": "wxCorpId/lisi", "next": f"/phone/scan/{login.key}"}
    answer = _post(trusted_browser, "/phone/people", form)
    assert answer.headers["location"] == f"/phone/scan/{login.key}"
    assert corner.holder == "wxCorpId/lisi"


@pytest.mark.parametrize("place", ["https://evil.example", "//evil.example", "/phone/../console", "/console"])
def test_the_phone_goes_on_to_its_own_places_only(trusted_browser: TestClient, place: str) -> None:
    answer = _post(trusted_browser, "/phone/people", {"person": "wxCorpId/lisi", "next": place})
    assert answer.headers["location"] == "/phone"
    assert f'value="{place}"' not in trusted_browser.get("/phone/people", params={"next": place}).text


def test_somebody_who_is_not_there_cannot_be_picked(trusted_browser: TestClient) -> None:
    answer = _post(trusted_browser, "/phone/people", {"person": "wxCorpId/nobody"})
    assert answer.headers["location"].startswith("/phone/people")
    assert trusted_browser.get("/phone").headers["location"].startswith("/phone/people")


def test_a_phone_put_away_is_outside_the_client(phone: TestClient) -> None:
    _post(phone, "/phone/away", {})
    assert phone.get("/phone").status_code == 303


def test_what_waits_is_listed_scanned_and_confirmed(phone: TestClient, corner: CornerState) -> None:
    assert "还没有二维码" in phone.get("/phone").text
    login = _begin(corner)
    assert f"/phone/scan/{login.key}" in phone.get("/phone").text
    assert f"/phone/scan/{login.key}" in phone.get("/phone/waiting").text
    page = phone.get(f"/phone/scan/{login.key}")
    assert "api.3dept.com" in page.text
    answer = _post(phone, f"/phone/scan/{login.key}", {"answer": "confirm"})
    assert answer.headers["location"] == "/phone?notice=notice_confirmed"
    assert "已确认" in phone.get(answer.headers["location"]).text
    assert login.status == "QRCODE_SCAN_SUCC"


def test_a_scan_can_be_refused(phone: TestClient, corner: CornerState) -> None:
    login = _begin(corner)
    phone.get(f"/phone/scan/{login.key}")
    assert _post(phone, f"/phone/scan/{login.key}", {"answer": "refuse"}).headers["location"].endswith("refused")
    assert login.status == "QRCODE_SCAN_FAIL"
    assert phone.get(f"/phone/scan/{login.key}").status_code == 409


def test_nothing_is_confirmed_that_this_person_did_not_scan(phone: TestClient, corner: CornerState) -> None:
    login = _begin(corner)
    assert _post(phone, f"/phone/scan/{login.key}", {"answer": "confirm"}).status_code == 409
    corner.world.qr_logins.scan(login.key, corner.world.require_person("zhangsan"))
    assert phone.get(f"/phone/scan/{login.key}").status_code == 409
    assert _post(phone, f"/phone/scan/{login.key}", {"answer": "confirm"}).status_code == 409
    assert login.status == "QRCODE_SCAN_ING"


def test_a_code_that_expires_in_the_hand_is_not_confirmed(phone: TestClient, corner: CornerState) -> None:
    login = _begin(corner)
    phone.get(f"/phone/scan/{login.key}")
    corner.world.clock.advance(timedelta(minutes=6))
    assert _post(phone, f"/phone/scan/{login.key}", {"answer": "confirm"}).status_code == 409


def test_out_of_range_the_phone_says_so(trusted_browser: TestClient, corner: CornerState) -> None:
    _post(trusted_browser, "/phone/people", {"person": "wxCorpId/wangwu"})
    login = _begin(corner)
    answer = trusted_browser.get(f"/phone/scan/{login.key}")
    assert answer.status_code == 403
    assert "无权限" in answer.text
    assert login.status == "QRCODE_SCAN_NEVER"


def test_an_unknown_code_is_named_as_such(phone: TestClient) -> None:
    assert phone.get("/phone/scan/0a0a").status_code == 404


def test_a_pasted_login_code_is_a_scan(phone: TestClient, corner: CornerState) -> None:
    login = _begin(corner)
    content = f"{ORIGIN}/wwopen/sso/confirm2?k={login.key}&notretry=yes"
    assert _post(phone, "/phone/scan", {"content": content}).headers["location"] == f"/phone/scan/{login.key}"


def test_a_pasted_address_is_shown_and_then_opened_in_wecom(phone: TestClient) -> None:
    shown = _post(phone, "/phone/scan", {"content": "http://api.3dept.com/me?x=1"}).headers["location"]
    assert shown == "/phone/open?url=http%3A%2F%2Fapi.3dept.com%2Fme%3Fx%3D1"
    page = phone.get(shown).text
    assert "http://api.3dept.com/me?x=1" in page
    assert 'name="via"' in page
    opened = _post(phone, "/phone/open", {"url": "http://api.3dept.com/me?x=1", "via": "in_app"})
    assert (opened.status_code, opened.headers["location"]) == (303, "http://api.3dept.com/me?x=1&via=in_app")
    plain = _post(phone, "/phone/open", {"url": "http://api.3dept.com/me?x=1"})
    assert plain.headers["location"] == "http://api.3dept.com/me?x=1"


@pytest.mark.parametrize("url", ["http://elsewhere.example/me", "http://api.3dept.com/signin?via=web"])
def test_an_address_that_is_not_ours_or_has_its_way_is_opened_as_it_is(phone: TestClient, url: str) -> None:
    assert 'name="via"' not in phone.get("/phone/open", params={"url": url}).text
    assert _post(phone, "/phone/open", {"url": url, "via": "in_app"}).headers["location"] == url


@pytest.mark.parametrize("content", ["javascript:alert(1)", "nonsense"])
def test_what_is_no_address_is_not_opened(phone: TestClient, content: str) -> None:
    assert _post(phone, "/phone/scan", {"content": content}).status_code == 400
    assert phone.get("/phone/open", params={"url": content}).status_code == 400
    assert _post(phone, "/phone/open", {"url": content}).status_code == 400


def test_nobody_opens_anything(trusted_browser: TestClient) -> None:
    assert trusted_browser.get("/phone/open", params={"url": "http://a.example"}).status_code == 303
    assert trusted_browser.get("/phone/apps/wxCorpId/1000000").status_code == 303
    assert _post(trusted_browser, "/phone/apps/wxCorpId/1000000", {}).status_code == 303


def test_what_was_granted_can_be_changed_but_only_after_consent(phone: TestClient, corner: CornerState) -> None:
    path = "/phone/apps/wxCorpId/1000000"
    assert 'role="switch"' not in phone.get(path).text
    assert _post(phone, path, {"field": "mobile"}).headers["location"] == path
    corp, app = corner.world.require_app(1000000)
    person = corner.world.require_person("lisi")
    corner.world.give_consent(corp, app, person, ["mobile", "email"])
    assert phone.get(path).text.count(" checked") == 2
    answer = _post(phone, path, {"field": ["avatar", "mobile"]})
    assert "已保存" in phone.get(answer.headers["location"]).text
    consent = corner.world.get_consent(corp, app, person)
    assert consent is not None
    assert consent.fields == {"avatar", "mobile"}


def test_an_app_that_is_not_there_leads_back(phone: TestClient) -> None:
    assert phone.get("/phone/apps/wxCorpId/99").status_code == 303
