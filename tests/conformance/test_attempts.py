"""The port of sign-in attempts, on every backend."""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from gongpai.gateway.store.open import Stores
from memory import BACKENDS, NOW, Backend, make_attempt

pytestmark = [pytest.mark.services, pytest.mark.parametrize("backend", BACKENDS, indirect=True)]
_TAKER = Path(__file__).parent / "taker.py"
_PROCESSES = 4


async def test_what_was_put_comes_back_whole(stores: Stores) -> None:
    attempt = make_attempt(restarts=1, ip="203.0.113.7", session_ref="ref")
    await stores.attempts.put(attempt, per_browser=5)
    assert await stores.attempts.get(attempt.state) == attempt


async def test_an_unknown_attempt_is_none(stores: Stores) -> None:
    assert await stores.attempts.get("unknown") is None
    assert await stores.attempts.take("unknown", "code", NOW) is None


async def test_taking_spends_and_keeps_who_took_it(stores: Stores) -> None:
    attempt = make_attempt()
    await stores.attempts.put(attempt, per_browser=5)
    taken = await stores.attempts.take(attempt.state, "code", NOW)
    assert taken is not None
    assert (taken.spent_at, taken.code_hash) == (NOW, "code")
    assert await stores.attempts.take(attempt.state, "code", NOW) is None
    assert await stores.attempts.get(attempt.state) == taken


async def test_a_take_without_a_code_is_kept_as_such(stores: Stores) -> None:
    attempt = make_attempt()
    await stores.attempts.put(attempt, per_browser=5)
    await stores.attempts.take(attempt.state, None, NOW)
    kept = await stores.attempts.get(attempt.state)
    assert kept is not None
    assert kept.code_hash is None


async def test_an_expired_attempt_cannot_be_taken(stores: Stores) -> None:
    attempt = make_attempt()
    await stores.attempts.put(attempt, per_browser=5)
    assert await stores.attempts.take(attempt.state, "code", attempt.expires_at) is None
    assert await stores.attempts.take(attempt.state, "code", attempt.expires_at - timedelta(microseconds=1)) is not None


async def test_of_many_callers_at_once_exactly_one_takes(stores: Stores) -> None:
    attempt = make_attempt()
    await stores.attempts.put(attempt, per_browser=5)
    answers = await asyncio.gather(*(stores.attempts.take(attempt.state, f"code{n}", NOW) for n in range(20)))
    assert len([answer for answer in answers if answer is not None]) == 1


async def test_of_many_processes_at_once_exactly_one_takes_each(stores: Stores, backend: Backend) -> None:
    states = [make_attempt(browser_hash=f"b{n}") for n in range(50)]
    for attempt in states:
        await stores.attempts.put(attempt, per_browser=5)
    arguments = [backend.storage, backend.tickets or "", NOW.isoformat(), *(attempt.state for attempt in states)]
    takers = [
        await asyncio.create_subprocess_exec(
            sys.executable, str(_TAKER), *arguments, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        for _ in range(_PROCESSES)
    ]
    for taker in takers:  # all are open and wait for the word
        assert taker.stdout is not None
        assert await taker.stdout.readline() == b"ready\n"
    answers = await asyncio.gather(*(taker.communicate(b"go\n") for taker in takers))
    taken = [state for output, _ in answers for state in output.decode().split()]
    assert sorted(taken) == sorted(attempt.state for attempt in states)


async def test_an_outcome_is_written_once_and_only_after_taking(stores: Stores) -> None:
    attempt = make_attempt()
    await stores.attempts.put(attempt, per_browser=5)
    assert not await stores.attempts.finish(attempt.state, b"early", NOW)
    await stores.attempts.take(attempt.state, "code", NOW)
    later = NOW + timedelta(seconds=1)
    assert await stores.attempts.finish(attempt.state, b"\x00signed in", later)
    assert not await stores.attempts.finish(attempt.state, b"again", later)
    assert not await stores.attempts.finish("unknown", b"none", later)
    kept = await stores.attempts.get(attempt.state)
    assert kept is not None
    assert (kept.outcome, kept.finished_at) == (b"\x00signed in", later)


async def test_a_browser_keeps_only_its_newest_open_attempts(stores: Stores) -> None:
    first = make_attempt(browser_hash="one")
    await stores.attempts.put(first, per_browser=3)
    await stores.attempts.take(first.state, "code", NOW)
    opened = [make_attempt(browser_hash="one", created_at=NOW + timedelta(seconds=n)) for n in range(1, 6)]
    other = make_attempt(browser_hash="other")
    await stores.attempts.put(other, per_browser=3)
    for attempt in opened:
        await stores.attempts.put(attempt, per_browser=3)
    kept = [await stores.attempts.get(attempt.state) is not None for attempt in opened]
    assert kept == [False, False, True, True, True]
    assert await stores.attempts.get(first.state) is not None  # spent: it must answer a repeated callback
    assert await stores.attempts.get(other.state) is not None
