"""T20: even a trusted party's device needs a typed code, a page that names it, and a yes."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateways import Gateway, gateway_config, open_gateway
from gongpai.gateway.records_provider import GrantType
from gongpai.sandbox import Corner
from relying_party import WIKI, Party


@pytest.fixture
async def provider(wecom_sandbox: Corner, tmp_path: Path) -> AsyncIterator[Gateway]:
    config = gateway_config(wecom_sandbox, tmp_path, parties={"wiki": WIKI})
    async with open_gateway(wecom_sandbox, config) as opened:
        yield opened


async def test_no_address_carries_the_code_and_a_trusted_party_is_confirmed_too(provider: Gateway) -> None:
    party, browser = Party(provider), provider.browser()
    await browser.sign_in()
    codes = (await party.call("/device_authorization", {"scope": "openid"})).json()
    assert "verification_uri_complete" not in codes
    by_link = await browser.get(f"/device?user_code={codes['user_code']}")
    assert codes["user_code"] not in by_link.text
    forged = {"user_code": codes["user_code"], "answer": "allow"}
    assert (await browser.http.post("/device/confirm", data=forged)).status_code == 403
    poll = {"grant_type": GrantType.DEVICE_CODE.value, "device_code": codes["device_code"]}
    assert (await party.call("/token", poll)).json()["error"] == "authorization_pending"


async def test_another_persons_yes_to_the_shown_page_counts_for_nobody(provider: Gateway) -> None:
    party, browser = Party(provider), provider.browser()
    await browser.sign_in()
    codes = (await party.call("/device_authorization", {"scope": "openid"})).json()
    page = (await browser.get("/device")).text
    fields = {"user_code": codes["user_code"], "session": "0" * 64, "answer": "allow"}
    answer = await browser.post("/device/confirm", fields, page=page)
    assert answer.headers["location"].startswith("/signin")
    poll = {"grant_type": GrantType.DEVICE_CODE.value, "device_code": codes["device_code"]}
    assert (await party.call("/token", poll)).json()["error"] == "authorization_pending"
