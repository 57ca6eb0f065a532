"""Work that comes due now and then: done again and again beside the requests, and at once when somebody wakes it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from gongpai.gateway.logs import logger

_LOOK_EVERY_SECONDS = 5.0

_log = logger("rounds")


@asynccontextmanager
async def rounds(
    work: Callable[[], Awaitable[object]], wake: asyncio.Event, name: str, every_seconds: float = _LOOK_EVERY_SECONDS
) -> AsyncIterator[None]:
    """Go on doing *work* until the block ends."""
    task = asyncio.create_task(_keep_on(work, wake, name, every_seconds), name=f"gongpai-{name}")
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _keep_on(work: Callable[[], Awaitable[object]], wake: asyncio.Event, name: str, every_seconds: float) -> None:
    while True:
        with suppress(TimeoutError):
            # Not wait_for, which until Python 3.12 forgets that it was cancelled if the event comes just then.
            async with asyncio.timeout(every_seconds):
                await wake.wait()
        wake.clear()
        try:
            await work()
        except Exception as error:  # noqa: BLE001  # the task's outermost handler: nobody else would begin it again
            _log.warning(f"{name}.failed", error=f"{type(error).__name__}: {error}")
