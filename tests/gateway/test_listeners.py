"""A listening socket is given up without a visitor noticing."""

import errno
import os
import select
import socket
import stat
import threading
from collections.abc import Callable, Iterator
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


def test_a_unix_socket_is_for_its_own_user_and_group_from_the_first_moment(tmp_path: Path) -> None:
    path = tmp_path / "gate.sock"
    before = os.umask(0)
    try:
        with closing(listen(path)):
            assert stat.S_IMODE(path.stat().st_mode) == 0o660
            assert os.umask(0) == 0
    finally:
        os.umask(before)


def test_a_socket_that_was_left_behind_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "gate.sock"
    listen(path).close()
    assert path.is_socket()
    with closing(listen(path)), closing(socket.socket(socket.AF_UNIX)) as visitor:
        visitor.connect(str(path))


def test_a_socket_on_which_somebody_answers_is_left_to_them(tmp_path: Path) -> None:
    path = tmp_path / "gate.sock"
    with closing(listen(path)), pytest.raises(CannotListenError) as caught:
        listen(path, "gate.listen")
    assert (caught.value.key, caught.value.kind) == ("gate.listen", "socket_taken")
    assert path.is_socket()


def test_no_other_file_is_taken_for_an_old_socket(tmp_path: Path) -> None:
    path, target = tmp_path / "gate.sock", tmp_path / "target.sock"
    listen(target).close()
    makers: list[Callable[[], None]] = [path.touch, lambda: path.symlink_to(target), path.mkdir]
    for make in makers:
        make()
        with pytest.raises(CannotListenError) as caught:
            listen(path)
        assert caught.value.kind == "not_a_socket"
        assert path.exists()
        path.rmdir() if path.is_dir() else path.unlink()
    assert target.is_socket()


def test_a_folder_that_is_not_there_is_no_place_for_a_socket(tmp_path: Path) -> None:
    with pytest.raises(CannotListenError) as caught:
        listen(tmp_path / "none" / "gate.sock")
    assert caught.value.kind == "socket_forbidden"
