"""SQLite in WAL mode: reads on the event loop, writes grouped into few commits by one writer thread."""

import asyncio
import os
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from sqlalchemy.dialects import sqlite

from gongpai.gateway.store.sql.driver import Call, Compiler, Driver, StoreError, Work
from gongpai.gateway.store.sql.rows import Row
from gongpai.gateway.store.troubles import trouble_of

T = TypeVar("T")

_BUSY_SECONDS = 5.0
_MOST_IN_A_GROUP = 512


@dataclass(frozen=True, slots=True)
class _Job:
    begin: Callable[[], Work[Any]]
    loop: asyncio.AbstractEventLoop
    answer: "asyncio.Future[Any]"


class SqliteDriver(Driver):
    """One file, one writer thread a process. Made inside the event loop that uses it."""

    is_ordered = True

    def __init__(self, path: Path, busy_seconds: float = _BUSY_SECONDS) -> None:
        self._compiler = Compiler(sqlite.dialect(paramstyle="qmark"))
        self._reader = _connect(path, busy_seconds)
        self._reader.execute("PRAGMA query_only = ON")
        self._writer = _connect(path, busy_seconds)
        # One cursor for all statements: to make and drop one for each costs as much as to bind its values.
        self._reading, self._writing = self._reader.cursor(), self._writer.cursor()
        self._is_closed = False
        self._asked: list[_Job] = []
        self._jobs: SimpleQueue[list[_Job] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run_writer, name="gongpai-sqlite-writer", daemon=True)
        self._thread.start()

    async def read(self, call: Call) -> Sequence[Row]:
        """Read on the loop: an indexed read from the page cache costs less than a hop to a thread."""
        try:
            return self._execute(self._reading, call)
        except sqlite3.Error as error:
            raise _told(error) from error

    async def write(self, call: Call) -> Sequence[Row]:
        """Run one statement in the next group."""

        def work() -> Work[Sequence[Row]]:
            return (yield call)

        return await self.transact(work)

    async def transact(self, begin: Callable[[], Work[T]], *, tells: bool = False) -> T:  # noqa: ARG002  # readers poll
        """Run the work in the next group; it is durable when this returns."""
        if self._is_closed:
            msg = "the database was closed"
            raise StoreError(msg)
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        if not self._asked:
            # Once this round of the loop is over: all that it asks for goes to the writer together, and is one commit.
            loop.call_soon(self._pass_on)
        self._asked.append(_Job(begin, loop, answer))
        return await answer

    async def listen(self, wake: Callable[[], None]) -> None:
        """SQLite cannot push: the readers' poll is all there is."""

    async def close(self) -> None:
        """Write what is queued, then close."""
        self._is_closed = True
        self._pass_on()
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)
        self._reader.close()

    def _pass_on(self) -> None:
        jobs, self._asked = self._asked, []
        self._jobs.put(jobs)

    def _run_writer(self) -> None:
        _yield_to_the_loop()
        try:
            self._write_groups()
        finally:
            # However it ended: nobody shall wait for a writer that is gone.
            self._is_closed = True
            self._writer.close()

    def _write_groups(self) -> None:
        while (group := self._jobs.get()) is not None:
            last = False
            while len(group) < _MOST_IN_A_GROUP:
                try:
                    more = self._jobs.get_nowait()
                except Empty:
                    break
                if more is None:
                    last = True
                    break
                group += more
            self._write_group(group)
            if last:
                break

    def _write_group(self, group: Sequence[_Job]) -> None:
        results: list[tuple[_Job, Any, Exception | None]]
        try:
            results = self._commit(group, self._run_job)
        except Exception:  # noqa: BLE001  # the thread's outermost handler: one failed, so all were undone and run apart
            try:
                results = self._commit(group, self._run_job_apart)
            except sqlite3.Error as error:
                failure = _told(error)
                results = [(job, None, failure) for job in group]
        loops = {job.loop for job, _, _ in results}
        for loop in loops:
            mine = [each for each in results if each[0].loop is loop]
            if not loop.is_closed():
                loop.call_soon_threadsafe(_answer, mine)

    def _commit(
        self, group: Sequence[_Job], run: Callable[[_Job], tuple[Any, Exception | None]]
    ) -> list[tuple[_Job, Any, Exception | None]]:
        self._writer.execute("BEGIN IMMEDIATE")
        try:
            results = [(job, *run(job)) for job in group]
            self._writer.execute("COMMIT")
        except Exception:
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
            raise
        return results

    def _run_job(self, job: _Job) -> tuple[Any, Exception | None]:
        return self._run_work(job.begin()), None

    def _run_job_apart(self, job: _Job) -> tuple[Any, Exception | None]:
        """Run the job so that it is undone alone if it fails."""
        self._writer.execute("SAVEPOINT job")
        try:
            result = self._run_work(job.begin())
        except sqlite3.Error as error:
            self._undo_job()
            return None, _told(error)
        except Exception as error:  # noqa: BLE001  # the caller gets it, the others go on
            self._undo_job()
            return None, error
        self._writer.execute("RELEASE job")
        return result, None

    def _undo_job(self) -> None:
        self._writer.execute("ROLLBACK TO job")
        self._writer.execute("RELEASE job")

    def _run_work(self, work: Work[T]) -> T:
        try:
            call = next(work)
            while True:
                call = work.send(self._execute(self._writing, call))
        except StopIteration as done:
            result: T = done.value
            return result

    def _execute(self, cursor: sqlite3.Cursor, call: Call) -> Sequence[Row]:
        compiled = self._compiler.compile(call.statement)
        return cursor.execute(compiled.text, compiled.order(call.params)).fetchall()


def _told(error: sqlite3.Error) -> StoreError:
    return StoreError(str(error), trouble_of(error, None))


def _yield_to_the_loop() -> None:
    """Let a wakened writer wait until the loop rests: it could not run beside it for want of the GIL.

    Measured on one core: half of the switches between the two, and a fifteenth of a silent sign-in.
    """
    if hasattr(os, "SCHED_BATCH"):
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def _connect(path: Path, busy_seconds: float) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=busy_seconds, isolation_level=None, check_same_thread=False)
    # FULL: a code that was spent and a session that was ended stay so after a power cut; groups share the cost.
    connection.execute("PRAGMA synchronous = FULL")
    # 32 MB of log before it is written back, and not 4: a page that changes often is then written back once.
    connection.execute("PRAGMA wal_autocheckpoint = 8000")
    return connection


def _answer(results: Sequence[tuple[_Job, Any, Exception | None]]) -> None:
    for job, result, error in results:
        if job.answer.done():
            continue
        if error is None:
            job.answer.set_result(result)
        else:
            job.answer.set_exception(error)
