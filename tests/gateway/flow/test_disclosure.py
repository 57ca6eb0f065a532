"""The member discloses sensitive fields, refuses, or is told where it can be done."""

from datetime import UTC, datetime

import pytest

from gateways import PORTAL, Browser, Gateway, callback, query_of
from gongpai.gateway.flow.disclosure import disclosure_of
from gongpai.wecom import Gender, UserDetail


async def _signed_in(gateway: Gateway) -> tuple[Browser, str]:
    browser = gateway.browser()
    await browser.sign_in()
    return browser, (await browser.get("/me")).text


async def _asked(gateway: Gateway) -> tuple[Browser, str]:
    browser, page = await _signed_in(gateway)
    answer = await browser.post("/me/disclosure", page=page)
    query = query_of(answer.headers["location"])
    assert query["scope"] == "snsapi_privateinfo"
    return browser, query["state"]


def _consent(gateway: Gateway, person: str, *fields: str) -> str:
    gateway.corner.set_consent(PORTAL, person, fields)
    return gateway.mint(person, scope="snsapi_privateinfo")


async def test_what_was_granted_is_shown_with_its_source_and_erased_by_a_button(gateway: Gateway) -> None:
    browser, state = await _asked(gateway)
    answer = await browser.get(callback(state, _consent(gateway, "lisi", "mobile", "biz_mail")))
    assert answer.headers["location"] == "/me"
    page = (await browser.get("/me")).text
    member = gateway.corner.member("lisi")
    assert member.mobile in page
    assert member.email not in page
    assert "you, in WeCom" in page
    erased = await browser.post("/me/disclosure/erase", page=page)
    assert erased.headers["location"] == "/me"
    assert member.mobile not in (await browser.get("/me")).text


async def test_what_was_granted_lies_encrypted_in_the_database_alone(gateway: Gateway) -> None:
    browser, state = await _asked(gateway)
    await browser.get(callback(state, _consent(gateway, "lisi", "mobile", "address")))
    mobile = gateway.corner.member("lisi").mobile
    assert mobile
    for file in gateway.storage.glob("gongpai.db*"):
        assert mobile.encode() not in file.read_bytes()


async def test_refusing_is_an_answer_whose_reason_is_kept(gateway: Gateway) -> None:
    browser, state = await _asked(gateway)
    assert (await browser.get(callback(state, None))).headers["location"] == "/me"
    page = (await browser.get("/me")).text
    assert page.count("You chose not to share it.") == 7
    assert "auth/getuserdetail" not in gateway.corner.counts()


async def test_a_repeated_answer_goes_home_again_and_asks_wecom_once(gateway: Gateway) -> None:
    browser, state = await _asked(gateway)
    url = callback(state, _consent(gateway, "lisi", "mobile"))
    assert [(await browser.get(url)).headers["location"] for _ in range(2)] == ["/me", "/me"]
    assert gateway.corner.counts()["auth/getuserdetail"] == 1


async def test_another_persons_consent_is_discarded_unread(gateway: Gateway) -> None:
    browser, state = await _asked(gateway)
    answer = await browser.get(callback(state, _consent(gateway, "zhaomin", "mobile")))
    assert answer.status_code == 403
    assert "auth/getuserdetail" not in gateway.corner.counts()
    page = (await browser.get("/me")).text
    assert gateway.corner.member("zhaomin").mobile not in page


async def test_the_answer_counts_only_in_the_session_that_asked(gateway: Gateway) -> None:
    browser, state = await _asked(gateway)
    await browser.post("/signout", page=(await browser.get("/signout")).text)
    answer = await browser.get(callback(state, _consent(gateway, "lisi", "mobile")))
    assert answer.status_code == 400
    assert "auth/getuserdetail" not in gateway.corner.counts()


async def test_the_answer_does_not_count_in_a_later_session_of_the_same_person(gateway: Gateway) -> None:
    browser, state = await _asked(gateway)
    await browser.sign_in("/signin?fresh=1")
    answer = await browser.get(callback(state, _consent(gateway, "lisi", "mobile")))
    assert answer.status_code == 400
    assert "auth/getuserdetail" not in gateway.corner.counts()


async def test_without_a_user_ticket_there_is_a_reason(gateway: Gateway) -> None:
    browser, state = await _asked(gateway)
    await browser.get(callback(state, gateway.mint("lisi")))
    assert (await browser.get("/me")).text.count("The app may not see this part of the address book.") == 7
    assert "auth/getuserdetail" not in gateway.corner.counts()


@pytest.mark.parametrize("errcode", [84014, 50002])
async def test_a_ticket_that_wecom_rejects_leaves_a_reason(gateway: Gateway, errcode: int) -> None:
    gateway.corner.plan_fault("auth/getuserdetail", errcode=errcode, times=1)
    browser, state = await _asked(gateway)
    answer = await browser.get(callback(state, _consent(gateway, "lisi", "mobile")))
    assert answer.headers["location"] == "/me"
    assert gateway.corner.member("lisi").mobile not in (await browser.get("/me")).text


def test_the_default_gender_is_no_disclosure() -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    facts = disclosure_of(UserDetail("lisi", Gender.UNDEFINED, mobile="1380"), now).facts
    assert (facts["gender"].value, facts["gender"].missing) == (None, "not_given")
    assert (facts["mobile"].value, facts["mobile"].missing) == ("1380", None)
    assert disclosure_of(UserDetail("lisi", Gender.FEMALE), now).facts["gender"].value == "female"
