"""Code to identity, ticket to sensitive fields: what is said, to whom, and what is spent."""

import httpx2
import pytest
from starlette.testclient import TestClient

from gongpai.sandbox.corners import CornerState
from gongpai.sandbox.world import SENSITIVE_FIELDS
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


def _detail(stage: Stage, body: object = None) -> httpx2.Response:
    said = {"user_ticket": stage.value("TICKET_LISI")} if body is None else body
    return stage.browser.post("/cgi-bin/auth/getuserdetail", params={"access_token": stage.value("TOKEN_A")}, json=said)


@pytest.mark.parametrize(("switch", "failure"), [("burn_code_on_50001", 50001), ("burn_code_on_60020", 60020)])
@pytest.mark.parametrize("burns", [False, True])
def test_a_failed_exchange_spends_the_code_only_if_switched(
    stage: Stage, corner: CornerState, switch: str, failure: int, *, burns: bool
) -> None:
    setattr(corner.switches, switch, burns)
    code = stage.value("CODE_OK")
    if failure == 50001:
        stage.app_a.oauth_domain = "elsewhere.example"
    else:
        corner.world.file.caller_ip = "198.51.100.99"
    assert _errcode(_ask(stage, "auth/getuserinfo", code=code)) == failure
    stage.app_a.oauth_domain, corner.world.file.caller_ip = "api.3dept.com", "203.0.113.10"
    assert _errcode(_ask(stage, "auth/getuserinfo", code=code)) == (40029 if burns else 0)


@pytest.mark.parametrize("call", ["auth/getuserinfo", "user/getuserinfo"])
@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("wmCustomerOfLisi", {"openid": "oCustomerOfLisi", "external_userid": "wmCustomerOfLisi"}),
        ("wmCustomerOfWangwu", {"openid": "oCustomerOfWangwu"}),
        ("oStranger", {"openid": "oStranger"}),
        ("wangwu", {"userid": "wangwu"}),
    ],
)
def test_outsiders_get_an_openid_and_visible_customers_their_id(
    stage: Stage, corner: CornerState, call: str, key: str, expected: dict[str, str]
) -> None:
    code = corner.world.issue_code(
        stage.corp,
        stage.app_a,
        stage.person(key),
        scope="snsapi_privateinfo",
        redirect_host="api.3dept.com",
        way="web",
    )
    said = _ask(stage, call, code=code.value).json()
    folded = {name.lower(): value for name, value in said.items() if name not in ("errcode", "errmsg")}
    assert folded == expected


def test_grey_fields_of_getuserinfo_have_switches(stage: Stage, corner: CornerState) -> None:
    corner.switches.user_doc_ticket = True
    corner.switches.user_ticket_expires_in = False
    said = _ask(stage, "auth/getuserinfo", code=stage.value("CODE_PRIV")).json()
    assert {"user_ticket", "user_doc_ticket"} <= said.keys()
    assert "expires_in" not in said


def test_the_old_path_gives_ticket_and_device(stage: Stage, corner: CornerState) -> None:
    said = _ask(stage, "user/getuserinfo", code=stage.value("CODE_PRIV")).json()
    assert said.keys() == {"errcode", "errmsg", "UserId", "DeviceId", "user_ticket", "expires_in"}
    assert said["expires_in"] == 7200
    corner.switches.legacy_device_id = False
    assert "DeviceId" not in _ask(stage, "user/getuserinfo", code=stage.value("CODE_OK")).json()


def test_contact_sync_cannot_spend_a_code(stage: Stage) -> None:
    query = {"access_token": stage.value("TOKEN_SYNC"), "code": stage.value("CODE_OK")}
    assert _errcode(stage.get("auth/getuserinfo", **query)) == 50001
    assert _errcode(_ask(stage, "auth/getuserinfo", code=stage.value("CODE_OK"))) == 0


@pytest.mark.parametrize(
    ("masked_fields", "default_avatar", "masked"),
    [
        ("empty", True, {"mobile": "", "avatar": "https://wework.qpic.cn/wwpic/default_avatar/0"}),
        ("empty", False, {"mobile": "", "avatar": ""}),
        ("absent", True, {"avatar": "https://wework.qpic.cn/wwpic/default_avatar/0"}),
        ("absent", False, {}),
    ],
)
def test_fields_without_consent_are_masked_as_switched(
    stage: Stage, corner: CornerState, masked_fields: str, masked: dict[str, str], *, default_avatar: bool
) -> None:
    setattr(corner.switches, "masked_fields", masked_fields)  # noqa: B010  a Literal, chosen by the case
    corner.switches.default_avatar = default_avatar
    stage.ticket_with([])
    said = _detail(stage).json()
    assert {name: said[name] for name in ("mobile", "avatar") if name in said} == masked
    assert said["gender"] == "0"


def test_every_consented_field_is_given(stage: Stage) -> None:
    said, lisi = _detail(stage).json(), stage.member("lisi")
    assert {name: said[name] for name in SENSITIVE_FIELDS} == {name: getattr(lisi, name) for name in SENSITIVE_FIELDS}


def test_a_ticket_may_be_good_once_only(stage: Stage, corner: CornerState) -> None:
    corner.switches.ticket_single_use = True
    assert [_errcode(_detail(stage)), _errcode(_detail(stage))] == [0, 84015]


def test_who_is_no_longer_visible_keeps_no_ticket(stage: Stage) -> None:
    stage.value("TICKET_LISI")
    stage.app_a.visible_userids.remove("lisi")
    assert _errcode(_detail(stage)) == 50002


@pytest.mark.parametrize(("body", "errcode"), [({}, 84090), ({"user_ticket": ""}, 84090), ({"user_ticket": 3}, 84015)])
def test_a_ticket_must_be_there_and_be_one(stage: Stage, body: object, errcode: int) -> None:
    assert _errcode(_detail(stage, body)) == errcode
