"""Tickets in Redis or Valkey: sign-in attempts and counters; each step is one script on the server.

The app token lies there too, in the library's own store.

Redis forgets what has expired by itself. Whether it survives a restart is the operator's setting, and nothing here
must: a lost attempt means "start again", a lost token is fetched again. The tombstones of codes must (T1), so they
stay in the database: a code that was turned away lives on at WeCom, and would open a session to whoever plays it once
more.
"""

from collections.abc import Awaitable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, TypeVar, cast

import msgspec
from valkey.asyncio import Valkey
from valkey.exceptions import ValkeyError

from gongpai.gateway.records import SignInAttempt
from gongpai.gateway.store.sql.driver import StoreError, Trouble
from gongpai.gateway.store.sql.rows import from_micros, to_micros
from gongpai.wecom.app_token.policy import AppToken, AppTokenKey
from gongpai.wecom.app_token.store import AsyncAppTokenStore

T = TypeVar("T")

_TIMEOUT_SECONDS = 5.0

# An attempt is a hash: what was put, and beside it what became of it. KEYS: attempt, the browser's attempts.
_PUT: Final = """
redis.call('HSET', KEYS[1], 'put', ARGV[1], 'expires_at', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('ZADD', KEYS[2], ARGV[4], KEYS[1])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
local kept = tonumber(ARGV[5])
for _, old in ipairs(redis.call('ZREVRANGE', KEYS[2], 0, -1)) do
  if redis.call('EXISTS', old) == 0 or redis.call('HEXISTS', old, 'spent_at') == 1 then
    redis.call('ZREM', KEYS[2], old)
  elseif kept > 0 then
    kept = kept - 1
  else
    redis.call('DEL', old)
    redis.call('ZREM', KEYS[2], old)
  end
end
"""
_TAKE: Final = """
local slot = redis.call('HMGET', KEYS[1], 'put', 'expires_at', 'spent_at')
if not slot[1] or slot[3] or tonumber(slot[2]) <= tonumber(ARGV[1]) then return false end
redis.call('HSET', KEYS[1], 'spent_at', ARGV[1], 'code_hash', ARGV[2])
return slot[1]
"""
_FINISH: Final = """
if redis.call('HEXISTS', KEYS[1], 'spent_at') == 0 then return 0 end
if redis.call('HSETNX', KEYS[1], 'outcome', ARGV[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'finished_at', ARGV[2])
return 1
"""
_COUNT: Final = """
local slot = redis.call('HMGET', KEYS[1], 'count', 'expires_at')
local count = 1
if slot[1] and tonumber(slot[2]) > tonumber(ARGV[1]) then
  count = tonumber(slot[1]) + 1
  redis.call('HSET', KEYS[1], 'count', count)
else
  redis.call('HSET', KEYS[1], 'count', 1, 'expires_at', ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
return count
"""


class RedisTickets:
    """The ports of attempts and counters on one server."""

    def __init__(self, url: str) -> None:
        self._valkey = Valkey.from_url(url, socket_timeout=_TIMEOUT_SECONDS, socket_connect_timeout=_TIMEOUT_SECONDS)
        self.attempts = RedisAttempts(self._valkey)
        self.counters = RedisCounters(self._valkey)

    async def check(self) -> None:
        """Return if the server answers.

        Raises:
            StoreError: it does not.
        """
        await _asking(cast("Awaitable[object]", self._valkey.ping()))

    async def close(self) -> None:
        """Hang up."""
        await self._valkey.aclose()


class RedisAttempts:
    """The port of sign-in attempts on Redis."""

    def __init__(self, valkey: Valkey) -> None:
        self._valkey = valkey
        self._put = valkey.register_script(_PUT)
        self._take = valkey.register_script(_TAKE)
        self._finish = valkey.register_script(_FINISH)

    async def put(self, attempt: SignInAttempt, *, per_browser: int) -> None:
        """As the port says."""
        keys = [_attempt(attempt.state), f"gongpai:browser:{attempt.browser_hash}"]
        expires_at, created_at = to_micros(attempt.expires_at), to_micros(attempt.created_at)
        args: list[bytes | int] = [
            msgspec.json.encode(attempt),
            expires_at,
            _keep_ms(attempt.expires_at - attempt.created_at),
            created_at,
            per_browser,
        ]
        await _asking(self._put(keys, args))

    async def take(self, state: str, code_hash: str | None, now: datetime) -> SignInAttempt | None:
        """As the port says."""
        put = await _asking(self._take([_attempt(state)], [to_micros(now), code_hash or ""]))
        return None if put is None else replace(_decode(put), spent_at=now, code_hash=code_hash)

    async def get(self, state: str) -> SignInAttempt | None:
        """As the port says."""
        names = ["put", "spent_at", "code_hash", "outcome", "finished_at"]
        slot = cast("Awaitable[Sequence[bytes | None]]", self._valkey.hmget(_attempt(state), names))
        put, spent_at, code_hash, outcome, finished_at = await _asking(slot)
        if put is None:
            return None
        return replace(
            _decode(put),
            spent_at=None if spent_at is None else from_micros(int(spent_at)),
            code_hash=code_hash.decode() if code_hash else None,
            outcome=outcome,
            finished_at=None if finished_at is None else from_micros(int(finished_at)),
        )

    async def finish(self, state: str, outcome: bytes, now: datetime) -> bool:
        """As the port says."""
        return bool(await _asking(self._finish([_attempt(state)], [outcome, to_micros(now)])))


class RedisCounters:
    """The port of counters on Redis."""

    def __init__(self, valkey: Valkey) -> None:
        self._count = valkey.register_script(_COUNT)

    async def count(self, key: str, window: timedelta, now: datetime) -> int:
        """As the port says."""
        args = [to_micros(now), to_micros(now + window), _keep_ms(window)]
        return int(await _asking(self._count([f"gongpai:count:{key}"], args)))


class RedisAppTokens:
    """The port of app tokens: the library's store on Redis, with the gateway's word for a server that is gone."""

    def __init__(self, store: AsyncAppTokenStore) -> None:
        self._store = store

    async def get(self, key: AppTokenKey) -> AppToken | None:
        """As the port says."""
        return await _asking(self._store.get(key))

    async def acquire_lease(self, key: AppTokenKey, holder: str, ttl: timedelta, now: datetime) -> int | None:
        """As the port says."""
        return await _asking(self._store.acquire_lease(key, holder, ttl, now))

    async def put(self, key: AppTokenKey, token: AppToken, fence: int) -> bool:
        """As the port says."""
        return await _asking(self._store.put(key, token, fence))

    async def drop(self, key: AppTokenKey, failed_version: int) -> None:
        """As the port says."""
        await _asking(self._store.drop(key, failed_version))

    async def release_lease(self, key: AppTokenKey, fence: int) -> None:
        """As the port says."""
        await _asking(self._store.release_lease(key, fence))


async def _asking(answer: Awaitable[T]) -> T:
    try:
        return await answer
    except (ValkeyError, OSError, TimeoutError) as error:
        raise StoreError(type(error).__name__, Trouble.TICKETS) from error


def _attempt(state: str) -> str:
    return f"gongpai:attempt:{state}"


def _decode(put: bytes) -> SignInAttempt:
    return msgspec.json.decode(put, type=SignInAttempt)


def _keep_ms(life: timedelta) -> int:
    """Return how long the server keeps something: a minute longer than it lives, and by the server's own clock."""
    return (life + timedelta(minutes=1)) // timedelta(milliseconds=1)
