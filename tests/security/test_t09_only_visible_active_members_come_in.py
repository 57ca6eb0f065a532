"""T9: only a member whose profile says visible and active comes in; an unreachable WeCom starts no session."""

import pytest

from gateways import DESKTOP_UA, Gateway, callback
from gongpai.gateway.errors import Reason
from gongpai.gateway.messages import text


async def _refused(gateway: Gateway, person: str, reason: Reason) -> None:
    browser = gateway.browser()
    state = (await browser.begin())["state"]
    answer = await browser.get(callback(state, gateway.mint(person)))
    assert answer.status_code == 403
    assert text("en", f"refused.{reason.value}.title") in answer.text or reason.value in str(answer.text)
    assert browser.cookie("__Host-gongpai_session") is None


@pytest.mark.parametrize(
    ("person", "reason"),
    [
        ("oSandboxStranger", Reason.STRANGER),
        ("oSandboxCustomerLiu", Reason.EXTERNAL_CONTACT),
        ("maria", Reason.LINKED_MEMBER),
        ("wangwu", Reason.NOT_VISIBLE),
        ("qianduo", Reason.DISABLED),
        ("zhouxin", Reason.NOT_ACTIVE),
    ],
)
async def test_everybody_else_stays_out_with_a_reason_of_their_own(
    gateway: Gateway, person: str, reason: Reason, capfd: pytest.CaptureFixture[str]
) -> None:
    await _refused(gateway, person, reason)
    written = "".join(capfd.readouterr())
    assert "sign_in.refused" in written
    assert reason.value in written


async def test_a_member_who_left_is_unknown_and_retired(gateway: Gateway) -> None:
    before = gateway.browser()
    await before.sign_in()
    gateway.clock.advance(hours=2)
    gateway.corner.plan_fault("user/get", errcode=60111, times=1)
    await _refused(gateway, "lisi", Reason.UNKNOWN_MEMBER)
    assert (await before.get("/me")).status_code == 303  # whoever holds the userid next inherits no session (T8)


async def test_a_person_who_has_lost_their_place_loses_their_session_at_the_next_check(gateway: Gateway) -> None:
    browser = gateway.browser()
    await browser.sign_in()
    gateway.corner.update_member("lisi", status=2)
    assert (await browser.get("/me")).status_code == 200
    gateway.clock.advance(hours=1, seconds=1)
    assert (await browser.get("/me")).status_code == 403
    assert (await browser.get("/me")).status_code == 303


async def test_a_clock_that_ran_ahead_keeps_nobody_in_when_it_is_put_right(gateway: Gateway) -> None:
    gateway.clock.advance(hours=5)
    browser = gateway.browser()
    await browser.sign_in()
    gateway.corner.update_member("lisi", status=2)
    gateway.clock.advance(hours=-5)
    assert (await browser.get("/me")).status_code == 403


async def test_a_profile_counts_from_when_it_was_read_however_many_sessions_it_serves(gateway: Gateway) -> None:
    browser = gateway.browser()
    await browser.sign_in()
    gateway.clock.advance(minutes=59)
    later = gateway.browser()
    await later.sign_in()
    gateway.corner.update_member("lisi", status=2)
    gateway.clock.advance(minutes=2)
    assert (await later.get("/me")).status_code == 403
    assert gateway.corner.counts()["user/get"] == 2


async def test_the_grace_counts_from_the_last_reading_too(gateway: Gateway) -> None:
    await gateway.browser().sign_in()
    gateway.clock.advance(minutes=59)
    later = gateway.browser()
    await later.sign_in()
    gateway.corner.plan_fault("user/get", http_status=502, share=1.0)
    gateway.clock.advance(hours=4, minutes=2)
    assert (await later.get("/me")).status_code == 303


async def test_an_unreachable_wecom_keeps_a_session_for_the_grace_and_no_longer(gateway: Gateway) -> None:
    browser = gateway.browser()
    await browser.sign_in()
    gateway.corner.plan_fault("user/get", http_status=502, share=1.0)
    gateway.clock.advance(hours=4, minutes=59)
    assert (await browser.get("/me")).status_code == 200
    gateway.clock.advance(minutes=2)
    assert (await browser.get("/me")).status_code == 303


@pytest.mark.parametrize("errcode", [60020, 48002, 45009, -1])
async def test_a_wecom_that_cannot_say_keeps_a_session_no_longer_either(
    gateway: Gateway, errcode: int, capfd: pytest.CaptureFixture[str]
) -> None:
    browser = gateway.browser()
    await browser.sign_in()
    gateway.corner.plan_fault("user/get", errcode=errcode, share=1.0)
    gateway.clock.advance(hours=4, minutes=59)
    assert (await browser.get("/me")).status_code == 200
    assert "recheck_failed" in "".join(capfd.readouterr())
    gateway.clock.advance(minutes=2)
    assert (await browser.get("/me")).status_code == 303


async def test_who_has_lost_their_place_loses_every_session_of_that_app(gateway: Gateway) -> None:
    first, second = gateway.browser(), gateway.browser()
    await first.sign_in()
    gateway.clock.advance(minutes=59)
    await second.sign_in()
    gateway.corner.update_member("lisi", status=2)
    gateway.clock.advance(minutes=2)
    assert (await first.get("/me")).status_code == 403
    assert (await second.get("/me")).status_code == 303


async def test_a_session_is_checked_wherever_it_would_open_something(gateway: Gateway) -> None:
    for path in ("/signin?return_to=/signout", "/me"):
        browser = gateway.browser()
        await browser.sign_in()
        page = (await browser.get("/me")).text
        gateway.clock.advance(hours=1, seconds=1)
        gateway.corner.update_member("lisi", status=2)
        answer = await browser.get(path) if path != "/me" else await browser.post("/me/disclosure", page=page)
        assert "/connect/oauth2/authorize" in answer.headers["location"]
        assert "snsapi_base" in answer.headers["location"]
        gateway.corner.update_member("lisi", status=1)
        gateway.clock.advance(hours=1, seconds=1)


async def test_an_unreachable_wecom_starts_no_session(gateway: Gateway) -> None:
    gateway.corner.plan_fault("user/get", http_status=502, share=1.0)
    browser = gateway.browser()
    state = (await browser.begin())["state"]
    answer = await browser.get(callback(state, gateway.mint("lisi")))
    assert answer.status_code == 503
    assert browser.cookie("__Host-gongpai_session") is None


async def test_a_member_who_refuses_is_told_so(gateway: Gateway) -> None:
    browser = gateway.browser(DESKTOP_UA)
    state = (await browser.begin())["state"]
    answer = await browser.get(callback(state, None))
    assert answer.status_code == 403
