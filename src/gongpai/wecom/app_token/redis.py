"""The app token in Redis or Valkey: for several machines. Needs the ``redis`` extra.

One hash an app, so each step is one script on one key. The token is sealed: whoever reads Redis does not get it.
"""

import json
import secrets
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from typing import Final, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from valkey import Valkey
from valkey.asyncio import Valkey as AsyncValkey

from gongpai.wecom.app_token.policy import AppToken, AppTokenKey
from gongpai.wecom.errors import UsageError

_TIMEOUT_SECONDS = 5.0
_KEY_BYTES = 32
_NONCE_BYTES = 12
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# The same rules as slot.py. Moments come as whole milliseconds and stay below 2**53, where Lua counts exactly.
_ACQUIRE: Final = """
local slot = redis.call('HMGET', KEYS[1], 'fence', 'holder', 'leased_until')
local fence = slot[1]
if slot[2] and tonumber(ARGV[2]) < tonumber(slot[3]) then
  if slot[2] ~= ARGV[1] then return false end
else
  fence = redis.call('HINCRBY', KEYS[1], 'fence', 1)
end
redis.call('HSET', KEYS[1], 'holder', ARGV[1], 'leased_until', ARGV[3])
return tonumber(fence)
"""
_PUT: Final = """
if redis.call('HGET', KEYS[1], 'fence') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[2], 'sealed', ARGV[3])
return 1
"""
_DROP: Final = """
if redis.call('HGET', KEYS[1], 'version') == ARGV[1] then redis.call('HDEL', KEYS[1], 'version', 'sealed') end
"""
_RELEASE: Final = """
if redis.call('HGET', KEYS[1], 'fence') == ARGV[1] then redis.call('HDEL', KEYS[1], 'holder', 'leased_until') end
"""


class AsyncRedisStore:
    """Keeps app tokens in Redis or Valkey, sealed, shared by a fleet.

    Args:
        url: ``redis://[user:password@]host:port/db``, or ``rediss://`` for TLS.
        seal_key: 32 random bytes, the same for the whole fleet. A token sealed with another key counts as absent.
    """

    def __init__(self, url: str, seal_key: bytes) -> None:
        self._seal = _Seal(seal_key)
        self._valkey = AsyncValkey.from_url(url, socket_timeout=_TIMEOUT_SECONDS)
        self._acquire = self._valkey.register_script(_ACQUIRE)
        self._put = self._valkey.register_script(_PUT)
        self._drop = self._valkey.register_script(_DROP)
        self._release = self._valkey.register_script(_RELEASE)

    async def get(self, key: AppTokenKey) -> AppToken | None:
        """As the port says."""
        sealed = await cast("Awaitable[bytes | None]", self._valkey.hget(_name(key), "sealed"))
        return self._seal.open(key, sealed)

    async def acquire_lease(self, key: AppTokenKey, holder: str, ttl: timedelta, now: datetime) -> int | None:
        """As the port says."""
        fence = await self._acquire([_name(key)], [holder, _milliseconds(now), _milliseconds(now + ttl)])
        return None if fence is None else int(fence)

    async def put(self, key: AppTokenKey, token: AppToken, fence: int) -> bool:
        """As the port says."""
        return bool(await self._put([_name(key)], [fence, token.version, self._seal.close(key, token)]))

    async def drop(self, key: AppTokenKey, failed_version: int) -> None:
        """As the port says."""
        await self._drop([_name(key)], [failed_version])

    async def release_lease(self, key: AppTokenKey, fence: int) -> None:
        """As the port says."""
        await self._release([_name(key)], [fence])

    async def aclose(self) -> None:
        """Close the connections."""
        await self._valkey.aclose()


class RedisStore:
    """Keeps app tokens in Redis or Valkey, sealed, shared by a fleet.

    Args:
        url: ``redis://[user:password@]host:port/db``, or ``rediss://`` for TLS.
        seal_key: 32 random bytes, the same for the whole fleet. A token sealed with another key counts as absent.
    """

    def __init__(self, url: str, seal_key: bytes) -> None:
        self._seal = _Seal(seal_key)
        self._valkey = Valkey.from_url(url, socket_timeout=_TIMEOUT_SECONDS)
        self._acquire = self._valkey.register_script(_ACQUIRE)
        self._put = self._valkey.register_script(_PUT)
        self._drop = self._valkey.register_script(_DROP)
        self._release = self._valkey.register_script(_RELEASE)

    def get(self, key: AppTokenKey) -> AppToken | None:
        """As the port says."""
        return self._seal.open(key, cast("bytes | None", self._valkey.hget(_name(key), "sealed")))

    def acquire_lease(self, key: AppTokenKey, holder: str, ttl: timedelta, now: datetime) -> int | None:
        """As the port says."""
        fence = self._acquire([_name(key)], [holder, _milliseconds(now), _milliseconds(now + ttl)])
        return None if fence is None else int(fence)

    def put(self, key: AppTokenKey, token: AppToken, fence: int) -> bool:
        """As the port says."""
        return bool(self._put([_name(key)], [fence, token.version, self._seal.close(key, token)]))

    def drop(self, key: AppTokenKey, failed_version: int) -> None:
        """As the port says."""
        self._drop([_name(key)], [failed_version])

    def release_lease(self, key: AppTokenKey, fence: int) -> None:
        """As the port says."""
        self._release([_name(key)], [fence])

    def close(self) -> None:
        """Close the connections."""
        self._valkey.close()  # type: ignore[no-untyped-call]  # valkey types its commands only


class _Seal:
    """AES-256-GCM over one token, bound to whose token it is."""

    def __init__(self, seal_key: bytes) -> None:
        if len(seal_key) != _KEY_BYTES:
            message = "seal_key must be 32 random bytes"
            raise UsageError(message)
        self._cipher = AESGCM(seal_key)

    def close(self, key: AppTokenKey, token: AppToken) -> bytes:
        times = _milliseconds(token.fetched_at), _milliseconds(token.expires_at)
        plain = json.dumps([token.value, *times, token.version]).encode()
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, _name(key).encode())

    def open(self, key: AppTokenKey, sealed: bytes | None) -> AppToken | None:
        if sealed is None:
            return None
        try:
            plain = self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _name(key).encode())
        except (InvalidTag, ValueError):  # another key, or not ours: renewing costs one call and heals it
            return None
        value, fetched_at, expires_at, version = json.loads(plain)
        return AppToken(value, _moment(fetched_at), _moment(expires_at), version)


def _name(key: AppTokenKey) -> str:
    return f"gongpai:app_token:{key}"


def _milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def _moment(milliseconds: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=milliseconds)
