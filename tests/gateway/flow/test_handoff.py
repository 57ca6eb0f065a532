"""A desk shows a code, a phone opens it in WeCom, and the desk goes on by itself."""

import re
from urllib.parse import urlsplit

import pytest

from gateways import DESKTOP_UA, WECOM_UA, Gateway, callback, query_of
from handed_off import Desk, consent_of, open_desk, pick, show_code, state_of
from relying_party import Party


async def test_what_the_phone_gives_the_desk_tells_its_party(provider: Gateway) -> None:
    party, phone = Party(provider), provider.browser()
    desk = await show_code(provider, await open_desk(provider), party)
    assert await desk.state() == "waiting"
    to_wecom = await pick(phone, desk)
    assert query_of(to_wecom.headers["location"])["scope"] == "snsapi_privateinfo"
    assert await desk.state() == "opened"
    done = await phone.get(callback(state_of(to_wecom), consent_of(provider, "lisi", "mobile")))
    assert done.status_code == 200
    assert "Your answer has arrived" in done.text
    assert await desk.state() == "answered"
    found = re.search(r'data-done="([^"]+)"', desk.page)
    assert found is not None
    back = await desk.browser.get(found[1])
    tokens = (await party.redeem(query_of(back.headers["location"])["code"])).json()
    told = (await party.userinfo(tokens["access_token"])).json()
    assert told["phone_number"] == f"+86{provider.corner.member('lisi').mobile}"


async def test_refusing_on_the_phone_lets_the_desk_go_on_without(provider: Gateway) -> None:
    party, phone = Party(provider), provider.browser()
    desk = await show_code(provider, await open_desk(provider), party)
    await phone.get(callback(state_of(await pick(phone, desk)), None))
    assert await desk.state() == "answered"
    back = await desk.browser.get(party.url(scope="openid phone"))
    tokens = (await party.redeem(query_of(back.headers["location"])["code"])).json()
    assert set((await party.userinfo(tokens["access_token"])).json()) == {"sub"}


async def test_my_own_page_asks_the_phone_too_and_can_be_loaded_again(gateway: Gateway) -> None:
    desk = await open_desk(gateway)
    answer = await desk.browser.post("/me/disclosure", page=(await desk.browser.get("/me")).text)
    assert (answer.status_code, answer.headers["location"]) == (303, "/me/disclosure")
    assert (await desk.browser.get("/me/disclosure")).status_code == 200
    desk.page = (await desk.browser.get("/me/disclosure")).text
    assert "Your own page" in desk.page
    assert "Company e-mail" in desk.page
    assert "Go on without them" not in desk.page
    phone = gateway.browser()
    assert "Your own page" in (await phone.get(desk.ticket_path)).text
    await phone.get(callback(state_of(await pick(phone, desk)), consent_of(gateway, "lisi", "mobile")))
    assert await desk.state() == "answered"
    assert gateway.corner.member("lisi").mobile in (await desk.browser.get("/me")).text


async def test_the_page_for_the_phone_is_for_a_desk_only(gateway: Gateway) -> None:
    wecom, nobody = gateway.browser(WECOM_UA), gateway.browser(DESKTOP_UA)
    await wecom.sign_in()
    assert (await wecom.get("/me/disclosure")).headers["location"] == "/me"
    assert (await nobody.get("/me/disclosure")).status_code == 303


async def test_too_many_codes_are_refused(gateway: Gateway) -> None:
    desk = (await open_desk(gateway)).browser
    answers = [(await desk.get("/me/disclosure")).status_code for _ in range(31)]
    assert answers == [200] * 30 + [429]


@pytest.mark.parametrize("ticket", ["guess", "x" * 200, "state"])
async def test_a_ticket_that_never_was_leads_nowhere(gateway: Gateway, ticket: str) -> None:
    phone = gateway.browser()
    answer = await phone.get(f"/handoff/{ticket}")
    assert answer.status_code == 400
    assert "This code is over" in answer.text
    page = (await phone.get("/signout")).text
    assert (await phone.post(f"/handoff/{ticket}", {"number": "42"}, page=page)).status_code == 400


async def test_outside_wecom_the_phone_is_told_to_scan_with_it(provider: Gateway) -> None:
    desk = await show_code(provider, await open_desk(provider))
    phone = provider.browser(DESKTOP_UA)
    assert "Scan this with WeCom" in (await phone.get(desk.ticket_path)).text
    # A client that WeCom made but that does not say so may say it in the address.
    assert "Which number" in (await phone.get(f"{desk.ticket_path}?via=in_app")).text
    assert await desk.state() == "waiting"


async def test_a_phone_that_lost_its_way_is_sent_back_to_the_desk(gateway: Gateway) -> None:
    answer = await gateway.browser().get("/handoff")
    assert answer.status_code == 200
    assert "The computer can show a new one" in answer.text


async def test_wecom_that_does_not_answer_is_told_to_the_desk(provider: Gateway) -> None:
    phone, desk = provider.browser(), await show_code(provider, await open_desk(provider))
    provider.corner.plan_fault("auth/getuserdetail", http_status=502, times=9)
    answer = await phone.get(callback(state_of(await pick(phone, desk)), consent_of(provider, "lisi", "mobile")))
    assert answer.status_code == 503
    assert 'href="/handoff"' in answer.text
    assert await desk.state() == "failed"


async def test_a_second_hit_of_the_callback_says_the_same_and_asks_wecom_nothing(provider: Gateway) -> None:
    phone, desk = provider.browser(), await show_code(provider, await open_desk(provider))
    url = callback(state_of(await pick(phone, desk)), consent_of(provider, "lisi", "mobile"))
    assert [(await phone.get(url)).status_code for _ in range(2)] == [200, 200]
    assert provider.corner.counts()["auth/getuserdetail"] == 1


async def test_an_answer_that_comes_too_late_changes_nothing(provider: Gateway) -> None:
    phone, desk = provider.browser(), await show_code(provider, await open_desk(provider))
    state = state_of(await pick(phone, desk))
    provider.clock.advance(minutes=6)
    answer = await phone.get(callback(state, consent_of(provider, "lisi", "mobile")))
    assert answer.status_code == 400
    assert "auth/getuserdetail" not in provider.corner.counts()


async def test_an_answer_for_a_desk_that_signed_out_changes_nothing(provider: Gateway) -> None:
    phone, desk = provider.browser(), await show_code(provider, await open_desk(provider))
    state = state_of(await pick(phone, desk))
    await desk.browser.post("/signout", page=(await desk.browser.get("/signout")).text)
    answer = await phone.get(callback(state, consent_of(provider, "lisi", "mobile")))
    assert answer.status_code == 400
    assert "auth/getuserdetail" not in provider.corner.counts()


async def test_what_the_desk_knew_before_stays_when_the_phone_gives_less(gateway: Gateway) -> None:
    desk = await open_desk(gateway)
    for fields in (("mobile", "email"), ("email",)):
        phone = gateway.browser()
        desk = Desk(desk.browser, (await desk.browser.get("/me/disclosure")).text)
        await phone.get(callback(state_of(await pick(phone, desk)), consent_of(gateway, "lisi", *fields)))
    assert gateway.corner.member("lisi").mobile in (await desk.browser.get("/me")).text
    assert urlsplit(desk.ticket_path).path.startswith("/handoff/")
