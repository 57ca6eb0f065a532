"""Two Python processes, one app token: over a SQLite file and over Redis, by tasks and by threads."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from gongpai.sandbox import Corner
from wecom.twins import AGENTID, CORPID

WORKER = Path(__file__).with_name("fleet_worker.py")
SIGN_INS = 1000

pytestmark = pytest.mark.services


@dataclass
class Worker:
    """One process of the fleet."""

    process: subprocess.Popen[str]

    def order(self, codes: list[str]) -> None:
        self.say(json.dumps(codes))

    def say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def hear(self) -> object:
        """Return the next answer, None if the process is dead."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        return json.loads(line) if line else None


@pytest.fixture(params=["sqlite", "redis"])
def store_at(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "redis":
        return str(request.getfixturevalue("redis_url"))
    return str(tmp_path / "app_token.db")


@contextmanager
def working(corner: Corner, store_at: str, callers: str, timeout: float = 60.0) -> Iterator[list[Worker]]:
    """Run two processes that share the store; the secret goes in by their stdin."""
    settings = {"corpid": CORPID, "agentid": AGENTID, "url": corner.url, "store": store_at}
    settings |= {"callers": callers, "timeout": timeout}
    command = [sys.executable, str(WORKER), json.dumps(settings)]
    workers = [
        Worker(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)) for _ in range(2)
    ]
    try:
        for worker in workers:
            worker.say(corner.app(AGENTID).secret)
        assert [worker.hear() for worker in workers] == ["ready", "ready"]
        yield workers
    finally:
        for worker in workers:
            worker.process.kill()
            worker.process.communicate()


@pytest.mark.parametrize("callers", ["tasks", "threads"])
def test_a_thousand_sign_ins_over_two_processes_cost_one_gettoken_and_one_more_after_it_is_revoked(
    wecom_sandbox: Corner, store_at: str, callers: str
) -> None:
    with working(wecom_sandbox, store_at, callers) as workers:
        for _ in range(2):
            codes = _codes(wecom_sandbox, SIGN_INS)
            wecom_sandbox.clear_journal()
            workers[0].order(codes[::2])
            workers[1].order(codes[1::2])
            assert [worker.hear() for worker in workers] == [["Member"] * (SIGN_INS // 2)] * 2
            assert wecom_sandbox.counts()["gettoken"] == 1
            answered = [entry for entry in wecom_sandbox.journal("auth/getuserinfo") if entry.errcode == 0]
            assert len(answered) == SIGN_INS
            wecom_sandbox.revoke_tokens()


@pytest.mark.parametrize("callers", ["tasks", "threads"])
def test_when_the_holder_is_killed_while_renewing_the_other_takes_over(
    wecom_sandbox: Corner, store_at: str, callers: str
) -> None:
    with working(wecom_sandbox, store_at, callers, timeout=8.0) as (victim, survivor):
        codes = _codes(wecom_sandbox, 100)
        wecom_sandbox.clear_journal()
        wecom_sandbox.plan_fault("gettoken", delay_seconds=60)
        victim.order(codes[:1])
        _await_planned_fault(wecom_sandbox)
        survivor.order(codes[1:])
        victim.process.kill()
        assert victim.hear() is None
        assert survivor.hear() == ["Member"] * 99
        assert wecom_sandbox.counts()["gettoken"] <= 2


def _codes(corner: Corner, count: int) -> list[str]:
    return [corner.mint_code(AGENTID, "zhangsan") for _ in range(count)]


def _await_planned_fault(corner: Corner) -> None:
    """Wait until the fault has struck: the victim holds the lease and waits for its token."""
    deadline = time.monotonic() + 90
    while corner.faults():
        assert time.monotonic() < deadline
        time.sleep(0.01)
