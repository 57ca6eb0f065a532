"""A whole silent sign-in: /signin, WeCom's page, the callback, one getuserinfo, a session; on SQLite.

Gateway, sandbox and browsers are processes of their own. The gateway's CPU is its worker's, the sandbox's its own
(it serves the page as well as the API), so each row says what one sign-in costs either of them.
"""

import asyncio
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2

from benchmarks.harness import Bar, Row, Side, compare, cpu_clock_of
from benchmarks.served import IN_WECOM, pretend_wecom, served, sign_in, write_config

_CONCURRENCY = 12
_OPERATIONS = 200
# 300 sign-ins a second and core.
_LIMIT = Bar(max_us=1_000_000 / 300)


def measure() -> Iterator[Row]:
    with (
        pretend_wecom() as wecom,
        tempfile.TemporaryDirectory() as folder,
        served(write_config(Path(folder), wecom)) as gateway,
        asyncio.Runner() as runner,
    ):
        run = _sign_in_repeatedly(runner, gateway.url)
        ours = Side("gateway worker", run, cpu_clock_of(gateway.worker_pid))
        peer = Side("sandbox", run, cpu_clock_of(wecom.pid))
        yield compare("silent sign-in, SQLite", ours, peer, _LIMIT, operations=_OPERATIONS)


def _sign_in_repeatedly(runner: asyncio.Runner, url: str) -> Callable[[int], None]:
    async def repeat(count: int) -> None:
        left = iter(range(count))

        async def work() -> None:
            async with httpx2.AsyncClient(headers=IN_WECOM, trust_env=False, timeout=60) as http:
                for _ in left:
                    await sign_in(http, url)

        await asyncio.gather(*(work() for _ in range(_CONCURRENCY)))

    return lambda count: runner.run(repeat(count))
