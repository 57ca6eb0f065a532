"""Messages about sign-ins at a desk: one a session, sent in the background, given up in the end."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gateways import PORTAL, Clock, app_config, gateway_config
from gongpai.gateway.notices import MOST_ATTEMPTS, Notices, browser_of
from gongpai.gateway.records import EndReason, Session
from gongpai.gateway.ring import KeyRing
from gongpai.gateway.store.open import Stores
from gongpai.gateway.store.sql.driver import StoreError
from gongpai.sandbox import Corner
from gongpai.wecom import AsyncWeComClient, Hosts
from memory import NOW, make_person, make_session

_CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)


@pytest.fixture
def clock() -> Clock:
    clock = Clock()
    clock.moment = NOW
    return clock


@pytest.fixture
async def notices(stores: Stores, wecom_sandbox: Corner, tmp_path: Path, clock: Clock) -> AsyncIterator[Notices]:
    settings = app_config(wecom_sandbox)
    config = gateway_config(wecom_sandbox, tmp_path, settings)
    async with AsyncWeComClient(settings.app, hosts=Hosts.at(wecom_sandbox.url), sandbox=True) as client:
        yield Notices(config, stores.notices, stores.sessions, {"main": client}, stores.ring, clock)


def is_in_files(folder: Path, text: str) -> bool:
    return any(text.encode() in file.read_bytes() for file in folder.glob("gongpai.db*"))


async def at_desk(stores: Stores, **changes: object) -> Session:
    person = await stores.people.mint(make_person())
    facts = {"corpid": "wwgongpaidemo", "ip": "203.0.113.77", "user_agent": _CHROME, "created_at": NOW, **changes}
    session = make_session(person.subject, **facts)
    assert await stores.sessions.put(session)
    return session


async def test_the_person_is_told_once_a_session_with_all_they_need(
    notices: Notices, stores: Stores, wecom_sandbox: Corner
) -> None:
    session = await at_desk(stores)
    for place in ("The Wiki", "Lunch"):
        await notices.announce(session, place, "en")
    assert (await notices.deliver(), await notices.deliver()) == (1, 0)
    (message,) = wecom_sandbox.messages()
    assert (message.to, message.agentid) == ("wwgongpaidemo/lisi", PORTAL)
    moment = (NOW + timedelta(hours=8)).strftime("%Y-%m-%d %H:%M")
    for words in ("The Wiki", "203.0.113.77", "Chrome 142 · Windows", f"{moment} (UTC+8)"):
        assert words in message.text
    assert message.url.startswith("https://sso.gongpai.test/notice/")
    kept = await stores.notices.get("none", NOW)
    assert kept is None


async def test_a_sign_in_in_wecom_tells_nobody(notices: Notices, stores: Stores, wecom_sandbox: Corner) -> None:
    await notices.announce(await at_desk(stores, way="in_app"), "The Wiki", "zh")
    assert await notices.deliver() == 0
    assert wecom_sandbox.messages() == []


async def test_the_message_is_chinese_where_the_browser_spoke_it(
    notices: Notices, stores: Stores, wecom_sandbox: Corner
) -> None:
    await notices.announce(await at_desk(stores), "维基", "zh")
    await notices.deliver()
    (message,) = wecom_sandbox.messages()
    assert message.title == "您在电脑上登录了"
    assert len(message.button) <= 4


async def test_the_handle_lies_sealed_while_it_waits_and_nowhere_after(
    notices: Notices, stores: Stores, wecom_sandbox: Corner, tmp_path: Path
) -> None:
    await notices.announce(await at_desk(stores), "The Wiki", "en")
    await notices.deliver()
    handle = wecom_sandbox.messages()[0].url.rpartition("/")[2]
    assert not is_in_files(tmp_path, handle)


async def test_wecom_that_does_not_answer_is_tried_again_and_given_up_in_the_end(
    notices: Notices, stores: Stores, wecom_sandbox: Corner, clock: Clock
) -> None:
    wecom_sandbox.plan_fault("message/send", http_status=502, times=1_000)
    await notices.announce(await at_desk(stores), "The Wiki", "en")
    for _ in range(MOST_ATTEMPTS):
        assert await notices.deliver() == 0
        asked = wecom_sandbox.counts()["message/send"]
        assert await notices.deliver() == 0
        assert wecom_sandbox.counts()["message/send"] == asked  # not yet due again
        clock.advance(minutes=3)
    wecom_sandbox.clear_faults()
    assert await notices.deliver() == 0
    assert wecom_sandbox.messages() == []


async def test_after_a_fault_it_arrives(notices: Notices, stores: Stores, wecom_sandbox: Corner, clock: Clock) -> None:
    wecom_sandbox.plan_fault("message/send", http_status=502, times=1)
    await notices.announce(await at_desk(stores), "The Wiki", "en")
    sent = await notices.deliver()
    clock.advance(seconds=11)
    assert sent + await notices.deliver() == 1
    assert len(wecom_sandbox.messages()) == 1


async def test_who_cannot_be_reached_is_not_tried_again(
    notices: Notices, stores: Stores, wecom_sandbox: Corner, clock: Clock
) -> None:
    wecom_sandbox.plan_fault("message/send", errcode=81013, times=1)
    await notices.announce(await at_desk(stores), "The Wiki", "en")
    assert await notices.deliver() == 0
    clock.advance(hours=1)
    assert await notices.deliver() == 0
    assert wecom_sandbox.counts()["message/send"] == 1


async def test_of_a_session_that_ended_meanwhile_its_person_is_told_as_well(
    notices: Notices, stores: Stores, wecom_sandbox: Corner
) -> None:
    session = await at_desk(stores)
    await notices.announce(session, "The Wiki", "en")
    # Whoever signs out at once keeps what was granted to go on without the session.
    await stores.sessions.end(session.ref, EndReason.SIGN_OUT, NOW)
    assert await notices.deliver() == 1
    assert len(wecom_sandbox.messages()) == 1


async def test_of_an_app_that_is_gone_nobody_is_told(notices: Notices, stores: Stores) -> None:
    await notices.announce(await at_desk(stores), "The Wiki", "en")
    assert await replace(notices, clients={}).deliver() == 0
    assert await notices.deliver() == 0


async def test_nobody_of_another_corp_is_told_who_has_the_same_userid(
    notices: Notices, stores: Stores, wecom_sandbox: Corner
) -> None:
    await notices.announce(await at_desk(stores, corpid="wwanother"), "The Wiki", "en")
    assert await notices.deliver() == 0
    assert wecom_sandbox.messages() == []


async def test_nothing_that_goes_wrong_hinders_the_sign_in(notices: Notices, stores: Stores) -> None:
    session = await at_desk(stores)
    await replace(notices, ring=KeyRing()).announce(session, "The Wiki", "en")  # no key may seal
    broken = replace(notices, store=_Broken())  # type: ignore[arg-type]  # only what is asked of it
    await broken.announce(session, "The Wiki", "en")


class _Broken:
    async def put(self, _notice: object) -> bool:
        raise StoreError("the database is gone")


@pytest.mark.parametrize(
    ("user_agent", "said"),
    [
        (_CHROME, "Chrome 142 · Windows"),
        (f"{_CHROME} Edg/142.0.0.0", "Edge 142 · Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox 140 · Linux"),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.1 Safari/605.1.15",
            "Safari 18 · Mac",
        ),
        ("curl/8", "Browser"),
        ("", "Browser"),
    ],
)
def test_a_browser_is_called_as_people_call_it(user_agent: str, said: str) -> None:
    assert browser_of(user_agent, "en") == said
