"""T18: a QR code can be relayed, so a party may be closed to sign-ins by one; and no page of the way can be framed."""

from dataclasses import replace
from pathlib import Path

from gateways import DESKTOP_UA, callback, gateway_config, open_gateway, query_of
from gongpai.gateway.records_provider import PartyPolicy, WebLoginRule
from gongpai.sandbox import Corner
from relying_party import WIKI, Party


async def test_a_session_that_a_scan_opened_does_not_open_the_party(wecom_sandbox: Corner, tmp_path: Path) -> None:
    own = replace(WIKI, policy=PartyPolicy(web_login=WebLoginRule.DENY))
    async with open_gateway(wecom_sandbox, gateway_config(wecom_sandbox, tmp_path, parties={"wiki": own})) as gateway:
        party, browser = Party(gateway, own), gateway.browser(DESKTOP_UA)
        state = (await browser.begin())["state"]
        await browser.get(callback(state, gateway.mint("lisi", way="web")))
        page = await browser.get(party.url())
        assert (page.status_code, page.headers["x-frame-options"]) == (403, "DENY")
        told = query_of((await browser.get(party.url(prompt="none"))).headers["location"])
        assert told["error"] == "access_denied"
        assert "code" in await party.sign_in(gateway.browser())
