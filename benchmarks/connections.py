"""Kept connections, all asked at once: one by one, a server's rest between two questions would be measured too."""

import re
import socket
from collections.abc import Callable, Sequence
from typing import Self

# As many as a busy proxy keeps.
MOST = 16
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)


class Connections:
    """Asks as plainly as it can be done, so that the one who asks is no bottleneck."""

    def __init__(self, port: int, count: int = MOST) -> None:
        self._connections = [socket.create_connection(("127.0.0.1", port)) for _ in range(count)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        for connection in self._connections:
            connection.close()

    def ask(self, requests: Sequence[bytes], status: int) -> list[bytes]:
        """Send at most one of *requests* over each connection; return their answers, which must have this *status*."""
        asked = list(zip(self._connections, requests, strict=False))
        for connection, request in asked:
            connection.sendall(request)
        answers = [_read(connection) for connection, _ in asked]
        expected = b"HTTP/1.1 %d " % status
        for answer in answers:
            if not answer.startswith(expected):
                raise RuntimeError(answer.decode(errors="replace"))
        return answers

    def repeat(self, request: bytes, status: int = 200) -> Callable[[int], None]:
        """Return what sends *request* as often as it is told."""

        def run(count: int) -> None:
            for batch in batches(count, len(self._connections)):
                self.ask([request] * batch, status)

        return run


def batches(count: int, size: int = MOST) -> list[int]:
    """Return *count* cut into pieces of at most *size*."""
    whole, rest = divmod(count, size)
    return [size] * whole + ([rest] if rest else [])


def request(method: str, path: str, body: str = "", **headers: str) -> bytes:
    """Return a request as a party's server or a browser would send it."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if body:
        lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def _read(connection: socket.socket) -> bytes:
    answer = b""
    while (end := answer.find(b"\r\n\r\n") + 4) < 4:  # noqa: PLR2004  # the length of what is looked for
        answer += _receive(connection)
    length = _LENGTH.search(answer, 0, end)
    whole = end + (int(length[1]) if length else 0)
    while len(answer) < whole:
        answer += _receive(connection)
    return answer


def _receive(connection: socket.socket) -> bytes:
    received = connection.recv(65_536)
    if not received:
        message = "the server hung up"
        raise ConnectionError(message)
    return received
