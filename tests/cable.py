"""The network between one node and what it stands on: it can be cut, and nobody is told."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Cable:
    """Hands on whatever comes while it is whole. What comes while it is cut arrives when it is mended, as with TCP."""

    port: int
    _is_whole: threading.Event
    _ends: list[socket.socket] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)

    @contextmanager
    def cut(self) -> Iterator[None]:
        """Let nothing through during the block; every connection stays open, and new ones wait."""
        self._is_whole.clear()
        try:
            yield
        finally:
            self._is_whole.set()

    def accept(self, listener: socket.socket, far_port: int) -> None:
        """Hand on every connection to *listener*, until that is shut down."""
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                self._ends.append(near)
                self._start(self._join, near, far_port)

    def end(self) -> None:
        """Hang up everywhere."""
        self._is_whole.set()
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(60)

    def _join(self, near: socket.socket, far_port: int) -> None:
        self._is_whole.wait()
        with near, suppress(OSError), socket.create_connection(("127.0.0.1", far_port)) as far:
            self._ends.append(far)
            back = threading.Thread(target=self._pass_on, args=(far, near))
            back.start()
            self._pass_on(near, far)
            back.join()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while part := source.recv(65_536):
                self._is_whole.wait()
                target.sendall(part)
        self._is_whole.wait()
        for each, how in ((target, socket.SHUT_WR), (source, socket.SHUT_RD)):
            with suppress(OSError):
                each.shutdown(how)

    def _start(self, target: object, *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments)  # type: ignore[arg-type]  # one of those above
        self._threads.append(thread)
        thread.start()


@contextmanager
def cable(far_port: int) -> Iterator[Cable]:
    """Lay a cable to a port of loopback until the block ends; its near end is a port as well."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        is_whole = threading.Event()
        is_whole.set()
        laid = Cable(listener.getsockname()[1], is_whole)
        accepting = threading.Thread(target=laid.accept, args=(listener, far_port))
        accepting.start()
        try:
            yield laid
        finally:
            # Wakes the thread that accepts, which closing alone would not.
            listener.shutdown(socket.SHUT_RDWR)
            accepting.join(60)
            laid.end()
