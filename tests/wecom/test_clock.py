import time
from datetime import UTC, datetime, timedelta

from gongpai.wecom import SystemClock

MOMENT = timedelta(milliseconds=5)


def test_the_clock_of_this_machine_tells_utc() -> None:
    before = datetime.now(UTC)
    now = SystemClock().now()
    assert now.tzinfo is UTC
    assert before <= now <= datetime.now(UTC)


async def test_it_waits_for_threads_and_for_tasks() -> None:
    begun = time.monotonic()
    SystemClock().sleep(MOMENT)
    await SystemClock().asleep(MOMENT)
    assert time.monotonic() - begun >= 0.009
