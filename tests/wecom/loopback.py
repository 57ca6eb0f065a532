"""A server on loopback that answers byte for byte as told: for the answers that no sandbox would give."""

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

# What happens on a connection after each request: bytes to send, or something stranger.
Act = Callable[[socket.socket], None]


@dataclass
class Loopback:
    """Gives the acts one after another, the last for ever, and keeps what it was sent."""

    acts: list[Act]
    url: str = ""
    requests: list[bytes] = field(default_factory=list)

    @property
    def targets(self) -> list[str]:
        """What was asked for, in order."""
        return [request.split(b" ", 2)[1].decode() for request in self.requests]

    def serve(self, listener: socket.socket, context: ssl.SSLContext | None) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._converse, args=(connection, context), daemon=True).start()

    def _converse(self, connection: socket.socket, context: ssl.SSLContext | None) -> None:
        try:
            if context is not None:
                connection = context.wrap_socket(connection, server_side=True)
            with connection:
                while request := _read_request(connection):
                    self.requests.append(request)
                    act = self.acts.pop(0) if len(self.acts) > 1 else self.acts[0]
                    act(connection)
        except OSError:
            return


@contextmanager
def answering(*acts: Act, context: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> Iterator[Loopback]:
    """Serve *acts* until the block ends."""
    server = Loopback(list(acts))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        scheme = "http" if context is None else "https"
        server.url = f"{scheme}://{host}:{listener.getsockname()[1]}"
        threading.Thread(target=server.serve, args=(listener, context), daemon=True).start()
        yield server
        listener.shutdown(socket.SHUT_RDWR)


def send(data: bytes) -> Act:
    return lambda connection: connection.sendall(data)


def say(payload: object, status: str = "200 OK", headers: str = "Gongpai-Sandbox: 1\r\n") -> Act:
    """Answer with *payload* as JSON, or as it is if it is bytes."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return send(f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body)


def hang_up(connection: socket.socket) -> None:
    connection.shutdown(socket.SHUT_RDWR)


def stay_silent(connection: socket.socket) -> None:
    """Send nothing until the other side gives up."""
    connection.recv(1)


def _read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65536)
        if not part:
            return b""
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            while len(body) < int(line.split(b":")[1]):
                body += connection.recv(65536)
    return head + b"\r\n\r\n" + body
