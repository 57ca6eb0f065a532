"""A worker's listening socket: nobody holds it by sending slowly."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

import pytest
import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from gongpai.gateway.protocols import BoundedProtocol
from served import until

_PATIENCE_SECONDS = 60.0
_WHOLE = b"GET / HTTP/1.1\r\nHost: sso\r\n\r\n"


class Hurried(BoundedProtocol):
    """The same, for a test in which nothing arrives."""

    arrive_within_seconds = 0.2


class HurriedThen(BoundedProtocol):
    """The same, for a test in which one request arrives and the next one does not."""

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self.arrive_within_seconds = 0.2


class Leaving(BoundedProtocol):
    """The same, for a test in which nobody asks any more."""

    idle_to_the_end_seconds = 0.2


class Patient(BoundedProtocol):
    """The same, for a test that may be slow."""

    idle_to_the_end_seconds = _PATIENCE_SECONDS


async def _answer(scope: Scope, receive: Receive, send: Send) -> None:
    more = True
    while more:
        message = await receive()
        more = message["type"] == "http.request" and message.get("more_body", False)
    await PlainTextResponse("read")(scope, receive, send)


@contextmanager
def serving(protocol: type[asyncio.Protocol]) -> Iterator[tuple[int, uvicorn.Server]]:
    """Serve with *protocol* in a thread; yield the port, and what can be told to end."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        _answer, http=protocol, lifespan="off", ws="none", log_config=None, timeout_keep_alive=int(_PATIENCE_SECONDS)
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        yield listener.getsockname()[1], server
    finally:
        server.should_exit = True
        thread.join()


def connecting(port: int) -> closing[socket.socket]:
    """Connect for a block."""
    return closing(socket.create_connection(("127.0.0.1", port), _PATIENCE_SECONDS))


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"\r\n",
        b"GET / HTTP/1.1\r\nHost: sso\r\nX-Slow: ",
        b"POST / HTTP/1.1\r\nHost: sso\r\nContent-Length: 100\r\n\r\nhalf",
        b"POST / HTTP/1.1\r\nHost: sso\r\nTransfer-Encoding: chunked\r\n\r\n1;never=",
    ],
)
def test_a_request_that_does_not_arrive_is_hung_up_on(sent: bytes) -> None:
    # It may have hung up already.
    with serving(Hurried) as (port, _), connecting(port) as connection, suppress(ConnectionError):
        connection.sendall(sent)
        assert connection.recv(1) == b""


def test_the_second_request_of_a_connection_has_no_longer() -> None:
    with serving(HurriedThen) as (port, _), connecting(port) as connection:
        connection.sendall(_WHOLE + b"GET / HT")
        assert _read_to_the_end(connection).count(b"200 OK") == 1


def test_who_wishes_for_another_protocol_is_answered_by_this_one_and_hung_up_on() -> None:
    upgrade = b"GET / HTTP/1.1\r\nHost: sso\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    with serving(BoundedProtocol) as (port, _), connecting(port) as connection:
        connection.sendall(upgrade)
        answer = _read_to_the_end(connection)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\nconnection: close\r\n" in answer


def test_a_request_that_arrived_may_take_its_time() -> None:
    with serving(BoundedProtocol) as (port, server), connecting(port) as connection:
        for _ in range(2):
            connection.sendall(b"POST / HTTP/1.1\r\nHost: sso\r\nContent-Length: 4\r\n\r\nform")
            assert connection.recv(4096).startswith(b"HTTP/1.1 200 OK")
            (protocol,) = server.server_state.connections
            assert isinstance(protocol, BoundedProtocol)
            assert protocol._deadline is None  # nothing runs while a request is answered, nor between two


@pytest.mark.parametrize("head", [b"GET /" + b"a" * 300_000, b"GET / HTTP/1.1\r\nCookie: " + b"a" * 300_000])
def test_a_head_that_is_too_long_is_told_so_in_both_languages_though_it_is_still_sent(head: bytes) -> None:
    with serving(BoundedProtocol) as (port, _), connecting(port) as connection:
        connection.sendall(head)
        answer = _read_to_the_end(connection).decode()
        assert answer.startswith("HTTP/1.1 431 ")
        assert "connection: close" in answer
        assert "Delete this site’s cookies" in answer
        assert "请清除此网站的 Cookie" in answer
        connection.sendall(b"a" * 100_000)  # nobody minds


def _head(length: int) -> bytes:
    """Return a whole head of so many bytes, after which the connection ends."""
    begun = b"GET / HTTP/1.1\r\nHost: sso\r\nConnection: close\r\nX-Long: "
    return begun + b"a" * (length - len(begun) - 4) + b"\r\n\r\n"


_FORM = b"POST / HTTP/1.1\r\nHost: sso\r\nContent-Length: 100\r\n\r\n" + b"f" * 100


@pytest.mark.parametrize("before", [b"", _WHOLE, _FORM], ids=["first", "second", "behind a form"])
@pytest.mark.parametrize("is_behind", [False, True])
@pytest.mark.parametrize("length", [57_000, 65_537, 72_000, 250_000])
def test_no_head_above_64_kilobytes_is_read_whatever_came_before_it_and_with_it(
    before: bytes, length: int, *, is_behind: bool
) -> None:
    with serving(BoundedProtocol) as (port, _), connecting(port) as connection:
        if is_behind:
            with suppress(ConnectionError):  # hung up on while it sends
                connection.sendall(before + _head(length))
            read = _read_to_the_end(connection)
        else:
            connection.sendall(before)
            read = connection.recv(4096) if before else b""
            connection.sendall(_head(length))
            read += _read_to_the_end(connection)
    answered = [length < 65_536, before != b""]
    # Who is hung up on before an answer may lose it with the connection.
    may_lose = is_behind and length > 65_536
    assert (0 if may_lose else sum(answered)) <= read.count(b"200 OK") <= sum(answered)


def test_what_comes_with_a_head_is_not_counted_as_one() -> None:
    body = b"f" * 100_000
    form = b"POST / HTTP/1.1\r\nHost: sso\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    with serving(BoundedProtocol) as (port, _), connecting(port) as connection:
        connection.sendall(form + _WHOLE * 1_000 + form + _head(1_000))
        assert _read_to_the_end(connection).count(b"200 OK") == 1_003


def _read_to_the_end(connection: socket.socket) -> bytes:
    answer = b""
    with suppress(ConnectionError):  # hung up on while it sent
        while part := connection.recv(4096):
            answer += part
    return answer


def test_one_that_ends_answers_once_more_whoever_is_connected_and_says_that_it_closes() -> None:
    with (
        serving(Patient) as (port, server),
        connecting(port) as used,
        connecting(port) as half,
        connecting(port) as fresh,
    ):
        half.sendall(_WHOLE[:10])
        used.sendall(_WHOLE)
        assert b"connection: close" not in used.recv(4096)
        until(lambda: len(server.server_state.connections) == 3)
        server.should_exit = True
        until(lambda: not any(each.is_serving() for each in server.servers))
        for connection, rest in ((used, _WHOLE), (half, _WHOLE[10:]), (fresh, _WHOLE)):
            connection.sendall(rest)
            answer = _read_to_the_end(connection)
            assert answer.startswith(b"HTTP/1.1 200 OK")
            assert b"connection: close" in answer


def test_one_that_ends_hangs_up_on_whoever_asks_no_more() -> None:
    with serving(Leaving) as (port, server), connecting(port) as used:
        used.sendall(_WHOLE)
        assert used.recv(4096).startswith(b"HTTP/1.1 200 OK")
        server.should_exit = True
        assert used.recv(4096) == b""
