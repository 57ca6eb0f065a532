"""T19: a hand-off adds consent for whoever is signed in at the desk, and does nothing else."""

import asyncio
import re
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drawn_qr import read_drawn_qr
from gateways import PUBLIC_URL, WECOM_UA, Browser, Gateway, callback, gateway_config, open_gateway, query_of
from gongpai.sandbox import Corner
from handed_off import Desk, consent_of, open_desk, pick, show_code, state_of
from relying_party import LUNCH, WIKI, Party

_SESSION = "__Host-gongpai_session"


@pytest.fixture
async def gateway(wecom_sandbox: Corner, tmp_path: Path) -> AsyncIterator[Gateway]:
    """Open a gateway that one relying party knows."""
    config = gateway_config(wecom_sandbox, tmp_path, parties={"wiki": WIKI, "lunch": LUNCH})
    async with open_gateway(wecom_sandbox, config) as opened:
        yield opened


@pytest.fixture
async def desk(gateway: Gateway) -> Desk:
    """Return a desk of lisi's that shows a code."""
    return await show_code(gateway, await open_desk(gateway))


def rows(gateway: Gateway, query: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(gateway.storage / "gongpai.db") as database:
        return database.execute(query).fetchall()


def events(gateway: Gateway) -> list[str]:
    return [re.findall(r'"name":"([^"]+)"', str(event))[0] for (event,) in rows(gateway, "SELECT event FROM audit")]


async def test_the_code_holds_a_ticket_of_ours_and_neither_a_link_nor_a_state_of_wecoms(
    gateway: Gateway, desk: Desk
) -> None:
    assert re.fullmatch(re.escape(PUBLIC_URL) + "/handoff/[A-Za-z0-9_-]{22}", read_drawn_qr(desk.page))
    assert "open.weixin" not in desk.page
    assert "?state=" not in desk.page
    assert gateway.corner.counts().get("auth/getuserinfo") == 1


async def test_the_ticket_is_kept_as_a_hash(gateway: Gateway, desk: Desk) -> None:
    ticket = desk.ticket_path.rpartition("/")[2]
    for file in gateway.storage.glob("gongpai.db*"):
        assert ticket.encode() not in file.read_bytes()


async def test_the_ticket_is_in_no_log(gateway: Gateway, desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    await pick(gateway.browser(), desk)
    said = capsys.readouterr()
    assert "path=/handoff/{ticket}" in said.out
    assert desk.ticket_path.rpartition("/")[2] not in said.out + said.err


async def test_the_ticket_lives_three_minutes(gateway: Gateway, desk: Desk) -> None:
    phone = gateway.browser()
    page = await phone.get(desk.ticket_path)
    gateway.clock.advance(minutes=3)
    assert (await phone.get(desk.ticket_path)).status_code == 400
    assert (await phone.post(desk.ticket_path, {"number": desk.number}, page=page.text)).status_code == 400
    assert (await desk.browser.get(desk.watch_path)).status_code == 404


async def test_the_ticket_is_taken_once(gateway: Gateway, desk: Desk) -> None:
    phones = [gateway.browser() for _ in range(5)]
    pages = [(await phone.get(desk.ticket_path)).text for phone in phones]
    answers = await asyncio.gather(
        *(
            phone.post(desk.ticket_path, {"number": desk.number}, page=page)
            for phone, page in zip(phones, pages, strict=True)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [303, 400, 400, 400, 400]
    assert (await gateway.browser().get(desk.ticket_path)).status_code == 400


@pytest.mark.parametrize("hint", [{"purpose": "prefetch"}, {"sec-purpose": "prefetch;prerender"}])
async def test_a_look_ahead_and_a_page_of_another_browser_take_nothing(
    gateway: Gateway, desk: Desk, hint: dict[str, str]
) -> None:
    phone, other = gateway.browser(), gateway.browser()
    assert (await phone.get(desk.ticket_path, **hint)).status_code == 503
    page = await phone.get(desk.ticket_path)
    forged = await other.post(desk.ticket_path, {"number": desk.number}, page=page.text)
    assert forged.status_code == 403
    assert await desk.state() == "waiting"


async def test_before_wecoms_page_the_phone_shows_party_fields_address_and_numbers(
    gateway: Gateway, desk: Desk
) -> None:
    page = (await gateway.browser().get(desk.ticket_path)).text
    for words in ("The Wiki", "Mobile", "203.0.113.77"):
        assert words in page
    numbers = re.findall(r'name="number" value="(\d\d)"', page)
    assert len(set(numbers)) == 3
    assert desk.number in numbers
    # They stay the same, or two looks would give the right one away.
    again = (await gateway.browser().get(desk.ticket_path)).text
    assert re.findall(r'name="number" value="(\d\d)"', again) == numbers


@pytest.mark.parametrize("wrong", ["none", "", "another"])
async def test_a_wrong_number_burns_the_ticket(gateway: Gateway, desk: Desk, wrong: str) -> None:
    phone = gateway.browser()
    page = (await phone.get(desk.ticket_path)).text
    if wrong == "another":
        wrong = next(each for each in re.findall(r'name="number" value="(\d\d)"', page) if each != desk.number)
    answer = await phone.post(desk.ticket_path, {"number": wrong}, page=page)
    assert answer.status_code == 403
    assert await desk.state() == "wrong_number"
    again = await phone.post(desk.ticket_path, {"number": desk.number}, page=page)
    assert again.status_code == 400
    assert "handoff.burnt" in events(gateway)


async def test_the_phone_makes_a_trip_of_its_own(gateway: Gateway, desk: Desk) -> None:
    phone = gateway.browser()
    state = state_of(await pick(phone, desk))
    code = consent_of(gateway, "lisi", "mobile")
    for other in (desk.browser, gateway.browser()):
        assert (await other.get(callback(state, code))).status_code == 400
    # Nor is it begun anew in another webview, which has picked no number (T4 does that for sign-ins).
    assert await desk.state() == "opened"
    assert "auth/getuserdetail" not in gateway.corner.counts()


async def test_another_person_burns_it_and_what_they_gave_is_not_read(gateway: Gateway, desk: Desk) -> None:
    phone = gateway.browser()
    answer = await phone.get(callback(state_of(await pick(phone, desk)), consent_of(gateway, "zhaomin", "mobile")))
    assert answer.status_code == 403
    assert "auth/getuserdetail" not in gateway.corner.counts()
    assert await desk.state() == "other_person"
    assert "handoff.burnt" in events(gateway)
    lisi, zhaomin = gateway.corner.member("lisi"), gateway.corner.member("zhaomin")
    for name in (lisi.name, lisi.userid, zhaomin.name, zhaomin.userid):
        assert name not in answer.text
    request_page = re.findall(r'data-done="([^"]+)"', desk.page)[0]
    screen = await desk.browser.get(request_page)
    assert zhaomin.name not in screen.text
    assert zhaomin.userid not in screen.text
    assert zhaomin.mobile not in (await desk.browser.get("/me")).text


async def test_nobody_is_signed_in_or_out_by_it_on_either_side(gateway: Gateway, desk: Desk) -> None:
    sessions = "SELECT ref, subject, auth_time, ended_at FROM sessions ORDER BY ref"
    phone = await _signed_in_as(gateway, "zhaomin")
    bare = gateway.browser()
    before = rows(gateway, sessions)
    await bare.get(callback(state_of(await pick(bare, desk)), consent_of(gateway, "lisi", "mobile")))
    other = await show_code(gateway, await open_desk(gateway, "zhangsan"))
    before = rows(gateway, sessions)
    await phone.get(callback(state_of(await pick(phone, other)), consent_of(gateway, "zhangsan", "mobile")))
    assert rows(gateway, sessions) == before
    assert bare.cookie(_SESSION) is None
    assert "203.0.113" in (await phone.get("/me")).text


async def test_neither_waiting_nor_answering_prolongs_a_session(gateway: Gateway, desk: Desk) -> None:
    times = "SELECT ref, seen_at, idle_expires_at, expires_at FROM sessions ORDER BY ref"
    phone = await _signed_in_as(gateway, "lisi")
    before = rows(gateway, times)
    gateway.clock.advance(minutes=2)
    await desk.state()
    to_wecom = await pick(phone, desk)
    gateway.clock.advance(minutes=4)
    await phone.get(callback(state_of(to_wecom), consent_of(gateway, "lisi", "mobile")))
    assert await desk.state() == "answered"
    assert rows(gateway, times) == before


async def test_only_the_desks_own_session_may_watch(gateway: Gateway, desk: Desk) -> None:
    others = [gateway.browser(), await _signed_in_as(gateway, "lisi"), (await open_desk(gateway, "zhaomin")).browser]
    for other in others:
        answer = await other.get(desk.watch_path)
        assert (answer.status_code, answer.json()) == (404, {"state": "over"})
    assert await desk.state() == "waiting"


async def test_another_party_is_told_only_if_it_is_the_companys_own_or_asks_itself(
    gateway: Gateway, desk: Desk
) -> None:
    phone = gateway.browser()
    for page in (desk.page, (await phone.get(desk.ticket_path)).text):
        assert "are told them too. Every other application asks you first." in page
    await phone.get(callback(state_of(await pick(phone, desk)), consent_of(gateway, "lisi", "mobile")))
    other = Party(gateway, LUNCH, None)
    silent = await desk.browser.get(other.url(scope="openid phone", prompt="none"))
    assert query_of(silent.headers["location"])["error"] == "consent_required"
    asked = await desk.browser.get(
        other.url(scope="openid", claims='{"id_token":{"phone_number":null}}', prompt="none")
    )
    assert query_of(asked.headers["location"])["error"] == "consent_required"
    told = await Party(gateway).tokens(desk.browser, scope="openid phone", prompt="none")
    assert (await Party(gateway).userinfo(told["access_token"])).json()["phone_number"]


async def _signed_in_as(gateway: Gateway, person: str) -> Browser:
    browser = gateway.browser(WECOM_UA)
    gateway.corner.hold_phone(person)
    await browser.sign_in()
    return browser
