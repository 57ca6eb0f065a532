from functools import partial

import pytest
from valkey import Valkey

from conformance.app_token_store import KEY, NOW, TTL, OffLoop, OpenStore, SharedAppTokenStoreConformance, token
from gongpai.wecom.app_token import AppTokenKey
from gongpai.wecom.app_token.redis import AsyncRedisStore, RedisStore
from gongpai.wecom.errors import UsageError

SEAL_KEY = bytes(range(32))

pytestmark = pytest.mark.services


class TestAsyncRedisStore(SharedAppTokenStoreConformance):
    @pytest.fixture
    def open_store(self, redis_url: str) -> OpenStore:
        return partial(AsyncRedisStore, redis_url, SEAL_KEY)


class TestRedisStore(SharedAppTokenStoreConformance):
    @pytest.fixture
    def open_store(self, redis_url: str) -> OpenStore:
        return partial(OffLoop, partial(RedisStore, redis_url, SEAL_KEY))


def test_redis_itself_never_sees_the_token(redis_url: str) -> None:
    store = _store_with_token(redis_url)
    store.close()
    with Valkey.from_url(redis_url) as valkey:
        names = valkey.keys()
        assert isinstance(names, list)
        assert [name.decode() for name in names] == [f"gongpai:app_token:{KEY}"]
        assert b"APP_TOKEN" not in b"".join(valkey.hgetall(names[0]).values())


def test_a_token_sealed_with_another_key_counts_as_absent(redis_url: str) -> None:
    _store_with_token(redis_url).close()
    other = RedisStore(redis_url, bytes(32))
    assert other.get(KEY) is None
    other.close()


def test_a_token_moved_to_another_app_counts_as_absent(redis_url: str) -> None:
    store = _store_with_token(redis_url)
    thief = AppTokenKey(KEY.corpid, KEY.agentid + 1)
    with Valkey.from_url(redis_url) as valkey:
        valkey.copy(f"gongpai:app_token:{KEY}", f"gongpai:app_token:{thief}")
    assert store.get(thief) is None
    store.close()


@pytest.mark.parametrize("sealed", [b"", b"short", b"x" * 200])
def test_what_is_not_a_sealed_token_counts_as_absent(redis_url: str, sealed: bytes) -> None:
    store = _store_with_token(redis_url)
    with Valkey.from_url(redis_url) as valkey:
        valkey.hset(f"gongpai:app_token:{KEY}", "sealed", sealed)
    assert store.get(KEY) is None
    store.close()


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_the_seal_key_has_32_bytes(size: int) -> None:
    with pytest.raises(UsageError):
        RedisStore("redis://127.0.0.1:1/0", bytes(size))


def _store_with_token(redis_url: str) -> RedisStore:
    store = RedisStore(redis_url, SEAL_KEY)
    fence = store.acquire_lease(KEY, "a", TTL, NOW)
    assert fence is not None
    assert store.put(KEY, token(fence), fence)
    return store
