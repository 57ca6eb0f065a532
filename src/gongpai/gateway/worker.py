"""One worker: the gateway on a listening socket that its supervisor opened. Run by ``server.py``, by nobody else."""

import asyncio
import os
import signal
import socket
import sys
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gongpai.gateway.app import open_app
from gongpai.gateway.config import Config, load
from gongpai.gateway.keys import WrongSecretKeyError
from gongpai.gateway.logs import configure_logs
from gongpai.gateway.store import StoreError

GRACE_SECONDS = 15
# Eight times what browsers send; a cookie jar full of other hosts' cookies cannot reach a __Host- cookie's host.
_MAX_HEAD_BYTES = 65_536
# A request of ours is at most a form of a few kilobytes: only who means harm sends it more slowly.
_ARRIVE_WITHIN_SECONDS = 30.0


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which itself limits neither the head of a request nor the time that one takes to arrive."""

    arrive_within_seconds = _ARRIVE_WITHIN_SECONDS
    _head_bytes = 0
    _is_in_head = True
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._expect_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._expect_nothing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Refuse a head that does not end."""
        self._expect_request()
        if self._is_in_head:
            self._head_bytes += len(data)
            if self._head_bytes > _MAX_HEAD_BYTES:
                self.send_400_response("The request's head is too long.")
                return
        super().data_received(data)

    def on_message_begin(self) -> None:
        """Begin to count."""
        self._expect_request()
        self._head_bytes, self._is_in_head = 0, True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Count no body."""
        self._is_in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Leave an idle connection to uvicorn's own limit."""
        self._expect_nothing()
        super().on_message_complete()

    def _expect_request(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.arrive_within_seconds, self.transport.close)

    def _expect_nothing(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class LifespanApp:
    """Opens the gateway when the server starts, and closes it when the server ends."""

    def __init__(self, opening: AbstractAsyncContextManager[ASGIApp]) -> None:
        self._opening = opening
        self._app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or follow the server's life."""
        if self._app is not None and scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return
        await receive()
        try:
            self._app = await self._opening.__aenter__()
        except (StoreError, WrongSecretKeyError) as error:
            await send({"type": "lifespan.startup.failed", "message": f"{type(error).__name__}: {error}"})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._opening.__aexit__(None, None, None)
        await send({"type": "lifespan.shutdown.complete"})


def run(config: Config, listener: socket.socket, lifeline: int) -> None:
    """Serve until a signal comes, or until the supervisor at the other end of *lifeline* is gone."""
    server = uvicorn.Server(
        uvicorn.Config(
            LifespanApp(open_app(config)),
            http=BoundedProtocol,
            loop="uvloop",
            lifespan="on",
            ws="none",
            access_log=False,
            log_config=None,
            # Addresses come from trusted proxies by our own rule; uvicorn's would believe others (web/address.py).
            proxy_headers=False,
            server_header=False,
            # Longer than proxies keep an idle connection (nginx 60 s), or they send a request into a closed one.
            timeout_keep_alive=75,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
    )

    async def serve() -> None:
        asyncio.get_running_loop().add_reader(lifeline, _end, server, lifeline)
        await server.serve(sockets=[listener])

    with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
        runner.run(serve())


def _end(server: uvicorn.Server, lifeline: int) -> None:
    asyncio.get_running_loop().remove_reader(lifeline)
    server.should_exit = True


def main(arguments: list[str]) -> None:
    """Start as the supervisor says: the listening socket, the lifeline, the configuration's file if there is one."""
    # The supervisor waits for its signals with them blocked, and a child inherits that.
    signal.pthread_sigmask(signal.SIG_SETMASK, set())
    listener, lifeline, *file = arguments
    config = load(Path(file[0]) if file else None, os.environ)
    configure_logs(config.log_level)
    run(config, socket.socket(fileno=int(listener)), int(lifeline))


if __name__ == "__main__":
    main(sys.argv[1:])
