import inspect
import re

import pytest

from gongpai.wecom import AsyncWeComClient, WeComClient
from gongpai.wecom.app_token import (
    AppTokens,
    AppTokenStore,
    AsyncAppTokens,
    AsyncAppTokenStore,
    AsyncMemoryStore,
    AsyncSqliteStore,
    MemoryStore,
    SqliteStore,
)
from gongpai.wecom.app_token.redis import AsyncRedisStore, RedisStore
from gongpai.wecom.transport import AsyncTransport, Transport

TWINS = [
    (AsyncWeComClient, WeComClient),
    (AsyncAppTokens, AppTokens),
    (AsyncAppTokenStore, AppTokenStore),
    (AsyncSqliteStore, SqliteStore),
    (AsyncRedisStore, RedisStore),
    (AsyncTransport, Transport),
]

_AWAITABLE = re.compile(r"collections\.abc\.Awaitable\[(.*?)\]\]")


@pytest.mark.parametrize(("awaiting", "blocking"), TWINS, ids=lambda twin: str(twin.__name__))
def test_twins_do_the_same(awaiting: type, blocking: type) -> None:
    assert _face(awaiting) == _face(blocking)


def test_the_twins_in_memory_differ_only_in_how_they_are_made() -> None:
    assert {**_face(AsyncMemoryStore), "__init__": ""} == {**_face(MemoryStore), "__init__": ""}


def _face(twin: type) -> dict[str, str]:
    methods = {name: vars(twin)[name] for name in vars(twin) if not name.startswith("_") or name == "__init__"}
    # The twins differ in these words only.
    return {
        name.replace("aclose", "close"): _AWAITABLE.sub(r"\1]", str(inspect.signature(method)).replace("Async", ""))
        for name, method in methods.items()
        if inspect.isfunction(method)
    }
