from datetime import timedelta

import pytest

from gongpai.gateway.ring import KeyRing
from gongpai.gateway.store.open import Stores
from gongpai.gateway.store.sql.app_tokens import SqlAppTokens
from gongpai.gateway.store.sql.driver import Statement
from gongpai.gateway.store.sql.tables import app_tokens
from gongpai.wecom.app_token.policy import AppToken, AppTokenKey
from memory import NOW

KEY = AppTokenKey("wwcorp", 1000002)
TTL = timedelta(seconds=10)


@pytest.mark.services
@pytest.mark.parametrize("backend", ["sqlite", "postgres"], indirect=True)
async def test_the_token_is_not_in_the_database_and_a_ring_without_its_key_sees_none(stores: Stores) -> None:
    fence = await stores.app_tokens.acquire_lease(KEY, "one", TTL, NOW)
    assert fence is not None
    await stores.app_tokens.put(KEY, AppToken("token-1", NOW, NOW + timedelta(hours=2), fence), fence)
    (row,) = await stores.driver.read(Statement(app_tokens.select())())
    assert "token-" not in repr(tuple(row))
    assert await SqlAppTokens(stores.driver, KeyRing()).get(KEY) is None
