import asyncio

import pytest

from gongpai.gateway.rounds import rounds
from gongpai.gateway.store import StoreError
from memory import until


# The second one is what a library may raise that no room foresees.
@pytest.mark.parametrize("fault", [StoreError, RuntimeError])
async def test_a_round_that_fails_is_not_the_last(fault: type[Exception]) -> None:
    wake, done = asyncio.Event(), 0

    async def work() -> None:
        nonlocal done
        done += 1
        await asyncio.sleep(0)
        wake.set()
        raise fault("once more")

    wake.set()
    async with rounds(work, wake, "work"):
        await until(lambda: done > 2)
