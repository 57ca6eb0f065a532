"""Sockets and uvicorn: one listener for plain HTTP and, in TLS mode, a second one, on one loop in one thread."""

import asyncio
import socket
import ssl
import threading

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gongpai.sandbox.app import SandboxApp

MARK = ("Gongpai-Sandbox", "1")
_STOP_SECONDS = 10.0


class Listeners:
    """Bind at once, so that the ports are known; serve from `start` to `stop`."""

    def __init__(
        self, app: SandboxApp, host: str, port: int, tls: ssl.SSLContext | None = None, tls_port: int = 0
    ) -> None:
        self._sockets = [_bind(host, port)]
        self.port: int = self._sockets[0].getsockname()[1]
        self.tls_port: int | None = None
        self._servers = [uvicorn.Server(_config(app))]
        if tls is not None:
            try:
                self._sockets.append(_bind(host, tls_port))
            except OSError:
                self._sockets[0].close()
                raise
            self.tls_port = self._sockets[1].getsockname()[1]
            self._servers.append(uvicorn.Server(_config(app, tls)))
        self._thread = threading.Thread(target=self._run, name="gongpai-sandbox", daemon=True)
        self._ready = threading.Event()

    def start(self) -> None:
        """Serve; return when requests are answered."""
        self._thread.start()
        self._ready.wait()

    def stop(self) -> None:
        """Let running requests end, briefly, and stop."""
        for server in self._servers:
            server.should_exit = True
        self._thread.join(_STOP_SECONDS)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=self._servers[0].config.get_loop_factory()) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for server, sock in zip(self._servers, self._sockets, strict=True):
                    group.create_task(server.serve([sock]))
                # Listening sockets queue what comes before the loop first turns, so bound is as good as ready.
                self._ready.set()
        finally:
            for sock in self._sockets:
                sock.close()


class _Discreet(HttpToolsProtocol):
    """Never logs a request: its URL holds secrets (T25).

    ``access_log=False`` is not enough, for uvicorn logs all the same once somebody else, pytest for one, has put a
    handler on its logger.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self.access_log = False


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host.strip("[]"), port), family=family)


def _config(app: SandboxApp, tls: ssl.SSLContext | None = None) -> uvicorn.Config:
    config = uvicorn.Config(
        app,
        http=_Discreet,
        lifespan="off",
        ws="none",
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        # Here, not in the app, so that the server's own answers to broken requests carry it too (T24).
        headers=[MARK],
        # Longer than clients keep an idle connection, so that none is closed under a request, as at a real WeCom.
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
    )
    config.load()
    # No files: the throwaway key never touches a disk.
    config.ssl = tls
    return config
