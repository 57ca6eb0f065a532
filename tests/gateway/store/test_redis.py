from datetime import timedelta

import pytest

from gongpai.gateway.store import StoreError, Trouble
from gongpai.gateway.store.open import open_stores
from gongpai.gateway.store.redis import RedisAppTokens, RedisTickets
from gongpai.wecom.app_token.policy import AppToken, AppTokenKey
from gongpai.wecom.app_token.redis import AsyncRedisStore
from memory import NOW, SECRET_KEY, Backend, make_attempt


async def test_a_server_that_does_not_answer_is_a_store_error(backend: Backend) -> None:
    with pytest.raises(StoreError):
        async with open_stores(backend.storage, "redis://:hush@127.0.0.1:1/0", SECRET_KEY):
            pass


async def test_every_ticket_port_says_so_when_the_server_is_gone() -> None:
    tickets = RedisTickets("redis://:hush@127.0.0.1:1/0")
    attempt = make_attempt()
    asks = [
        tickets.attempts.put(attempt, per_browser=5),
        tickets.attempts.take(attempt.state, "code", NOW),
        tickets.attempts.get(attempt.state),
        tickets.attempts.finish(attempt.state, b"outcome", NOW),
        tickets.counters.count("key", timedelta(minutes=1), NOW),
    ]
    for ask in asks:
        with pytest.raises(StoreError) as caught:
            await ask
        assert "hush" not in str(caught.value)
        assert caught.value.trouble is Trouble.TICKETS
    await tickets.close()


async def test_the_app_token_says_so_too() -> None:
    store = AsyncRedisStore("redis://:hush@127.0.0.1:1/0", SECRET_KEY)
    tokens, key = RedisAppTokens(store), AppTokenKey("wwcorp", 1)
    asks = [
        tokens.get(key),
        tokens.acquire_lease(key, "holder", timedelta(minutes=1), NOW),
        tokens.put(key, AppToken("token", NOW, NOW, 1), 1),
        tokens.drop(key, 1),
        tokens.release_lease(key, 1),
    ]
    for ask in asks:
        with pytest.raises(StoreError) as caught:
            await ask
        assert "hush" not in str(caught.value)
    await store.aclose()


@pytest.mark.services
@pytest.mark.parametrize("backend", ["sqlite+redis"], indirect=True)
async def test_with_redis_the_app_token_lies_there_too(backend: Backend) -> None:
    async with open_stores(backend.storage, backend.tickets, SECRET_KEY) as stores:
        assert isinstance(stores.app_tokens, RedisAppTokens)
