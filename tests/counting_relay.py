"""Stands between a proxy and the gate, and counts the connections that the proxy opens."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class CountingRelay:
    """Hands to the gate whatever comes, and back; `accepted` is how many connections came."""

    accepted: int = 0
    _threads: list[threading.Thread] = field(default_factory=list)

    @contextmanager
    def __call__(self, gate: str) -> Iterator[str]:
        """Relay to *gate* until the block ends; yield where. The proxy must have ended by then."""
        host, _, port = gate.rpartition(":")
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self._start(self._accept, listener, (host, int(port)))
            try:
                yield f"127.0.0.1:{listener.getsockname()[1]}"
            finally:
                # Wakes the thread that accepts, which closing alone would not.
                listener.shutdown(socket.SHUT_RDWR)
                for thread in self._threads:
                    thread.join(60)

    def _accept(self, listener: socket.socket, gate: tuple[str, int]) -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                self.accepted += 1
                self._start(self._relay, near, gate)

    def _relay(self, near: socket.socket, gate: tuple[str, int]) -> None:
        with near, socket.create_connection(gate) as far:
            back = threading.Thread(target=_pass_on, args=(far, near))
            back.start()
            _pass_on(near, far)
            back.join()

    def _start(self, target: object, *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments)  # type: ignore[arg-type]  # one of the two above
        self._threads.append(thread)
        thread.start()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while part := source.recv(65_536):
            target.sendall(part)
    for each, how in ((target, socket.SHUT_WR), (source, socket.SHUT_RD)):
        with suppress(OSError):
            each.shutdown(how)
