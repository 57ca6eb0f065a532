"""A whole sign-in, from /signin to a session."""

from gateways import Gateway


async def test_a_member_signs_in_silently_in_wecom(gateway: Gateway) -> None:
    browser = gateway.browser()
    answer = await browser.sign_in("/signin?return_to=/me")
    assert (answer.status_code, answer.headers["location"]) == (303, "/me")
    me = await browser.get("/me")
    assert me.status_code == 200
    assert "lisi" in me.text
