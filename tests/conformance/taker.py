"""Another process that takes attempts: it opens the memory, waits for the word, and prints what it got."""

import asyncio
import sys
from datetime import datetime

from gongpai.gateway.store.open import open_stores


async def take(storage: str, tickets: str, now: datetime, states: list[str]) -> None:
    async with open_stores(storage, tickets or None, bytes(32)) as stores:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        answers = await asyncio.gather(*(stores.attempts.take(state, "code", now) for state in states))
        sys.stdout.write(" ".join(answer.state for answer in answers if answer is not None))


asyncio.run(take(sys.argv[1], sys.argv[2], datetime.fromisoformat(sys.argv[3]), sys.argv[4:]))
