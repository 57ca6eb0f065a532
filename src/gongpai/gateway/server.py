"""The supervisor: opens the listeners, starts the workers, replaces one that dies, and ends them all gracefully.

It serves no request itself, so that nothing a visitor sends can bring it down.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from uvicorn.config import STARTUP_FAILURE

from gongpai.gateway.config import Address, Config
from gongpai.gateway.listeners import CannotListenError, listen, turn_away
from gongpai.gateway.logs import logger

_SIGNALS = {signal.SIGTERM, signal.SIGINT, signal.SIGCHLD}
_ACCEPT_THE_LAST_WITHIN_SECONDS = 2.0
# Longer than a worker's own grace, so that only one that hangs is killed.
_END_WITHIN_SECONDS = 20
# A worker that dies younger than this is replaced after a pause: what killed it would kill the next at once.
_YOUNG_SECONDS = 10.0
_PAUSE_SECONDS = 1.0

_log = logger("server")


@dataclass(slots=True)
class _Worker:
    process: "subprocess.Popen[bytes]"
    started_at: float


@dataclass(slots=True)
class Supervisor:
    """Keeps *count* workers alive. *config_path* is what each of them reads for itself, beside the environment.

    *announce* is told once where we listen: for people, for metrics and for forward-auth.
    """

    config: Config
    config_path: Path | None
    count: int
    announce: Callable[[str, str | None, str | None], None]
    _workers: list[_Worker] = field(default_factory=list)

    def run(self) -> int:
        """Serve until SIGTERM or SIGINT; return the exit status.

        Raises:
            CannotListenError: an address is taken, or not ours.
        """
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        with (
            listen(self.config.listen) as listener,
            _listen_gate(self.config) as gate,
            tempfile.TemporaryDirectory(prefix="gongpai-metrics-") as metrics_directory,
        ):
            replaced, metrics_port = _serve_metrics(self.config.metrics_listen, metrics_directory)
            lifeline, held = os.pipe()
            environ = os.environ | {"PROMETHEUS_MULTIPROC_DIR": metrics_directory}
            _log.info(
                "serving",
                listen=_name(listener),
                gate=None if gate is None else _name(gate),
                metrics=metrics_port,
                workers=self.count,
                public_url=self.config.public_url,
                sandbox=self.config.sandbox,
                hosts="wecom" if self.config.hosts.is_wecom else self.config.hosts.api,
            )
            self.announce(_name(listener), metrics_port, None if gate is None else _name(gate))
            listeners = [each for each in (listener, gate) if each is not None]
            files = [each.fileno() for each in listeners]
            try:
                self._workers = [self._start(files, lifeline, environ) for _ in range(self.count)]
                status = self._watch(files, lifeline, environ, replaced)
                turn_away(listeners, _ACCEPT_THE_LAST_WITHIN_SECONDS)
                for each in listeners:
                    each.close()
                return status
            finally:
                os.close(held)
                os.close(lifeline)
                self._end()

    def _watch(self, files: list[int], lifeline: int, environ: dict[str, str], replaced: Counter) -> int:
        while True:
            received = signal.sigtimedwait(_SIGNALS, 1.0)
            if received is not None and received.si_signo != signal.SIGCHLD:
                _log.info("ending", signal=signal.Signals(received.si_signo).name)
                return 0
            for worker in [each for each in self._workers if each.process.poll() is not None]:
                status = worker.process.returncode
                lived = time.monotonic() - worker.started_at
                _log.error("worker_died", pid=worker.process.pid, status=status, seconds=round(lived, 1))
                if status == STARTUP_FAILURE:
                    return 1
                if lived < _YOUNG_SECONDS and signal.sigtimedwait(_SIGNALS - {signal.SIGCHLD}, _PAUSE_SECONDS):
                    return 0
                self._workers.remove(worker)
                # What it counted stays; what was so while it lived is over.
                mark_process_dead(worker.process.pid, environ["PROMETHEUS_MULTIPROC_DIR"])  # type: ignore[no-untyped-call]  # as above
                replaced.inc()
                self._workers.append(self._start(files, lifeline, environ))

    def _start(self, files: list[int], lifeline: int, environ: dict[str, str]) -> _Worker:
        # An empty word stands for no file: the environment alone.
        path = "" if self.config_path is None else str(self.config_path)
        arguments = [path, str(lifeline), *map(str, files)]
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-m", "gongpai.gateway.worker", *arguments],
            pass_fds=(*files, lifeline),
            env=environ,
        )
        return _Worker(process, time.monotonic())

    def _end(self) -> None:
        deadline = time.monotonic() + _END_WITHIN_SECONDS
        for worker in self._workers:
            worker.process.terminate()
        for worker in self._workers:
            try:
                worker.process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                _log.error("worker_killed", pid=worker.process.pid)
                worker.process.kill()
                worker.process.wait()


def _listen_gate(config: Config) -> AbstractContextManager[socket.socket | None]:
    return nullcontext() if config.gate is None else listen(config.gate.listen, "gate.listen")


def _serve_metrics(address: Address | None, directory: str) -> tuple[Counter, str | None]:
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=directory)  # type: ignore[no-untyped-call]  # the library types no constructor
    replaced = Counter("gongpai_workers_replaced", "Workers that died and were replaced.", registry=registry)
    if address is None:
        return replaced, None
    try:
        server, _thread = start_http_server(address.port, address.host, registry)
    except OSError as error:
        raise CannotListenError("metrics_listen", address, error) from None
    return replaced, f"{address.host}:{server.server_port}"


def _name(listener: socket.socket) -> str:
    if listener.family == socket.AF_UNIX:
        return f"unix:{listener.getsockname()}"
    host, port = listener.getsockname()[:2]
    return str(Address(host, port))
