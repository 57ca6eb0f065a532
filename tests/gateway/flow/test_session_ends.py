"""Each way in which a session ends stands in the audit log, by its reason."""

from audited import events
from gateways import Browser, Gateway, callback


def reasons(gateway: Gateway) -> list[str]:
    """Return why sessions ended, the first first."""
    return [event["facts"]["reason"] for event in events(gateway, "session.ended")]


async def _signed_in(gateway: Gateway) -> Browser:
    browser = gateway.browser()
    await browser.sign_in()
    return browser


async def test_one_that_is_signed_out(gateway: Gateway) -> None:
    browser = await _signed_in(gateway)
    await browser.post("/signout", page=(await browser.get("/signout")).text)
    assert reasons(gateway) == ["sign_out"]


async def test_one_that_another_replaces(gateway: Gateway) -> None:
    browser = gateway.browser()
    states = [(await browser.begin())["state"] for _ in range(2)]
    for state, userid in zip(states, ("lisi", "zhangsan"), strict=True):
        answer = await browser.get(callback(state, gateway.mint(userid)))
        assert answer.status_code == 303, answer.text
    assert reasons(gateway) == ["replaced"]


async def test_those_of_somebody_whom_wecom_no_longer_knows(gateway: Gateway) -> None:
    for _ in range(2):
        await _signed_in(gateway)
    gateway.clock.advance(hours=1, seconds=1)
    gateway.corner.plan_fault("user/get", errcode=60111, times=1)
    await gateway.browser().sign_in()
    assert reasons(gateway) == ["retired"] * 2
