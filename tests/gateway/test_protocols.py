"""A worker's listening socket: nobody holds it by sending slowly."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest
import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from gongpai.gateway.protocols import BoundedProtocol

_PATIENCE_SECONDS = 60.0


class Hurried(BoundedProtocol):
    """The same, for a test that does not wait."""

    arrive_within_seconds = 0.2


async def _answer(scope: Scope, receive: Receive, send: Send) -> None:
    more = True
    while more:
        message = await receive()
        more = message["type"] == "http.request" and message.get("more_body", False)
    await PlainTextResponse("read")(scope, receive, send)


@pytest.fixture
def port() -> Iterator[int]:
    """Serve with the hurried protocol in a thread."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        _answer, http=Hurried, lifespan="off", ws="none", log_config=None, timeout_keep_alive=int(_PATIENCE_SECONDS)
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    yield listener.getsockname()[1]
    server.should_exit = True
    thread.join()


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
def test_a_request_that_does_not_arrive_is_hung_up_on(port: int, sent: bytes) -> None:
    with closing(socket.create_connection(("127.0.0.1", port), _PATIENCE_SECONDS)) as connection:
        connection.sendall(sent)
        assert connection.recv(1) == b""


def test_the_second_request_of_a_connection_has_no_longer(port: int) -> None:
    whole = b"GET / HTTP/1.1\r\nHost: sso\r\n\r\n"
    with closing(socket.create_connection(("127.0.0.1", port), _PATIENCE_SECONDS)) as connection:
        connection.sendall(whole + b"GET / HT")
        answer = b""
        while part := connection.recv(4096):
            answer += part
    assert answer.count(b"200 OK") == 1


def test_a_request_that_arrived_may_take_its_time(port: int) -> None:
    with closing(socket.create_connection(("127.0.0.1", port), _PATIENCE_SECONDS)) as connection:
        for _ in range(2):
            connection.sendall(b"POST / HTTP/1.1\r\nHost: sso\r\nContent-Length: 4\r\n\r\nform")
            assert connection.recv(4096).startswith(b"HTTP/1.1 200 OK")
