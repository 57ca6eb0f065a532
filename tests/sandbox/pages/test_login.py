"""Web login over HTTP: the page, its QR code, the poll, expiry and refresh, and the panel's edges."""

import io
import json
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import zxingcpp
from PIL import Image
from starlette.testclient import TestClient

from gongpai.sandbox.corners import CornerState
from gongpai.sandbox.world import QrLogin

LINK = {
    "login_type": "CorpApp",
    "appid": "wxCorpId",
    "agentid": "1000000",
    "redirect_uri": "http://api.3dept.com/cb",
    "state": "web_login@gyoss9",
}
WEB = "/wwlogin/sso/login"
OLD = "/wwopen/sso/qrConnect"


def _login(corner: CornerState) -> QrLogin:
    (login,) = corner.world.qr_logins.waiting()
    return login


def _poll(browser: TestClient, key: str, callback: str = "jsonpCallback") -> str:
    return browser.get("/wwopen/sso/l/qrConnect", params={"callback": callback, "key": key, "_": "1"}).text


@pytest.mark.parametrize("path", [WEB, OLD])
def test_the_qr_code_on_the_page_says_where_to_confirm(browser: TestClient, corner: CornerState, path: str) -> None:
    page = browser.get(path, params=LINK)
    assert page.status_code == 200
    key = _login(corner).key
    assert f"/wwopen/sso/qrImg?key={key}" in page.text
    image = browser.get("/wwopen/sso/qrImg", params={"key": key})
    assert image.headers["content-type"] == "image/png"
    (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(image.content)))
    assert code.text == f"http://127.0.0.1:8899/wwopen/sso/confirm2?k={key}&notretry=yes"


def test_the_poll_tells_each_step(browser: TestClient, corner: CornerState) -> None:
    browser.get(WEB, params=LINK)
    key, person = _login(corner).key, corner.world.require_person("lisi")
    assert _poll(browser, key) == 'jsonpCallback({"status":"QRCODE_SCAN_NEVER","auth_code":""})'
    corner.world.qr_logins.scan(key, person)
    assert _poll(browser, key) == 'jsonpCallback({"status":"QRCODE_SCAN_ING","auth_code":""})'
    corner.world.qr_logins.confirm(key)
    answer = json.loads(_poll(browser, key, "cb").removeprefix("cb(").removesuffix(")"))
    assert answer["status"] == "QRCODE_SCAN_SUCC"
    code = corner.world.get_code(answer["auth_code"])
    assert code is not None
    assert (code.person.handle, code.way) == ("lisi", "web")


def test_refused_and_expired_have_their_own_words(browser: TestClient, corner: CornerState) -> None:
    browser.get(WEB, params=LINK)
    refused = _login(corner).key
    corner.world.qr_logins.refuse(refused)
    assert "QRCODE_SCAN_FAIL" in _poll(browser, refused)
    browser.get(WEB, params=LINK)
    expired = _login(corner).key
    corner.world.clock.advance(timedelta(minutes=5, seconds=1))
    assert "QRCODE_SCAN_ERR" in _poll(browser, expired)
    assert "QRCODE_SCAN_ERR" in _poll(browser, "nobody-knows")


@pytest.mark.parametrize("callback", ["alert(1)//", "", "a" * 65, "<script>"])
def test_a_callback_that_is_no_name_is_not_repeated(browser: TestClient, callback: str) -> None:
    assert _poll(browser, "k", callback).startswith("jsonpCallback(")


def test_a_page_can_ask_for_a_fresh_code(browser: TestClient, corner: CornerState) -> None:
    fresh = browser.get(WEB, params=LINK, headers={"Accept": "application/json"}).json()
    assert fresh["key"] == _login(corner).key
    assert browser.get(fresh["image"]).status_code == 200
    assert fresh["phone"] == f"/phone/scan/{fresh['key']}"


def test_what_the_code_says_leads_to_the_phone(browser: TestClient) -> None:
    answer = browser.get("/wwopen/sso/confirm2", params={"k": "0a1b", "notretry": "yes"})
    assert (answer.status_code, answer.headers["location"]) == (302, "/phone/scan/0a1b")
    assert browser.get("/wwopen/sso/confirm2", params={"k": "../x"}).headers["location"] == "/phone"


def test_a_code_that_there_is_not_has_no_picture(browser: TestClient) -> None:
    assert browser.get("/wwopen/sso/qrImg", params={"key": "0a"}).status_code == 404


def test_the_way_back_has_state_as_it_was_and_appid_unless_switched_off(
    browser: TestClient, corner: CornerState
) -> None:
    assert 'data-after-code="&amp;state=web_login@gyoss9&amp;appid=wxCorpId"' in browser.get(WEB, params=LINK).text
    corner.switches.qr_callback_appid = False
    page = browser.get(WEB, params=LINK).text
    assert 'data-after-code="&amp;state=web_login@gyoss9"' in page
    assert 'data-refused-url="http://api.3dept.com/cb?state=web_login@gyoss9"' in page


@pytest.mark.parametrize(
    ("path", "changed", "text"),
    [
        (WEB, {"appid": "bad"}, "-31027"),
        (WEB, {"login_type": "Nope"}, "-31040"),
        (OLD, {"appid": ""}, "该链接无法访问"),
        (OLD, {"redirect_uri": "http://elsewhere.example"}, "该链接无法访问"),
    ],
)
def test_a_wrong_link_shows_no_code(
    browser: TestClient, corner: CornerState, path: str, changed: dict[str, str], text: str
) -> None:
    assert text in browser.get(path, params={**LINK, **changed}).text
    assert corner.world.qr_logins.waiting() == []


def test_only_a_panel_may_be_framed(browser: TestClient) -> None:
    assert "frame-ancestors 'none'" in browser.get(WEB, params=LINK).headers["content-security-policy"]
    for path, more in ((WEB, {"version": "2.4.4"}), (OLD, {"login_type": "jssdk", "self_redirect": "true"})):
        panel = browser.get(path, params={**LINK, **more})
        assert "frame-ancestors" not in panel.headers["content-security-policy"]
        assert 'class="panel"' in panel.text


def test_a_panel_knows_the_page_around_it(browser: TestClient) -> None:
    params = {**LINK, "version": "2.4.4", "redirect_type": "callback", "color_scheme": "dark"}
    panel = browser.get(WEB, params=params, headers={"Referer": "http://api.3dept.com/"})
    assert 'data-parent-origin="http://api.3dept.com"' in panel.text
    assert 'data-scheme="dark"' in panel.text
    failed = browser.get(WEB, params=params, headers={"Referer": "http://elsewhere.example/"})
    assert 'data-fail-code="-31033"' in failed.text


def test_lang_chooses_and_the_switch_keeps_the_rest(browser: TestClient) -> None:
    page = browser.get(WEB, params={**LINK, "lang": "en"})
    assert '<html lang="en"' in page.text
    (link,) = [each for each in page.text.split('href="') if each.startswith(WEB)]
    query = parse_qs(urlsplit(link.partition('"')[0].replace("&amp;", "&")).query)
    assert (query["lang"], query["state"]) == (["zh"], ["web_login@gyoss9"])
