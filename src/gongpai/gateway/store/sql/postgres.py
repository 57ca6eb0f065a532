"""PostgreSQL by asyncpg: one small pool a process, and one connection that hears the news."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

import asyncpg
from sqlalchemy.dialects.postgresql import asyncpg as dialect

from gongpai.gateway.store.sql.driver import Call, Compiler, Driver, StoreError, Work
from gongpai.gateway.store.sql.rows import Row
from gongpai.gateway.store.troubles import trouble_of

T = TypeVar("T")

_CHANNEL = "gongpai_news"
_POOL = 10
_TIMEOUT_SECONDS = 5.0
_LISTEN_AGAIN_SECONDS = 1.0
_FAULTS = (
    OSError,
    asyncio.TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a connection that was cut while it was being opened
)


class PostgresDriver(Driver):
    """A pool of connections; use ``open``."""

    is_ordered = False

    def __init__(self, url: str, pool: asyncpg.Pool) -> None:
        self._url = url
        self._pool = pool
        self._compiler = Compiler(dialect.dialect())  # type: ignore[no-untyped-call]  # SQLAlchemy has no types here
        self._listening: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, url: str) -> "PostgresDriver":
        """Connect.

        Raises:
            StoreError: nobody answers.
        """
        try:
            pool = await asyncpg.create_pool(
                url, min_size=1, max_size=_POOL, timeout=_TIMEOUT_SECONDS, command_timeout=_TIMEOUT_SECONDS
            )
        except _FAULTS as error:
            raise _told(error) from None
        return cls(url, pool)

    async def read(self, call: Call) -> Sequence[Row]:
        """Run the statement on any connection."""
        compiled = self._compiler.compile(call.statement)
        try:
            # The wait for a connection has a limit too: where all of them wait for a server that is cut off, those who
            # come would otherwise queue for as long as that lasts.
            async with self._pool.acquire(timeout=_TIMEOUT_SECONDS) as connection:
                rows: Sequence[Row] = await connection.fetch(compiled.text, *compiled.order(call.params))
        except _FAULTS as error:
            raise _told(error) from error
        return rows

    async def write(self, call: Call) -> Sequence[Row]:
        """Run the statement; alone, it is its own transaction."""
        return await self.read(call)

    async def transact(self, begin: Callable[[], Work[T]], *, tells: bool = False) -> T:
        """Run the work in one transaction."""
        try:
            async with self._pool.acquire(timeout=_TIMEOUT_SECONDS) as connection, connection.transaction():
                result = await self._run(connection, begin())
                if tells:
                    await connection.execute(f"NOTIFY {_CHANNEL}")
                return result
        except _FAULTS as error:
            raise _told(error) from error

    async def listen(self, wake: Callable[[], None]) -> None:
        """Call *wake* at each notification, and after each new connection: something may have been missed."""
        self._listening = asyncio.create_task(self._keep_listening(wake))

    async def close(self) -> None:
        """Hang up."""
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.wait([self._listening])
        await self._pool.close()

    async def _run(self, connection: asyncpg.Connection, work: Work[T]) -> T:
        try:
            call = next(work)
            while True:
                compiled = self._compiler.compile(call.statement)
                call = work.send(await connection.fetch(compiled.text, *compiled.order(call.params)))
        except StopIteration as done:
            result: T = done.value
            return result

    async def _keep_listening(self, wake: Callable[[], None]) -> None:
        while True:
            try:
                connection = await asyncpg.connect(self._url, timeout=_TIMEOUT_SECONDS)
            except _FAULTS:
                await asyncio.sleep(_LISTEN_AGAIN_SECONDS)
                continue
            gone = asyncio.Event()
            connection.add_termination_listener(lambda _connection, gone=gone: gone.set())
            try:
                await connection.add_listener(_CHANNEL, lambda *_: wake())
                wake()
                await gone.wait()
            except _FAULTS:
                await asyncio.sleep(_LISTEN_AGAIN_SECONDS)
            finally:
                connection.terminate()


def _told(error: BaseException) -> StoreError:
    """Name the fault without the values that a message of the database may quote."""
    state = getattr(error, "sqlstate", None)
    name = type(error).__name__
    return StoreError(f"{name} {state}" if state else name, trouble_of(error, None))
