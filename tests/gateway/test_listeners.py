"""A listening socket is given up without a visitor noticing."""

import errno
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from gongpai.gateway.config import Address
from gongpai.gateway.listeners import CannotListenError, listen, turn_away

_PATIENCE_SECONDS = 60.0


@contextmanager
def accepting(listener: socket.socket, accepted: list[socket.socket], count: int) -> Iterator[None]:
    """Accept *count* connections in a thread, as a worker does; they are there when the block has ended."""

    def accept() -> None:
        accepted.extend(listener.accept()[0] for _ in range(count))

    thread = threading.Thread(target=accept)
    thread.start()
    yield
    thread.join()


@pytest.fixture
def begun() -> Iterator[list[socket.socket]]:
    """Yield a list for visitors' ends of connections."""
    yield from _closed_afterwards()


@pytest.fixture
def accepted() -> Iterator[list[socket.socket]]:
    """Yield a list for our ends of them."""
    yield from _closed_afterwards()


def _closed_afterwards() -> Iterator[list[socket.socket]]:
    connections: list[socket.socket] = []
    yield connections
    for each in connections:
        each.close()


def test_who_had_connected_is_accepted_and_nobody_connects_any_more(
    begun: list[socket.socket], accepted: list[socket.socket]
) -> None:
    with closing(listen(Address("127.0.0.1", 0))) as listener:
        where = listener.getsockname()
        begun.extend(socket.create_connection(where, _PATIENCE_SECONDS) for _ in range(3))
        with accepting(listener, accepted, 3):
            turn_away([listener], _PATIENCE_SECONDS)
        begun[0].sendall(b"a request on its way")
        assert accepted[0].recv(100) == b"a request on its way"
        with closing(socket.socket()) as late:
            late.settimeout(0)
            late.connect_ex(where)
            assert select.select([], [late], [], 0) == ([], [], [])
            listener.close()
            # It begins again after a second, and is refused before anything was sent.
            select.select([], [late], [], _PATIENCE_SECONDS)
            assert late.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == errno.ECONNREFUSED


def test_a_unix_socket_is_given_up_likewise(
    begun: list[socket.socket], accepted: list[socket.socket], tmp_path: Path
) -> None:
    path = tmp_path / "gate.sock"
    with closing(listen(path)) as listener:
        begun.append(socket.socket(socket.AF_UNIX))
        begun[0].connect(str(path))
        with accepting(listener, accepted, 1):
            turn_away([listener], _PATIENCE_SECONDS)
        assert len(accepted) == 1
        with closing(socket.socket(socket.AF_UNIX)) as late, pytest.raises(ConnectionRefusedError):
            late.connect(str(path))


def test_workers_that_accept_no_more_are_not_waited_for(begun: list[socket.socket]) -> None:
    with closing(listen(Address("127.0.0.1", 0))) as listener:
        begun.append(socket.create_connection(listener.getsockname(), _PATIENCE_SECONDS))
        turn_away([listener], 0.05)


def test_an_address_that_is_taken_is_named_with_its_setting() -> None:
    with closing(listen(Address("127.0.0.1", 0))) as listener, pytest.raises(CannotListenError) as caught:
        listen(Address("127.0.0.1", listener.getsockname()[1]))
    assert (caught.value.key, caught.value.kind) == ("listen", "address_taken")
