"""One worker: the gateway on a listening socket that its supervisor opened. Run by ``server.py``, by nobody else."""

import asyncio
import gc
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

if __name__ == "__main__":
    # structlog draws tracebacks with rich where it finds it; a worker writes JSON, and would hold 3 MB for nothing.
    sys.modules["rich"] = None  # type: ignore[assignment]  # as an import that must fail is told

import uvicorn
import uvloop
from starlette.types import ASGIApp
from uvicorn.config import STARTUP_FAILURE

from gongpai.gateway.app import open_app
from gongpai.gateway.config import Config, ConfigError, load
from gongpai.gateway.gate_protocol import GateProtocol
from gongpai.gateway.keys import WrongSecretKeyError
from gongpai.gateway.logs import configure_logs, logger
from gongpai.gateway.plain_protocol import PlainProtocol
from gongpai.gateway.store import StoreError

GRACE_SECONDS = 15
# Longer than proxies keep an idle connection (nginx 60 s), or they send a request into a closed one.
_KEEP_ALIVE_SECONDS = 75
# Measured: with Python's own 700 it costs a twentieth of a silent sign-in; with many more, megabytes.
_ALLOCATIONS_BETWEEN_COLLECTIONS = 5_000
_ENDING = (signal.SIGTERM, signal.SIGINT)


class _Server(uvicorn.Server):
    """One listener. Signals are taken for all of them at once.

    uvicorn itself would raise them again when it is done, which ends the process before the rest is.
    """

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield


@dataclass(frozen=True, slots=True)
class Listeners:
    """The sockets that the supervisor opened."""

    public: socket.socket
    gate: socket.socket | None


def run(config: Config, listeners: Listeners, lifeline: int, file: Path | None) -> None:
    """Serve until a signal comes, or until the supervisor at the other end of *lifeline* is gone.

    Raises:
        StoreError: the store does not answer.
        WrongSecretKeyError: the database was made with another ``secret_key``.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(config, listeners, lifeline, file))


async def _serve(config: Config, listeners: Listeners, lifeline: int, file: Path | None) -> None:
    async with open_app(config, file=file) as app:
        _spare_the_collector()
        servers = [(_Server(_settings(app, PlainProtocol)), listeners.public)]
        if app.gate is not None and listeners.gate is not None:
            servers.append((_Server(_settings(app.gate, GateProtocol)), listeners.gate))
        loop = asyncio.get_running_loop()

        def end() -> None:
            loop.remove_reader(lifeline)
            for server, _ in servers:
                server.should_exit = True

        loop.add_reader(lifeline, end)
        for number in _ENDING:
            loop.add_signal_handler(number, end)
        async with asyncio.TaskGroup() as serving:
            for server, listener in servers:
                serving.create_task(server.serve(sockets=[listener]))


def _spare_the_collector() -> None:
    """Let the garbage collector look at what requests leave behind only, and seldom: they hardly make cycles."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS_BETWEEN_COLLECTIONS)


def _settings(app: ASGIApp, protocol: type[asyncio.Protocol]) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=protocol,
        lifespan="off",
        ws="none",
        access_log=False,
        log_config=None,
        # Addresses come from trusted proxies by our own rule; uvicorn's would believe others (web/address.py).
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def main(arguments: list[str]) -> None:
    """Start as the supervisor says: the configuration's path if there is one, the lifeline, the listening sockets."""
    # The supervisor waits for its signals with them blocked, and a child inherits that.
    signal.pthread_sigmask(signal.SIG_SETMASK, set())
    path, lifeline, *files = arguments
    file = Path(path) if path else None
    try:
        config = load(file, os.environ)
    except ConfigError as error:
        configure_logs()
        # The workers that run go on with what they read, and the supervisor tries again: the file may be mended.
        logger("worker").error("cannot_start", faults=[fault.render("en") for fault in error.faults])
        sys.exit(1)
    configure_logs(config.log_level)
    sockets = [socket.socket(fileno=int(file)) for file in files]
    try:
        run(config, Listeners(sockets[0], sockets[1] if len(sockets) > 1 else None), int(lifeline), file)
    except (StoreError, WrongSecretKeyError) as error:
        logger("worker").error("cannot_serve", error=f"{type(error).__name__}: {error}")
        sys.exit(STARTUP_FAILURE)


if __name__ == "__main__":
    main(sys.argv[1:])
