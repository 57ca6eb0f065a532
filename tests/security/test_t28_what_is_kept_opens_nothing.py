"""T28: what opens a door is kept as a hash; what we must send again, and what a member disclosed, lies sealed.

The whole database is searched after a journey that used all of it. The vault, whose items outlive a session, is not
built yet; the library's own files and the seal in Redis are in tests/wecom/app_token.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateways import PORTAL, Gateway, gateway_config, open_gateway
from gongpai.gateway.keys import KeyKeeper
from gongpai.gateway.store.open import open_stores
from gongpai.sandbox import Corner
from gongpai.wecom.app_token.policy import AppTokenKey
from relying_party import SECRET, WIKI, Party


@pytest.fixture
async def provider(wecom_sandbox: Corner, tmp_path: Path) -> AsyncIterator[Gateway]:
    config = gateway_config(wecom_sandbox, tmp_path, parties={"wiki": WIKI})
    async with open_gateway(wecom_sandbox, config) as opened:
        yield opened


def kept(provider: Gateway) -> bytes:
    """Return every byte of the database."""
    files = [provider.storage / f"gongpai.db{suffix}" for suffix in ("", "-wal")]
    return b"".join(file.read_bytes() for file in files if file.exists())


async def test_nothing_in_the_database_opens_a_door(provider: Gateway) -> None:
    party, browser = Party(provider), provider.browser()
    back = await party.sign_in(browser, scope="openid profile offline_access")
    first = (await party.redeem(back["code"])).json()
    second = (await party.refresh(first["refresh_token"])).json()
    device = (await party.call("/device_authorization", {"scope": "openid"})).json()
    pushed = (await party.call("/par", party_query(party))).json()["request_uri"].rpartition(":")[2]
    trip = (await provider.browser().begin("/signin"))["state"]
    cookies = [browser.cookie(name) for name in ("__Host-gongpai_session", "__Host-gongpai_browser")]
    opens = [
        back["code"],
        *(answer[name] for answer in (first, second) for name in ("access_token", "refresh_token", "id_token")),
        device["device_code"],
        device["user_code"].replace("-", ""),
        pushed,
        SECRET,
        provider.config.secret_key.decode(),
        provider.corner.app(PORTAL).secret,
        *(cookie for cookie in cookies if cookie is not None),
    ]
    database = kept(provider)
    # The search finds what is there: a trip's state, which opens nothing without the browser's own secret.
    assert trip.encode() in database
    assert [value for value in opens if value.encode() in database] == []


async def test_what_we_must_send_again_lies_sealed(provider: Gateway) -> None:
    await provider.browser().sign_in()
    config = provider.config
    async with open_stores(config.storage) as stores:
        await KeyKeeper(stores.keys, stores.ring, config.secret_key, timedelta(hours=12)).look(datetime.now(UTC))
        app_token = await stores.app_tokens.get(AppTokenKey("wwgongpaidemo", PORTAL))
        assert app_token is not None
        assert app_token.value.encode() not in kept(provider)
        assert [key.public_jwk for key in await stores.signing_keys.find() if '"d"' in key.public_jwk] == []
    assert b"PRIVATE KEY" not in kept(provider)


async def test_what_a_member_disclosed_lies_sealed_in_the_session(provider: Gateway) -> None:
    mobile = provider.corner.member("lisi").mobile
    assert mobile
    provider.corner.set_consent(PORTAL, "lisi", ["mobile"])
    party = Party(provider)
    tokens = await party.tokens(provider.browser(), scope="openid phone")
    assert mobile in (await party.userinfo(tokens["access_token"])).text.replace(" ", "")
    assert mobile.encode() not in kept(provider)


def party_query(party: Party) -> dict[str, str]:
    """Return what the party asks, to be pushed."""
    return {
        "client_id": party.record.client_id,
        "redirect_uri": party.record.redirect_uris[0],
        "response_type": "code",
        "scope": "openid",
        "code_challenge": party.challenge,
        "code_challenge_method": "S256",
    }
