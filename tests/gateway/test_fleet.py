"""Several gateway processes, one app token: fetched once for all of them, even when the one that fetches it dies."""

import asyncio
import os
import signal
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest

from gateways import WECOM_UA
from gongpai.sandbox import Corner
from served import Served, served, sign_in, write_config

# All sign-ins are under way at once, each waits its turn for a connection, however long the machine takes.
_CONNECTIONS = 40
_TIMEOUT = httpx2.Timeout(120, pool=None)


async def _sign_in_at_once(gateways: list[Served], count: int) -> list[httpx2.Response]:
    limits = httpx2.Limits(max_connections=_CONNECTIONS)
    async with httpx2.AsyncClient(
        headers={"user-agent": WECOM_UA}, timeout=_TIMEOUT, limits=limits, trust_env=False
    ) as http:
        turns = [gateways[number % len(gateways)] for number in range(count)]
        return await asyncio.gather(*(sign_in(http, gateway) for gateway in turns))


def _succeeded(answers: list[httpx2.Response]) -> int:
    return sum(answer.headers.get("location") == "/me" for answer in answers)


@pytest.mark.timeout(400)
async def test_two_gateways_fetch_one_app_token_for_a_thousand_sign_ins(wecom_sandbox: Corner, tmp_path: Path) -> None:
    config = write_config(tmp_path, wecom_sandbox)
    wecom_sandbox.hold_phone("lisi")
    with ExitStack() as stack:
        gateways = [stack.enter_context(served(config, name=name)) for name in ("one", "two")]
        assert _succeeded(await _sign_in_at_once(gateways, 1000)) == 1000
        assert wecom_sandbox.counts()["gettoken"] == 1
        assert wecom_sandbox.counts()["auth/getuserinfo"] == 1000
        assert wecom_sandbox.counts()["user/get"] <= 2

        assert wecom_sandbox.revoke_tokens() == 1
        assert _succeeded(await _sign_in_at_once(gateways, 200)) == 200
        assert wecom_sandbox.counts()["gettoken"] == 2


@pytest.mark.timeout(400)
async def test_sign_ins_on_the_survivor_succeed_when_the_one_that_renews_is_killed(
    wecom_sandbox: Corner, tmp_path: Path
) -> None:
    config = write_config(tmp_path, wecom_sandbox)
    wecom_sandbox.hold_phone("lisi")
    with ExitStack() as stack:
        doomed, survivor = (stack.enter_context(served(config, name=name)) for name in ("doomed", "survivor"))
        wecom_sandbox.plan_fault("gettoken", delay_seconds=30, times=1)
        lost = asyncio.create_task(_sign_in_at_once([doomed], 1))
        while wecom_sandbox.faults():  # noqa: ASYNC110  the sandbox is another program to us
            await asyncio.sleep(0.02)
        running = asyncio.create_task(_sign_in_at_once([survivor], 100))
        for pid in (doomed.process.pid, *doomed.workers()):
            os.kill(pid, signal.SIGKILL)
        with pytest.raises(httpx2.TransportError):
            await lost
        assert _succeeded(await running) == 100
        assert wecom_sandbox.counts()["gettoken"] <= 2
