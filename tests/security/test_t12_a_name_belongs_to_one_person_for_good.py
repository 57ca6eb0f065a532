"""T12: usernames and emails are reserved per party for one subject, and never handed on."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateways import Gateway, gateway_config, open_gateway
from gongpai.gateway.records_provider import ClaimRules, EmailSource
from gongpai.sandbox import Corner
from relying_party import WIKI, Party

RULES = ClaimRules(email=EmailSource.TEMPLATE, email_template="{userid}@corp.example", owns_mailboxes=True)


@pytest.fixture
async def provider(wecom_sandbox: Corner, tmp_path: Path) -> AsyncIterator[Gateway]:
    party = replace(WIKI, claim_rules=RULES)
    config = gateway_config(wecom_sandbox, tmp_path, parties={"wiki": party})
    async with open_gateway(wecom_sandbox, config) as opened:
        yield opened


async def told(provider: Gateway) -> dict[str, object]:
    party = Party(provider)
    tokens = await party.tokens(provider.browser(), scope="openid profile email")
    claims: dict[str, object] = (await party.userinfo(tokens["access_token"])).json()
    return claims


async def test_the_next_holder_of_a_userid_gets_neither_username_nor_email(provider: Gateway) -> None:
    first = await told(provider)
    assert (first["preferred_username"], first["email"]) == ("lisi", "lisi@corp.example")
    assert first["email_verified"] is True
    assert (await told(provider))["sub"] == first["sub"]
    browser = provider.browser()
    await browser.sign_in()
    provider.corner.plan_fault("user/get", errcode=60111, times=1)
    provider.clock.advance(hours=2)
    await browser.get("/me")
    later = await told(provider)
    assert later["sub"] != first["sub"]
    assert later["preferred_username"] == "lisi-2"
    assert "email" not in later
    assert (await told(provider))["preferred_username"] == "lisi-2"
