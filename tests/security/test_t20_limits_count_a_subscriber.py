"""T20: limits by address count a subscriber of IPv6 once, who has more addresses than anybody can count."""

from ipaddress import ip_network
from pathlib import Path

from gateways import csrf_token, gateway_config, open_gateway, query_of
from gongpai.sandbox import Corner
from relying_party import WIKI, Party

_PROXIES = (ip_network("127.0.0.1/32"), ip_network("203.0.113.77/32"))


def address(number: int) -> dict[str, str]:
    """Return what a proxy says of one of the addresses of one subscriber."""
    return {"x-forwarded-for": f"2001:db8:1:2::{number:x}"}


async def test_no_endpoint_lets_a_subscriber_begin_without_end(wecom_sandbox: Corner, tmp_path: Path) -> None:
    config = gateway_config(
        wecom_sandbox, tmp_path, parties={"wiki": WIKI}, trusted_proxies=_PROXIES, starts_per_minute=3
    )
    async with open_gateway(wecom_sandbox, config) as gateway:
        party = Party(gateway)
        begun = [(await gateway.browser().get(party.url(), **address(each))).status_code for each in range(4)]
        assert begun == [303, 303, 303, 429]
        fields = query_of(f"/?{party.query()}")
        pushed = [(await party.call("/par", fields, **address(each))).status_code for each in range(4)]
        assert pushed == [201, 201, 201, 429]
        asked = [
            (await party.call("/device_authorization", {"scope": "openid"}, **address(each))).status_code
            for each in range(31)
        ]
        assert asked == [200] * 30 + [400]
        typed = []
        for each in range(11):
            browser = gateway.browser()
            # A session of its own each time, on an address of its own: neither counts alone.
            gateway.clock.advance(seconds=21)
            await browser.sign_in()
            page = await browser.get("/device", **address(each))
            sent = {"csrf_token": page.text.partition('name="csrf_token" value="')[2][:64], "user_code": "BCDF-GHJK"}
            typed.append((await browser.http.post("/device", data=sent, headers=address(each))).status_code)
        assert typed == [400] * 10 + [429]


async def test_a_session_guesses_no_more_codes_by_moving_from_address_to_address(
    wecom_sandbox: Corner, tmp_path: Path
) -> None:
    config = gateway_config(wecom_sandbox, tmp_path, trusted_proxies=_PROXIES)
    async with open_gateway(wecom_sandbox, config) as gateway:
        browser = gateway.browser()
        await browser.sign_in()
        page = await browser.get("/device")
        sent = {"csrf_token": csrf_token(page.text), "user_code": "BCDF-GHJK"}
        typed = []
        for each in range(11):
            elsewhere = {"x-forwarded-for": f"198.51.100.{each}"}
            typed.append((await browser.http.post("/device", data=sent, headers=elsewhere)).status_code)
        assert typed == [400] * 10 + [429]
