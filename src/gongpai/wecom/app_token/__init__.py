"""One app token for a whole fleet: when to renew it, who renews it, and where it lies meanwhile.

Not here: what to ask WeCom (``calls.py``) and how to send it (``transport.py``). `RedisStore` and `AsyncRedisStore`
are in ``gongpai.wecom.app_token.redis``, since they need the ``redis`` extra.
"""

from gongpai.wecom.app_token.memory import AsyncMemoryStore, MemoryStore
from gongpai.wecom.app_token.policy import AppToken, AppTokenKey, Freshness, freshness
from gongpai.wecom.app_token.renewal import AppTokens, AsyncAppTokens
from gongpai.wecom.app_token.sqlite import AsyncSqliteStore, SqliteStore
from gongpai.wecom.app_token.store import AppTokenStore, AsyncAppTokenStore

__all__ = [
    "AppToken",
    "AppTokenKey",
    "AppTokenStore",
    "AppTokens",
    "AsyncAppTokenStore",
    "AsyncAppTokens",
    "AsyncMemoryStore",
    "AsyncSqliteStore",
    "Freshness",
    "MemoryStore",
    "SqliteStore",
    "freshness",
]
