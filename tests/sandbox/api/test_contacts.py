"""The address book and the app's own calls, as an app may read them."""

import httpx2
import pytest
from starlette.testclient import TestClient

from gongpai.sandbox.corners import CornerState
from sandbox.stage import Stage


@pytest.fixture
def stage(corner: CornerState, browser: TestClient) -> Stage:
    return Stage(corner, browser)


def _ask(stage: Stage, call: str, token: str = "TOKEN_B", **query: str) -> dict[str, object]:
    answer: dict[str, object] = stage.get(call, access_token=stage.value(token), **query).json()
    return answer


def _post(stage: Stage, call: str, token: str, body: object) -> httpx2.Response:
    return stage.browser.post(f"/cgi-bin/{call}", params={"access_token": stage.value(token)}, json=body)


def test_a_new_app_reads_no_sensitive_field(stage: Stage) -> None:
    new, old = _ask(stage, "user/get", "TOKEN_A", userid="lisi"), _ask(stage, "user/get", userid="lisi")
    extra = {"avatar", "thumb_avatar", "gender", "mobile", "email", "biz_mail", "qr_code", "address"}
    assert old.keys() - new.keys() == extra
    assert (new["name"], new["department"], new["direct_leader"], new["status"]) == ("李四", [2], ["zhangsan"], 1)


def test_leaders_and_the_main_department_are_told(stage: Stage) -> None:
    said = _ask(stage, "user/get", userid="zhangsan")
    assert (said["department"], said["main_department"], said["is_leader_in_dept"]) == ([1, 2], 1, [0, 1])


def test_who_left_is_not_found(stage: Stage) -> None:
    stage.member("lisi").status = 5
    assert _ask(stage, "user/get", userid="lisi")["errcode"] == 60111


@pytest.mark.parametrize(("userid", "errcode"), [("a" * 65, 40003), ("wwLinkedCorp/zhaoliu", 60111)])
def test_a_userid_that_cannot_be_one_is_refused(stage: Stage, userid: str, errcode: int) -> None:
    assert _ask(stage, "user/get", userid=userid)["errcode"] == errcode


def test_a_department_is_told_whole(stage: Stage) -> None:
    assert _ask(stage, "department/get", id="2")["department"] == {
        "id": 2, "name": "研发部", "name_en": "Development", "department_leader": ["zhangsan"], "parentid": 1,
        "order": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("token", "wanted", "errcode"),
    [
        ("TOKEN_B", "", 60123),
        ("TOKEN_B", "x", 60123),
        ("TOKEN_B", "9" * 20, 60123),
        ("TOKEN_B", "9", 60003),
        ("TOKEN_A", "2", 60011),
        ("TOKEN_SYNC", "2", 48009),
    ],
)
def test_a_department_that_cannot_be_read_says_why(stage: Stage, token: str, wanted: str, errcode: int) -> None:
    assert _ask(stage, "department/get", token, id=wanted)["errcode"] == errcode


@pytest.mark.parametrize(
    ("token", "query", "ids"),
    [("TOKEN_B", {}, [1, 2]), ("TOKEN_B", {"id": "2"}, [2]), ("TOKEN_A", {}, []), ("TOKEN_SYNC", {"id": "1"}, [1, 2])],
)
def test_departments_are_listed_as_far_as_they_are_visible(
    stage: Stage, token: str, query: dict[str, str], ids: list[int]
) -> None:
    nodes = _ask(stage, "department/simplelist", token, **query)["department_id"]
    assert isinstance(nodes, list)
    assert [node["id"] for node in nodes] == ids


def test_a_bad_department_lists_nothing(stage: Stage) -> None:
    said = _ask(stage, "department/simplelist", id="9")
    assert (said["errcode"], said["department_id"]) == (60003, [])


def test_contact_sync_lists_userids_in_pages(stage: Stage) -> None:
    first = _post(stage, "user/list_id", "TOKEN_SYNC", {"limit": 3}).json()
    assert [(row["userid"], row["department"]) for row in first["dept_user"]] == [
        ("zhangsan", 1), ("zhangsan", 2), ("lisi", 2),
    ]  # fmt: skip
    rest = _post(stage, "user/list_id", "TOKEN_SYNC", {"limit": 3, "cursor": first["next_cursor"]}).json()
    assert ([row["userid"] for row in rest["dept_user"]], rest["next_cursor"]) == (["wangwu"], "")


@pytest.mark.parametrize("body", [{"limit": 0}, {"limit": True}, {"limit": 10_001}, {"cursor": "x"}, {"cursor": 3}])
def test_a_page_that_cannot_be_is_refused(stage: Stage, body: object) -> None:
    assert _post(stage, "user/list_id", "TOKEN_SYNC", body).json()["errcode"] == 40058


@pytest.mark.parametrize(
    ("call", "token", "body", "errcode"),
    [
        ("user/list_id", "TOKEN_A", {}, 48002),
        ("user/getuserid", "TOKEN_A", {"mobile": "13800000000"}, 0),
        ("user/getuserid", "TOKEN_A", {"mobile": "13800000002"}, 46004),
        ("user/getuserid", "TOKEN_A", {}, 46004),
        ("user/getuserid", "TOKEN_SYNC", {}, 48002),
        ("user/convert_to_openid", "TOKEN_A", {"userid": "nobody"}, 60111),
        ("user/convert_to_openid", "TOKEN_A", {}, 60111),
        ("auth/getuserdetail", "TOKEN_SYNC", {"user_ticket": "x"}, 48002),
    ],
)
def test_other_calls_answer_by_their_rights(stage: Stage, call: str, token: str, body: object, errcode: int) -> None:
    assert _post(stage, call, token, body).json()["errcode"] == errcode


@pytest.mark.parametrize(
    ("agentid", "errcode"), [("1000000", 0), ("", 41011), ("x", 40056), ("1000001", 301002), ("9", 301002)]
)
def test_an_app_reads_its_own_settings_only(stage: Stage, agentid: str, errcode: int) -> None:
    said = _ask(stage, "agent/get", "TOKEN_A", agentid=agentid)
    assert said["errcode"] == errcode
    if errcode == 0:
        assert said["allow_userinfos"] == {"user": [{"userid": "zhangsan"}, {"userid": "lisi"}]}
        assert said["close"] == 0


def test_an_app_is_told_addresses_and_two_kinds_of_tickets(stage: Stage) -> None:
    assert _ask(stage, "getcallbackip")["ip_list"] == ["192.0.2.10", "192.0.2.*"]
    assert _ask(stage, "get_api_domain_ip")["ip_list"] == ["198.51.100.10", "198.51.100.11"]
    of_corp, of_app = _ask(stage, "get_jsapi_ticket"), _ask(stage, "ticket/get", type="agent_config")
    assert of_corp["expires_in"] == of_app["expires_in"] == 7200
    assert of_corp["ticket"] != of_app["ticket"]


@pytest.mark.parametrize(
    ("path", "language", "words"),
    [
        ("60020", "zh-CN", "企业可信IP"),
        ("60020", "en", "not trusted"),
        ("-1", "en", "system busy"),
        ("999", "en", "No help for this errcode"),
        ("x", "zh-CN", "没有这个错误码的说明"),
    ],
)
def test_the_help_page_explains_in_both_languages(stage: Stage, path: str, language: str, words: str) -> None:
    page = stage.browser.get("/devtool/query", params={"e": path}, headers={"Accept-Language": language})
    assert words in page.text
    assert page.status_code == (404 if path in ("999", "x") else 200)
