"""T8: whoever WeCom no longer knows is retired for good, and nothing of theirs goes to the next of their userid.

Here it is told by 60111. WeCom's own events, and administrators who are bound to a subject, are not built yet.
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateways import Gateway, gateway_config, open_gateway
from gongpai.gateway.records_provider import Consent
from gongpai.gateway.store.open import open_stores
from gongpai.sandbox import Corner
from memory import NOW
from relying_party import WIKI, Party


@pytest.fixture
async def provider(wecom_sandbox: Corner, tmp_path: Path) -> AsyncIterator[Gateway]:
    parties = {"wiki": replace(WIKI, is_trusted=True)}
    async with open_gateway(wecom_sandbox, gateway_config(wecom_sandbox, tmp_path, parties=parties)) as opened:
        yield opened


async def leave(provider: Gateway) -> None:
    """Let WeCom say that it knows no such member, once."""
    browser = provider.browser()
    await browser.sign_in()
    provider.corner.plan_fault("user/get", errcode=60111, times=1)
    provider.clock.advance(hours=2)
    assert (await browser.get("/me")).status_code == 403


async def test_the_next_holder_of_a_userid_is_somebody_else_to_everybody(provider: Gateway) -> None:
    party, browser = Party(provider), provider.browser()
    tokens = await party.tokens(browser, scope="openid offline_access")
    subject = (await party.claims(tokens["id_token"]))["sub"]
    async with open_stores(provider.config.storage) as stores:
        await stores.consents.give(Consent(subject, "wiki", frozenset({"openid", "profile"}), NOW))
        await leave(provider)
        assert (await browser.get("/me")).status_code == 303
        assert (await party.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"
        assert (await party.userinfo(tokens["access_token"])).status_code == 401
        assert await stores.consents.find(subject) == []
        later = await party.tokens(provider.browser(), scope="openid")
        heir = (await party.claims(later["id_token"]))["sub"]
        assert heir != subject
        assert await stores.consents.find(heir) == []
        assert await stores.grants.find(subject, provider.clock()) == []


async def test_a_member_who_is_disabled_stays_the_same_person(provider: Gateway) -> None:
    party = Party(provider)
    subject = (await party.claims((await party.tokens(provider.browser()))["id_token"]))["sub"]
    provider.corner.update_member("lisi", status=2)
    provider.clock.advance(hours=2)
    assert (await provider.browser().sign_in()).status_code == 403
    provider.corner.update_member("lisi", status=1)
    provider.clock.advance(hours=2)
    assert (await party.claims((await party.tokens(provider.browser()))["id_token"]))["sub"] == subject
