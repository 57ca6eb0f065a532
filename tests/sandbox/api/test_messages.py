"""Messages to members: who gets them, in which order the sandbox looks, and what it says then."""

from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from gongpai.sandbox.corners import CornerState
from sandbox.stage import Stage

_CARD = {"title": "You signed in", "description": "At a desk", "url": "https://api.3dept.com/notice"}
_RIGHT: dict[str, object] = {"touser": "lisi", "msgtype": "textcard", "agentid": 1000000, "textcard": _CARD}


@pytest.fixture
def stage(corner: CornerState, browser: TestClient) -> Stage:
    return Stage(corner, browser)


def _send(stage: Stage, **changes: object) -> dict[str, object]:
    body = {name: value for name, value in {**_RIGHT, **changes}.items() if value is not None}
    params = {"access_token": stage.value("TOKEN_A")}
    answer: dict[str, object] = stage.browser.post("/cgi-bin/message/send", params=params, json=body).json()
    return answer


def _got(stage: Stage) -> list[str]:
    return [message.to.rpartition("/")[2] for message in stage.corner.world.messages.all()]


def test_a_card_lies_in_the_members_wecom(stage: Stage) -> None:
    said = _send(stage)
    assert (said["errcode"], said["errmsg"]) == (0, "ok")
    (message,) = stage.corner.world.messages.all()
    assert said["msgid"] == message.msgid
    assert (message.title, message.text, message.url) == tuple(_CARD.values())
    assert stage.corner.world.messages.of("wxCorpId/lisi") == [message]
    assert stage.corner.world.messages.of("wxCorpId/zhangsan") == []


@pytest.mark.parametrize(
    ("changes", "errcode"),
    [
        ({"agentid": None, "touser": None}, 41011),
        ({"agentid": "x", "touser": None}, 40056),
        ({"agentid": True}, 40056),
        ({"agentid": 1000001, "touser": None}, 301002),
        ({"touser": None, "msgtype": "pigeon"}, 82001),
        ({"touser": "", "toparty": "|"}, 82001),
        ({"touser": ["lisi"]}, 40058),
        ({"msgtype": "pigeon", "touser": "nobody"}, 40008),
        ({"msgtype": None}, 40008),
        ({"textcard": None}, 40058),
        ({"textcard": {**_CARD, "url": ""}}, 41010),
        ({"textcard": {**_CARD, "url": "api.3dept.com"}}, 40094),
        ({"textcard": {**_CARD, "title": ""}}, 41016),
        ({"textcard": {**_CARD, "description": 7}}, 41033),
        ({"msgtype": "text", "text": {}}, 44004),
        ({"touser": "nobody"}, 81013),
        ({"touser": "wangwu"}, 81013),
    ],
)
def test_what_is_wrong_is_said_in_this_order(stage: Stage, changes: dict[str, object], errcode: int) -> None:
    assert _send(stage, **changes)["errcode"] == errcode
    assert _got(stage) == []


@pytest.mark.parametrize(
    "changes",
    [
        *({"textcard": {**_CARD, part: ""}} for part in _CARD),
        {"textcard": {**_CARD, "url": "api.3dept.com"}},
        {"msgtype": "text", "text": {}},
    ],
)
def test_what_a_message_lacks_may_be_said_by_one_code_for_all(stage: Stage, changes: dict[str, object]) -> None:
    stage.corner.switches.faulty_message_errcode = 40058
    assert _send(stage, **changes)["errcode"] == 40058
    assert _got(stage) == []


@pytest.mark.parametrize(("token", "errcode"), [("TOKEN_SYNC", 48002), ("nonsense", 40014)])
def test_only_an_app_sends(stage: Stage, token: str, errcode: int) -> None:
    value = stage.value(token) if token == "TOKEN_SYNC" else token
    answer = stage.browser.post("/cgi-bin/message/send", params={"access_token": value}, json=_RIGHT).json()
    assert answer["errcode"] == errcode


def test_who_cannot_get_it_is_named_and_the_others_get_it(stage: Stage) -> None:
    said = _send(stage, touser="LiSi|WangWu|Nobody", toparty="999", totag="x")
    assert (said["errcode"], said["invaliduser"], said["invalidparty"], said["invalidtag"]) == (
        0,
        "nobody|wangwu",
        "999",
        "x",
    )
    assert _got(stage) == ["lisi"]


def test_a_department_and_everybody_can_be_named(stage: Stage) -> None:
    assert _send(stage, touser="@all")["errcode"] == 0
    assert sorted(_got(stage)) == ["lisi", "zhangsan"]
    stage.corner.world.messages = type(stage.corner.world.messages)()
    _send(stage, touser=None, toparty="2")
    assert "lisi" in _got(stage)


def test_the_same_again_arrives_only_where_nobody_asked_to_look(stage: Stage) -> None:
    for _ in range(2):
        _send(stage, enable_duplicate_check=1, duplicate_check_interval=60)
    assert _got(stage) == ["lisi"]
    stage.corner.world.clock.advance(timedelta(seconds=61))
    _send(stage, enable_duplicate_check=1, duplicate_check_interval="soon")
    _send(stage)
    _send(stage)
    assert len(_got(stage)) == 4


def test_a_text_is_cut_and_other_types_are_taken_as_they_are(stage: Stage) -> None:
    _send(stage, msgtype="text", text={"content": "x" * 3_000})
    _send(stage, msgtype="image", image={"media_id": "m"})
    text, image = stage.corner.world.messages.all()
    assert (len(text.text), image.msgtype, image.text) == (2_048, "image", "")


def test_the_phone_shows_what_came(phone: TestClient, corner: CornerState) -> None:
    _send(Stage(corner, phone), textcard={**_CARD, "btntxt": "停止登录吧"})
    page = phone.get("/phone").text
    for words in ("You signed in", "At a desk", "停止登录"):
        assert words in page
    assert "/phone/open?url=https%3A//api.3dept.com/notice" in page


def test_the_oldest_are_forgotten(stage: Stage) -> None:
    stage.corner.switches.rate_limits = False
    messages = stage.corner.world.messages
    _send(stage)
    (message,) = messages.all()
    messages.deliver([f"wxCorpId/u{n}" for n in range(1_200)], message)
    assert len(messages.all()) == 1_000
