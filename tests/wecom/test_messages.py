"""A card of the app to a member, as both twins send it and the sandbox takes it."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from gongpai.sandbox import Corner
from gongpai.wecom import InputError, SendTextCard, SentMessage, TextCard, TransportError, UsageError
from wecom.twins import AGENTID, CORPID, Twin, app_of, open_twin


@pytest.fixture(params=[True, False], ids=["async", "sync"])
async def twin(request: pytest.FixtureRequest, wecom_sandbox: Corner) -> AsyncIterator[Twin]:
    async with open_twin(is_async=request.param, app=app_of(wecom_sandbox), url=wecom_sandbox.url) as opened:
        yield opened


async def test_a_member_gets_the_card_once(twin: Twin, wecom_sandbox: Corner) -> None:
    card = TextCard("You signed in", "At a desk", "https://sso.example/notice/secret", "Stop")
    sent = await twin.do("send_text_card", "LiSi", card)
    assert sent.msgid
    assert (sent.invalid_userids, sent.unlicensed_userids) == ((), ())
    await twin.do("send_text_card", "LiSi", card)
    (message,) = wecom_sandbox.messages()
    assert (message.to, message.agentid, message.corpid) == (f"{CORPID}/lisi", AGENTID, CORPID)
    assert (message.title, message.text, message.url, message.button) == (
        card.title,
        card.description,
        card.url,
        card.button,
    )
    wecom_sandbox.advance(1_801)
    await twin.do("send_text_card", "LiSi", card)
    assert len(wecom_sandbox.messages()) == 2


async def test_nobody_who_can_get_it_is_an_error_and_some_who_cannot_are_named(twin: Twin) -> None:
    card = TextCard("Title", "Text", "https://sso.example/")
    with pytest.raises(InputError) as caught:
        await twin.do("send_text_card", "nobody", card)
    assert caught.value.errcode == 81013
    sent = await twin.do("call", SendTextCard(AGENTID, ("lisi", "Nobody"), card))
    assert sent.invalid_userids == ("nobody",)


def test_the_call_asks_as_documented() -> None:
    card = TextCard("T", "D", "https://sso.example/")
    call = SendTextCard(7, ("a", "b"), card, check_for=timedelta(hours=4))
    request = call.request("token")
    assert (request.method, request.path, request.query) == (
        "POST",
        "/cgi-bin/message/send",
        {"access_token": "token"},
    )
    assert request.json == {
        "touser": "a|b",
        "msgtype": "textcard",
        "agentid": 7,
        "textcard": {"title": "T", "description": "D", "url": "https://sso.example/"},
        "enable_duplicate_check": 1,
        "duplicate_check_interval": 14_400,
    }
    assert "secret" not in repr(SendTextCard(7, ("a",), TextCard("T", "secret", "https://sso.example/secret")))


def test_the_answer_names_who_did_not_get_it() -> None:
    call = SendTextCard(7, ("a",), TextCard("T", "D", "https://sso.example/"))
    payload = {"errcode": 0, "msgid": "m", "invaliduser": "x|y", "unlicenseduser": "z", "invalidparty": ""}
    assert call.parse(payload) == SentMessage("m", ("x", "y"), ("z",), {"invalidparty": ""})
    assert call.parse({}) == SentMessage(None)
    with pytest.raises(TransportError):
        call.parse({"errcode": 0, "invaliduser": 3})


@pytest.mark.parametrize(
    ("title", "description", "url", "button"),
    [
        ("", "D", "https://sso.example/", None),
        ("T" * 129, "D", "https://sso.example/", None),
        ("T", "", "https://sso.example/", None),
        ("T", "D" * 513, "https://sso.example/", None),
        ("T", "D", "", None),
        ("T", "D", "javascript:alert(1)", None),
        ("T", "D", "https://sso.example/" + "x" * 2048, None),
        ("T", "D", "https://sso.example/", "Hello"),
    ],
)
def test_a_card_that_wecom_would_cut_is_refused(title: str, description: str, url: str, button: str | None) -> None:
    with pytest.raises(UsageError):
        TextCard(title, description, url, button)


@pytest.mark.parametrize("userids", [(), ("",), ("a|b",), ("@all",), tuple(f"u{n}" for n in range(1001))])
def test_a_card_goes_to_members_by_name(userids: tuple[str, ...]) -> None:
    with pytest.raises(UsageError):
        SendTextCard(7, userids, TextCard("T", "D", "https://sso.example/"))


@pytest.mark.parametrize("check_for", [timedelta(0), timedelta(hours=5)])
def test_a_repetition_is_looked_for_within_wecoms_limit(check_for: timedelta) -> None:
    with pytest.raises(UsageError):
        SendTextCard(7, ("a",), TextCard("T", "D", "https://sso.example/"), check_for)
