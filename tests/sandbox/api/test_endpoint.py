"""The API over HTTP: transport rules, hints, order of checks, and planned faults."""

import logging
import re

import httpx2
import msgspec
import pytest
from starlette.testclient import TestClient

from gongpai.sandbox.corners import CornerState
from gongpai.sandbox.faults import Fault
from gongpai.sandbox.journal import fingerprint
from gongpai.sandbox.switches import Switches
from sandbox.stage import Stage


@pytest.fixture
def stage(corner: CornerState, browser: TestClient) -> Stage:
    return Stage(corner, browser)


def _ask(stage: Stage, call: str, **query: str) -> httpx2.Response:
    return stage.get(call, access_token=stage.value("TOKEN_A"), **query)


def _errcode(answer: httpx2.Response) -> int:
    assert answer.status_code == 200
    errcode: int = answer.json()["errcode"]
    return errcode


def test_an_unknown_call_is_404_with_nothing_in_it(browser: TestClient, corner: CornerState) -> None:
    answer = browser.get("/cgi-bin/user/nope")
    assert (answer.status_code, answer.content) == (404, b"")
    assert corner.journal.entries()[-1].http_status == 404


def test_an_error_says_hint_ip_and_help_address_in_body_and_headers(stage: Stage) -> None:
    answer = _ask(stage, "user/get", userid="nobody")
    said = answer.json()
    pattern = r"userid not found, hint: \[\d{23,}\], from ip: 203\.0\.113\.10, more info at \S+/devtool/query\?e=60111"
    assert re.fullmatch(pattern, said["errmsg"])
    assert (answer.headers["error-code"], answer.headers["error-msg"]) == ("60111", "userid not found")
    assert answer.headers["content-type"] == "application/json; charset=UTF-8"
    assert [said[name] for name in ("department", "order", "is_leader_in_dept", "direct_leader")] == [[], [], [], []]


def test_switches_change_the_words_of_an_error(stage: Stage, corner: CornerState) -> None:
    corner.switches.hint_style = "old"
    corner.switches.error_headers = False
    answer = _ask(stage, "user/get", userid="nobody")
    assert re.search(r"hint: \[\d{10}_\d+_[0-9a-f]{32}\]", answer.json()["errmsg"])
    assert "error-code" not in answer.headers
    assert stage.get("user/get", access_token="x").json()["errmsg"] == "invalid access_token"
    corner.switches.suffix_on_40014 = True
    assert "hint: [" in stage.get("user/get", access_token="x").json()["errmsg"]


def test_success_may_leave_errcode_out_and_turn_its_keys_round(stage: Stage, corner: CornerState) -> None:
    usual = list(_ask(stage, "getcallbackip").json())
    assert usual == ["errcode", "errmsg", "ip_list"]
    corner.switches.reverse_keys = True
    assert list(_ask(stage, "getcallbackip").json()) == ["ip_list", "errmsg", "errcode"]
    corner.switches.success_errcode = False
    assert list(_ask(stage, "getcallbackip").json()) == ["ip_list"]


def test_a_body_that_is_no_json_object_is_warned_about(stage: Stage) -> None:
    query = {"access_token": stage.value("TOKEN_A"), "userid": "lisi"}
    for body in (b"{'a'", b"[1]", b"\xff", b"[" * 100_000):
        answer = stage.browser.post("/cgi-bin/user/get", params=query, content=body)
        assert answer.json()["userid"] == "lisi"
        assert "Warning: wrong json format." in answer.json()["errmsg"]
    assert _errcode(stage.browser.post("/cgi-bin/user/get", params=query, content=b"")) == 0


def test_user_get_answers_post_with_the_userid_in_the_body(stage: Stage) -> None:
    query = {"access_token": stage.value("TOKEN_A")}
    assert stage.browser.post("/cgi-bin/user/get", params=query, json={"userid": "LISI"}).json()["userid"] == "lisi"
    assert _errcode(stage.browser.post("/cgi-bin/user/get", params=query, json={"userid": 3})) == 40003


