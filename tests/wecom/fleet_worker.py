"""One process of a fleet with one client: takes orders on stdin, one JSON list of codes a line, and identifies each.

It says what came of them as JSON on stdout. The app's secret is the first line, so that no process list shows it.
"""

import asyncio
import json
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

from gongpai.wecom import App, AsyncWeComClient, Hosts, Timeout, WeComClient, WeComError
from gongpai.wecom.app_token import AsyncSqliteStore, SqliteStore
from gongpai.wecom.app_token.redis import AsyncRedisStore, RedisStore

SEAL_KEY = bytes(range(32))
THREADS = 20


def main() -> None:
    settings = json.loads(sys.argv[1])
    app = App(settings["corpid"], settings["agentid"], sys.stdin.readline().strip())
    timeout = Timeout(settings["timeout"], settings["timeout"])
    options = {"hosts": Hosts.at(settings["url"]), "sandbox": True, "timeout": timeout}
    work = _work_by_threads if settings["callers"] == "threads" else _work_by_tasks
    work(app, settings["store"], options)


def _work_by_tasks(app: App, store_at: str, options: dict[str, Any]) -> None:
    with asyncio.Runner() as runner:
        store = AsyncRedisStore(store_at, SEAL_KEY) if store_at.startswith("redis:") else AsyncSqliteStore(store_at)
        client = AsyncWeComClient(app, store=store, **options)

        async def identify(code: str) -> str:
            try:
                return type(await client.identify(code)).__name__
            except WeComError as error:
                return repr(error)

        async def identify_all(codes: list[str]) -> list[str]:
            return await asyncio.gather(*(identify(code) for code in codes))

        _take_orders(lambda codes: runner.run(identify_all(codes)))
        runner.run(client.aclose())
        runner.run(store.aclose())


def _work_by_threads(app: App, store_at: str, options: dict[str, Any]) -> None:
    store = RedisStore(store_at, SEAL_KEY) if store_at.startswith("redis:") else SqliteStore(store_at)
    with closing(store), WeComClient(app, store=store, **options) as client, ThreadPoolExecutor(THREADS) as pool:

        def identify(code: str) -> str:
            try:
                return type(client.identify(code)).__name__
            except WeComError as error:
                return repr(error)

        _take_orders(lambda codes: list(pool.map(identify, codes)))


def _take_orders(identify_all: Callable[[list[str]], list[str]]) -> None:
    _say("ready")
    for line in sys.stdin:
        _say(identify_all(json.loads(line)))


def _say(what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
