"""The in-app link over HTTP: who is inside, what comes back, what a refusal is."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient

from gongpai.sandbox.corners import CornerState

ORIGIN = "http://127.0.0.1:8899"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 wxwork/4.1.30 MicroMessenger/7.0.1"
)
WECHAT = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 MicroMessenger/8.0.50"
LINK = {
    "appid": "wxCorpId",
    "redirect_uri": "http://api.3dept.com/cb?action=get",
    "response_type": "code",
    "scope": "snsapi_base",
    "state": "S",
    "agentid": "1000000",
}
PRIVATE = {**LINK, "scope": "snsapi_privateinfo"}
PATH = "/connect/oauth2/authorize"


def _query(location: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(location).query, keep_blank_values=True)


def test_an_ordinary_browser_is_told_to_use_the_client(browser: TestClient) -> None:
    answer = browser.get(PATH, params=LINK)
    assert answer.status_code == 200
    assert "请在企业微信客户端打开链接" in answer.text


def test_a_bad_domain_is_a_page_and_no_redirect(browser: TestClient) -> None:
    answer = browser.get(PATH, params={**LINK, "redirect_uri": "http://evil.example"}, headers={"User-Agent": IPHONE})
    assert answer.status_code == 200
    assert "redirect_uri需使用应用可信域名" in answer.text


def test_a_bad_state_names_its_number(browser: TestClient) -> None:
    answer = browser.get(PATH, params={**LINK, "state": "a_b"}, headers={"User-Agent": IPHONE})
    assert "84025" in answer.text


def test_wecoms_user_agent_is_inside_and_whoever_holds_the_phone_comes_back_with_a_code(
    browser: TestClient, corner: CornerState
) -> None:
    corner.holder = "wxCorpId/lisi"
    answer = browser.get(PATH, params=LINK, headers={"User-Agent": IPHONE})
    assert answer.status_code == 302
    query = _query(answer.headers["location"])
    assert (query["action"], query["state"]) == (["get"], ["S"])
    code = corner.world.get_code(query["code"][0])
    assert code is not None
    assert (code.person.handle, code.scope, code.way, code.redirect_host) == (
        "lisi",
        "snsapi_base",
        "in_app",
        "api.3dept.com",
    )


def test_without_a_holder_a_bare_user_agent_is_the_first_member(browser: TestClient, corner: CornerState) -> None:
    answer = browser.get(PATH, params=LINK, headers={"User-Agent": IPHONE})
    code = corner.world.get_code(_query(answer.headers["location"])["code"][0])
    assert code is not None
    assert code.person.handle == "zhangsan"


def test_wechat_is_inside_unless_a_switch_says_otherwise(browser: TestClient, corner: CornerState) -> None:
    assert browser.get(PATH, params=LINK, headers={"User-Agent": WECHAT}).status_code == 302
    corner.switches.wechat_counts_as_client = False
    assert browser.get(PATH, params=LINK, headers={"User-Agent": WECHAT}).status_code == 200


def test_the_phones_cookie_is_inside_too(phone: TestClient, corner: CornerState) -> None:
    answer = phone.get(PATH, params=LINK)
    code = corner.world.get_code(_query(answer.headers["location"])["code"][0])
    assert code is not None
    assert code.person.handle == "lisi"


@pytest.mark.parametrize(("switch", "expected"), [("omit", None), ("empty", [""])])
def test_a_link_without_state_comes_back_as_the_switch_says(
    phone: TestClient, corner: CornerState, switch: str, expected: list[str] | None
) -> None:
    corner.switches.absent_state = "empty" if switch == "empty" else "omit"
    link = {name: value for name, value in LINK.items() if name != "state"}
    assert _query(phone.get(PATH, params=link).headers["location"]).get("state") == expected


def test_the_member_grants_field_by_field_and_is_not_asked_again_for_30_days(
    phone: TestClient, corner: CornerState
) -> None:
    page = phone.get(PATH, params=PRIVATE)
    assert page.status_code == 200
    assert page.text.count('role="switch"') == 7
    form = {"answer": "agree", "field": ["mobile", "avatar", "not-a-field"]}
    answer = phone.post(PATH, params=PRIVATE, data=form, headers={"Origin": ORIGIN})
    assert answer.status_code == 302
    code = corner.world.get_code(_query(answer.headers["location"])["code"][0])
    assert code is not None
    assert code.scope == "snsapi_privateinfo"
    corp, app = corner.world.require_app(1000000)
    consent = corner.world.get_consent(corp, app, code.person)
    assert consent is not None
    assert consent.fields == {"mobile", "avatar"}
    corner.world.clock.advance(timedelta(days=29))
    assert phone.get(PATH, params=PRIVATE).status_code == 302
    corner.world.clock.advance(timedelta(days=2))
    assert phone.get(PATH, params=PRIVATE).status_code == 200


def test_refusing_goes_back_with_the_state_and_no_code(phone: TestClient, corner: CornerState) -> None:
    answer = phone.post(PATH, params=PRIVATE, data={"answer": "refuse"}, headers={"Origin": ORIGIN})
    assert answer.headers["location"] == "http://api.3dept.com/cb?action=get&state=S"
    corner.switches.refusal = "stay"
    stayed = phone.post(PATH, params=PRIVATE, data={"answer": "refuse"}, headers={"Origin": ORIGIN})
    assert stayed.status_code == 200
    assert "location" not in stayed.headers


def test_another_site_cannot_agree_for_the_member(phone: TestClient, corner: CornerState) -> None:
    form = {"answer": "agree", "field": "mobile"}
    assert phone.post(PATH, params=PRIVATE, data=form, headers={"Origin": "https://evil.example"}).status_code == 403
    corp, app = corner.world.require_app(1000000)
    assert corner.world.get_consent(corp, app, corner.world.require_person("lisi")) is None


def test_an_answer_that_nobody_asked_for_changes_nothing(browser: TestClient, corner: CornerState) -> None:
    answer = browser.post(PATH, params=PRIVATE, data={"answer": "agree"}, headers={"Origin": ORIGIN})
    assert "请在企业微信客户端打开链接" in answer.text
    assert corner.world.get_consent(*corner.world.require_app(1000000), corner.world.require_person("zhangsan")) is None


@pytest.mark.parametrize(
    ("link", "person", "text"),
    [
        ({**PRIVATE, "agentid": ""}, "lisi", "无效的agentid参数"),
        (PRIVATE, "wangwu", "成员不在可见范围"),
    ],
)
def test_what_cannot_be_granted_is_said(
    browser: TestClient, corner: CornerState, link: dict[str, str], person: str, text: str
) -> None:
    corner.holder = f"wxCorpId/{person}"
    answer = browser.get(PATH, params=link, headers={"User-Agent": IPHONE})
    assert answer.status_code == 200
    assert text in answer.text