@pytest.mark.parametrize(
    ("prepare", "errcode"),
    [
        ("nothing", 0),
        ("own parameter bad", 41009),
        ("address untrusted", 60020),
        ("too many calls", 45009),
        ("corp dissolved", 301007),
        ("app disabled", 50003),
        ("token unknown", 40014),
        ("token missing", 41001),
        ("path unknown", 404),
    ],
)
def test_the_earlier_check_speaks_first(stage: Stage, corner: CornerState, prepare: str, errcode: int) -> None:
    faults = ["own parameter bad", "address untrusted", "too many calls", "corp dissolved", "app disabled"]
    faults += ["token unknown", "token missing", "path unknown"]
    present = faults[: faults.index(prepare) + 1] if prepare in faults else []
    query = {"access_token": stage.value("TOKEN_A"), "userid": "lisi"}
    if "own parameter bad" in present:
        del query["userid"]
    if "address untrusted" in present:
        corner.world.file.caller_ip = "198.51.100.99"
    if "too many calls" in present:
        corner.meter.limits.api_per_minute = 1
        corner.meter.allows_call("user/get", "wxCorpId", "192.0.2.1", corner.world.now())
    stage.corp.is_dissolved = "corp dissolved" in present
    stage.app_a.enabled = "app disabled" not in present
    if "token unknown" in present:
        query["access_token"] = "NEVER_ISSUED"
    if "token missing" in present:
        del query["access_token"]
    answer = stage.browser.get("/cgi-bin/user/nope" if "path unknown" in present else "/cgi-bin/user/get", params=query)
    assert (answer.status_code if answer.status_code != 200 else _errcode(answer)) == errcode


@pytest.mark.parametrize(
    ("query", "errcode"),
    [
        ({}, 41004),
        ({"corpsecret": "SECRET_A"}, 41002),
        ({"corpid": "wwNope", "corpsecret": "SECRET_A"}, 40013),
        ({"corpid": "WXCORPID", "corpsecret": "SECRET_A"}, 0),
        ({"corpid": "wxCorpId", "corpsecret": "SECRET_SYNC"}, 0),
        ({"corpid": "wxCorpId", "corpsecret": "SECRET_a"}, 40001),
    ],
)
def test_gettoken_checks_in_the_order_seen_in_the_field(stage: Stage, query: dict[str, str], errcode: int) -> None:
    assert _errcode(stage.get("gettoken", **query)) == errcode


def test_a_secret_of_another_corp_has_its_own_code(stage: Stage, corner: CornerState) -> None:
    file = corner.world.file
    other = msgspec.structs.replace(
        file.corps[0], corpid="wwOther", apps=[], externals=[], strangers=[], sync_secret="S"
    )
    corner.replace_world(msgspec.structs.replace(file, corps=[file.corps[0], other]))
    assert _errcode(stage.get("gettoken", corpid="wwOther", corpsecret="SECRET_A")) == 40091


def test_guessing_secrets_locks_the_address_out_for_an_hour(stage: Stage, corner: CornerState) -> None:
    corner.meter.limits.wrong_secrets_per_hour = 2
    wrong = [_errcode(stage.get("gettoken", corpid="wxCorpId", corpsecret="WRONG")) for _ in range(3)]
    assert wrong == [40001, 40001, 45009]
    assert _errcode(stage.get("gettoken", corpid="wxCorpId", corpsecret="SECRET_A")) == 45009
    corner.switches.rate_limits = False
    assert _errcode(stage.get("gettoken", corpid="wxCorpId", corpsecret="SECRET_A")) == 0


@pytest.mark.parametrize(
    ("switch", "value", "call", "old_errcode", "new_errcode"),
    [
        ("disabled_app_errcode", 50003, "gettoken", 40001, 50003),
        ("invisible_member_errcode", 60111, "user/get", 60011, 60111),
        ("expired_token_errcode", 40014, "expired", 42001, 40014),
        ("used_code_errcode", 42022, "used", 40029, 42022),
        ("expired_code_errcode", 42003, "old", 40029, 42003),
        ("other_app_code_errcode", 50001, "other", 40029, 50001),
        ("ip_check_on_gettoken", True, "gettoken from elsewhere", 0, 60020),
    ],
)
def test_a_switch_chooses_between_documented_codes(
    stage: Stage, corner: CornerState, switch: str, value: object, call: str, old_errcode: int, new_errcode: int
) -> None:
    def ask() -> httpx2.Response:
        match call:
            case "gettoken" | "gettoken from elsewhere":
                stage.app_a.enabled = call != "gettoken"
                corner.world.file.caller_ip = "198.51.100.1"
                return stage.get("gettoken", corpid="wxCorpId", corpsecret="SECRET_A")
            case "expired":
                return stage.get("user/get", access_token=stage.value("TOKEN_A_EXPIRED"), userid="lisi")
            case "user/get":
                return _ask(stage, "user/get", userid="wangwu")
            case "used":
                _ask(stage, "auth/getuserinfo", code=stage.value("CODE_OK"))
                return _ask(stage, "auth/getuserinfo", code=stage.value("CODE_OK"))
            case "old":
                code = corner.world.get_code(stage.value("CODE_OK"))
                assert code is not None
                code.issued_at = code.issued_at.replace(year=2000)
                return _ask(stage, "auth/getuserinfo", code=stage.value("CODE_OK"))
            case _:
                return stage.get("auth/getuserinfo", access_token=stage.value("TOKEN_B"), code=stage.value("CODE_OK"))

    assert _errcode(ask()) == old_errcode
    setattr(corner.switches, switch, value)
    assert _errcode(ask()) == new_errcode


