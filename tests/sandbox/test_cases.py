"""The cases of the protocol that are about servers, asked of the sandbox; every other case is named with its place."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from starlette.testclient import TestClient

from gongpai.sandbox.corners import CornerState
from sandbox.stage import IOS, Stage

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "wecom-cases.json").read_text(encoding="utf-8"))

# Not asked here, by the beginning of the id.
ELSEWHERE = {
    "suite-": "later work: third-party and delegated apps have their own tokens",
    "userdetail-014": "later work: a call of third-party apps",
    "user-014": "later work: a call of third-party apps",
    "tfa-": "later work: second check",
    "linked-": "later work: calls about linked corps",
    "crypto-": "later work: encrypted push messages",
    "authorize-018": "a client: the library builds the link",
    "weblogin-001": "a client: the library builds the link",
    "panel-": "the official JavaScript SDK in a real browser, over the TLS mode",
    "userinfo-019": "a client: the library parses the answer",
    "userinfo-020": "a client: the library parses the answer",
    "userinfo-021": "a client: the library parses the answer",
    "jsapi-001": "a client: the library signs",
    "jsapi-002": "a client: the library signs",
    "ua-": "a client: the library reads the User-Agent",
    "verify-001": "a site: the gateway serves the file",
    "verify-002": "a site and the console's check: tests/sandbox/test_verify.py",
    "verify-003": "a site: the gateway serves configured names only",
}
Case = dict[str, Any]


def _is_elsewhere(case: Case) -> bool:
    return any(case["id"].startswith(beginning) for beginning in ELSEWHERE)


SERVED = [case for case in CASES if not _is_elsewhere(case)]
API = [case for case in SERVED if case["request"]["path"].startswith("/cgi-bin/")]
AUTHORIZE = [case for case in SERVED if case["request"]["host"] == "open.weixin.qq.com"]
LOGIN = [case for case in SERVED if case["request"]["path"].startswith(("/wwlogin/", "/wwopen/"))]


def _ids(cases: list[Case]) -> list[str]:
    return [case["id"] for case in cases]


def test_every_case_is_asked_here_or_has_its_place_elsewhere() -> None:
    assert sorted(_ids(API + AUTHORIZE + LOGIN)) == sorted(_ids(SERVED))
    unused = [beginning for beginning in ELSEWHERE if not any(each.startswith(beginning) for each in _ids(CASES))]
    assert unused == []


@pytest.fixture
def stage(corner: CornerState, browser: TestClient) -> Stage:
    return Stage(corner, browser)


@pytest.mark.parametrize("case", API, ids=_ids(API))
def test_the_api_answers_as_the_case_says(case: Case, stage: Stage) -> None:
    previous = PREPARE.get(case["id"], _nothing)(stage)
    if "caller_ip" in case["given"]:
        stage.corner.world.file.caller_ip = case["given"]["caller_ip"]
    answer = stage.ask(case)
    expected = case["expect"]
    assert answer.status_code == expected.get("http_status", 200)
    said = answer.json()
    assert {name: said.get(name) for name in expected.get("json", {})} == expected.get("json", {})
    assert {name: said.get(name) for name in expected.get("json_contains", {})} == expected.get("json_contains", {})
    for name, values in expected.get("json_one_of", {}).items():
        assert said[name] in values
    for name, pattern in expected.get("json_regex", {}).items():
        assert re.search(pattern, said[name]), said[name]
    assert set(expected.get("json_present", [])) <= said.keys()
    assert not set(expected.get("json_absent", [])) & said.keys()
    assert all(not said.get(name) for name in expected.get("json_absent_or_empty", []))
    for name, kind in expected.get("json_type", {}).items():
        assert (kind, type(said[name])) == ("array", list)
    for name in expected.get("same_as_previous", []):
        assert said[name] == previous[name]
    for name in expected.get("differs_from_previous", []):
        assert said[name] != previous[name]
    for value, name in expected.get("differs_from", {}).items():
        assert said[name] != stage.value(value)
    # What the case says in words: a default avatar, or none.
    assert case["id"] != "userdetail-005" or said["avatar"] != stage.member("lisi").avatar


@pytest.mark.parametrize("case", AUTHORIZE, ids=_ids(AUTHORIZE))
def test_the_in_app_link_answers_as_the_case_says(case: Case, stage: Stage) -> None:
    given, request, expected = case["given"], case["request"], case["expect"]
    stage.corner.holder = f"wxCorpId/{given['user']}"
    if "oauth_domain" in given:
        stage.app_a.oauth_domain = given["oauth_domain"]
    if given.get("consent") == "10 days ago":
        stage.consent("lisi", ["mobile"])
        stage.corner.world.clock.advance(timedelta(days=10))
    if request["method"] == "POST":
        answer = _refuse_consent(stage)
    else:
        answer = stage.visit(request["path"], request["query"], IOS)
    _require_page(answer, expected)


def _refuse_consent(stage: Stage) -> httpx2.Response:
    query = {
        "appid": "wxCorpId",
        "redirect_uri": "http://api.3dept.com/cb",
        "response_type": "code",
        "agentid": "1000000",
    }
    query |= {"scope": "snsapi_privateinfo", "state": "s1"}
    assert stage.visit("/connect/oauth2/authorize", query, IOS).status_code == 200
    return stage.browser.post(
        "/connect/oauth2/authorize", params=query, data={"answer": "refuse"}, headers={"User-Agent": IOS}
    )


def _require_page(answer: httpx2.Response, expected: dict[str, Any]) -> None:
    if "any_of" in expected:
        expected = expected["any_of"][0]  # the default; the other one has its switch
    if "http_status" in expected:
        assert answer.status_code == expected["http_status"]
    if "accepted" in expected:
        assert (answer.status_code == 302) == expected["accepted"]
    assert expected.get("html_contains", "") in answer.text
    assert str(expected.get("errcode_hint", "")) in answer.text
    location = answer.headers.get("location", "")
    assert re.search(expected.get("location_regex", ""), location), location
    _require_query(location, expected)


def _require_query(location: str, expected: dict[str, Any]) -> None:
    query = parse_qs(urlsplit(location).query, keep_blank_values=True)
    wanted = expected.get("redirect_query", expected.get("final_redirect_query", {}))
    for name, value in wanted.items():
        assert len(query[name]) == 1
        assert 1 <= len(query[name][0]) <= 512 if value.startswith("<any") else query[name] == [value]
    assert not set(expected.get("redirect_query_absent", [])) & query.keys()
    assert urlsplit(location).hostname == expected.get("final_redirect_host", urlsplit(location).hostname)


@pytest.mark.parametrize("case", LOGIN, ids=_ids(LOGIN))
def test_the_login_pages_answer_as_the_case_says(case: Case, stage: Stage) -> None:
    given, request, expected = case["given"], case["request"], case["expect"]
    query = {name: stage.value(value) for name, value in request["query"].items()}
    page = stage.visit(request["path"], query)
    assert expected.get("html_contains", "") in page.text
    if "login_error" in expected:
        assert f"<code>{expected['login_error']['errCode']}</code>" in page.text
    if "body_regex" in expected:
        assert re.search(expected["body_regex"], page.text)
    if "scan_answer" in given:
        _require_query(_finish_scan(stage, page.text, given), expected)


def _finish_scan(stage: Stage, page: str, given: dict[str, str]) -> str:
    """Return where the page would go: its script puts the polled code between two prepared halves."""
    found = {name: unescape(value) for name, value in re.findall(r'data-([a-z-]+)="([^"]*)"', page)}
    logins, key = stage.corner.world.qr_logins, found["key"]
    logins.scan(key, stage.person(given["scan_user"]))
    if given["scan_answer"] == "refuse":
        logins.refuse(key)
        return found["refused-url"]
    logins.confirm(key)
    polled = stage.visit("/wwopen/sso/l/qrConnect", {"callback": "cb", "key": key}).text
    code = json.loads(polled.removeprefix("cb(").removesuffix(")"))["auth_code"]
    return f"{found['before-code']}{code}{found['after-code']}"


# What stands in a case in words: the state of the world before it, and the answer before, if it compares.


def _nothing(_stage: Stage) -> dict[str, Any]:
    return {}


def _token_before(seconds: int) -> Callable[[Stage], dict[str, Any]]:
    def prepare(stage: Stage) -> dict[str, Any]:
        previous: dict[str, Any] = stage.get("gettoken", corpid="wxCorpId", corpsecret="SECRET_A").json()
        stage.corner.world.clock.advance(timedelta(seconds=seconds))
        return previous

    return prepare


@dataclass(frozen=True)
class _Asks:
    """Ask a call so often before, with the token of app A."""

    times: int
    call: str
    query: tuple[tuple[str, str], ...] = ()

    def __call__(self, stage: Stage) -> dict[str, Any]:
        for _ in range(self.times):
            assert stage.get(self.call, access_token=stage.value("TOKEN_A"), **dict(self.query)).json()["errcode"] == 0
        return {}


def _ten_thousand_calls(stage: Stage) -> dict[str, Any]:
    for _ in range(10_000):
        assert stage.corner.meter.allows_call("user/get", "wxCorpId", "203.0.113.10", stage.corner.world.now())
    return {}


def _fail_from_another_ip(stage: Stage) -> dict[str, Any]:
    stage.corner.world.file.caller_ip = "198.51.100.99"
    query = {"access_token": stage.value("TOKEN_A"), "code": stage.value("CODE_OK")}
    assert stage.get("auth/getuserinfo", **query).json()["errcode"] == 60020
    return {}


def _ip_added(stage: Stage) -> dict[str, Any]:
    stage.app_a.trusted_ips = []
    stage.corner.world.set_trusted_ips(stage.corp, stage.app_a, ["203.0.113.10"])
    stage.corner.world.clock.advance(timedelta(seconds=10))
    return {}


def _does(act: Callable[[Stage], object]) -> Callable[[Stage], dict[str, Any]]:
    def prepare(stage: Stage) -> dict[str, Any]:
        act(stage)
        return {}

    return prepare


PREPARE: dict[str, Callable[[Stage], dict[str, Any]]] = {
    "gettoken-002": _token_before(60),
    "gettoken-003": _token_before(7201),
    "gettoken-010": _does(lambda stage: setattr(stage.app_a, "enabled", False)),
    "gettoken-013": _does(lambda stage: setattr(stage.corp, "is_dissolved", True)),
    "http-012": _ten_thousand_calls,
    "http-013": _Asks(5, "user/get", (("userid", "zhangsan"), ("debug", "1"))),
    "jsapi-006": _Asks(100, "get_jsapi_ticket"),
    "userinfo-006": _does(lambda stage: stage.grow_old("CODE_FRESH", 299)),
    "userinfo-010": _does(lambda stage: stage.lose_domain("CODE_OK")),
    "userinfo-017": _fail_from_another_ip,
    "userdetail-002": _does(lambda stage: stage.ticket_with(["mobile"])),
    "userdetail-003": _does(lambda stage: stage.app_a.sensitive_fields.remove("mobile")),
    "userdetail-005": _does(lambda stage: stage.ticket_with(["mobile"])),
    "userdetail-006": _does(lambda stage: stage.grow_old("TICKET_LISI", 1801)),
    "userdetail-009": _does(lambda stage: stage.use_ticket()),
    "userdetail-011": _does(lambda stage: setattr(stage.member("lisi"), "address", "")),
    "ip-002": _ip_added,
}