def test_what_is_left_of_a_token_may_be_said(stage: Stage, corner: CornerState) -> None:
    corner.switches.repeated_expires_in = "remaining"
    stage.grow_old("TOKEN_A", 100)
    assert 6900 <= stage.get("gettoken", corpid="wxCorpId", corpsecret="SECRET_A").json()["expires_in"] <= 7100


def test_delayed_calls_come_late_and_whole(stage: Stage, corner: CornerState) -> None:
    corner.faults.add(Fault(delay_seconds=0.01))
    assert _errcode(_ask(stage, "getcallbackip")) == 0


def test_a_planned_errcode_does_not_do_the_call(stage: Stage, corner: CornerState) -> None:
    corner.faults.add(Fault(call="auth/getuserinfo", errcode=-1))
    code = stage.value("CODE_OK")
    answer = _ask(stage, "auth/getuserinfo", code=code)
    assert answer.json()["errmsg"].startswith("system error, hint")
    assert _ask(stage, "auth/getuserinfo", code=code).json()["userid"] == "lisi"


def test_an_errcode_nobody_knows_can_be_planned_too(stage: Stage, corner: CornerState) -> None:
    corner.faults.add(Fault(errcode=1234567))
    assert _ask(stage, "getcallbackip").json()["errmsg"].startswith("sandbox: planned fault")


def test_a_planned_status_has_no_answer(stage: Stage, corner: CornerState) -> None:
    corner.faults.add(Fault(http_status=502))
    answer = _ask(stage, "getcallbackip")
    assert (answer.status_code, answer.content) == (502, b"")


def test_a_garbled_answer_is_no_json_and_the_code_is_spent(stage: Stage, corner: CornerState) -> None:
    corner.faults.add(Fault(garble=True))
    code = stage.value("CODE_OK")
    answer = _ask(stage, "auth/getuserinfo", code=code)
    assert answer.status_code == 200
    with pytest.raises(ValueError, match="Expecting value"):
        answer.json()
    assert _errcode(_ask(stage, "auth/getuserinfo", code=code)) == 40029


def test_a_secret_that_is_not_of_this_world_is_warned_about(
    stage: Stage, corner: CornerState, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "gongpai.sandbox"):
        stage.get("gettoken", corpid="wxCorpId", corpsecret="perhaps-a-real-one")
    entry = corner.journal.entries()[-1]
    assert "a real secret may have been sent" in (entry.warning or "")
    assert "a real secret may have been sent" in caplog.text
    assert entry.fingerprints == {"corpsecret": fingerprint("perhaps-a-real-one")}
    assert "perhaps-a-real-one" not in caplog.text + str(msgspec.to_builtins(corner.journal.entries()))


def test_a_refusal_that_was_planned_says_nothing_of_the_secret(
    stage: Stage, corner: CornerState, caplog: pytest.LogCaptureFixture
) -> None:
    corner.faults.add(Fault(errcode=40001))
    with caplog.at_level(logging.WARNING, "gongpai.sandbox"):
        stage.get("gettoken", corpid="wxCorpId", corpsecret="perhaps-a-real-one")
    assert corner.journal.entries()[-1].warning is None
    assert caplog.text == ""


def test_debug_says_more_and_costs_more(stage: Stage) -> None:
    said = [_ask(stage, "getcallbackip", debug="1").json() for _ in range(6)]
    assert "debug: [call getcallbackip" in said[0]["errmsg"]
    assert [each["errcode"] for each in said] == [0, 0, 0, 0, 0, 45009]


def test_a_valid_code_is_never_over_the_limit(stage: Stage, corner: CornerState) -> None:
    corner.meter.limits.api_per_minute = 1
    codes = [stage.value("CODE_OK"), stage.value("CODE_OK2")]
    assert [_errcode(_ask(stage, "auth/getuserinfo", code=code)) for code in codes] == [0, 0]
    assert [_errcode(_ask(stage, "auth/getuserinfo", code=codes[0])) for _ in range(2)] == [40029, 45009]


def test_the_default_of_every_switch_is_what_the_base_world_has(corner: CornerState) -> None:
    assert corner.switches == Switches()
