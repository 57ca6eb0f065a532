"""The sockets on which the workers accept: opened before the first of them starts, given up unseen by any visitor."""

import ctypes
import errno
import os
import socket
import stat
import struct
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from gongpai.gateway.config import Address
from gongpai.gateway.errors import SetUpError

_BACKLOG = 2_048
# Not in the socket module: asm-generic/socket.h, 26.
_SO_ATTACH_FILTER = 26
# Classic BPF over the TCP header: what begins a connection (SYN, a bit of byte 13) is dropped, all else passes.
_NO_BEGINNING = ((0x30, 0, 0, 13), (0x45, 0, 1, 0x02), (0x06, 0, 0, 0), (0x06, 0, 0, 0xFFFFFFFF))
# Of a listening socket, tcpi_unacked is how many connections wait to be accepted: linux/tcp.h, the fifth number after
# eight bytes.
_WAITING_AT = 8 + 4 * 4
# Longer than the handshakes take that had begun, and than a worker needs to accept from a Unix socket.
_LAST_HANDSHAKES_SECONDS = 0.2
_LOOK_EVERY_SECONDS = 0.02


class CannotListenError(SetUpError):
    """The address of the setting *key* is not to be had; ``kind`` names its words in the catalogue of faults."""

    def __init__(self, key: str, address: Address | Path, error: OSError) -> None:
        super().__init__(f"{key}: {address}: {error}")
        self.key = key
        self.address = address
        if isinstance(address, Path):
            self.kind = _SOCKET_FAULTS.get(error.errno or 0, "socket_forbidden")
        else:
            self.kind = _ADDRESS_FAULTS.get(error.errno or 0, "address_not_here")


_SOCKET_FAULTS = {errno.EADDRINUSE: "socket_taken", errno.ENOTSOCK: "not_a_socket"}
_ADDRESS_FAULTS = {errno.EADDRINUSE: "address_taken", errno.EACCES: "address_forbidden"}


def listen(address: Address | Path, key: str = "listen") -> socket.socket:
    """Open the socket on which all workers accept, as the setting *key* says; a path is that of a Unix socket.

    Raises:
        CannotListenError: the address is taken, or not ours.
    """
    try:
        listener = _bind_unix(address) if isinstance(address, Path) else _bind(address)
    except OSError as error:
        raise CannotListenError(key, address, error) from None
    listener.listen(_BACKLOG)
    return listener


def _bind(address: Address) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in address.host else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address.host, address.port))
    except OSError:
        listener.close()
        raise
    return listener


def _bind_unix(path: Path) -> socket.socket:
    """Bind to *path* in place of a socket that nobody holds any more; nothing else that is there is touched."""
    with suppress(FileNotFoundError):
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise OSError(errno.ENOTSOCK, os.strerror(errno.ENOTSOCK))
        if _is_held(path):
            raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
        path.unlink()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # From its first moment for our own user and group alone: whoever opens it is believed to be the proxy.
    others_before = os.umask(0o117)
    try:
        listener.bind(str(path))
    except OSError:
        listener.close()
        raise
    finally:
        os.umask(others_before)
    return listener


def _is_held(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as visitor:
        visitor.settimeout(0)
        # A full queue is somebody's too.
        return visitor.connect_ex(str(path)) != errno.ECONNREFUSED


def turn_away(listeners: Sequence[socket.socket], within_seconds: float) -> None:
    """Let no new connection begin, and return once the workers have accepted all that had begun.

    A listening socket that is closed resets what waits in its queue, and with it requests that a proxy has sent and may
    not send again. So connections stop beginning first: to whoever knocks then, the node looks slow and then gone, and
    a proxy goes to another one with nothing sent. *within_seconds* bounds the wait for workers that accept no more.
    """
    began = time.monotonic()
    for listener in listeners:
        # Where the system has no such filter, a few requests may be reset, as everywhere else.
        with suppress(OSError):
            _refuse_beginnings(listener)
    while time.monotonic() < began + within_seconds:
        if time.monotonic() >= began + _LAST_HANDSHAKES_SECONDS and not any(map(_waiting, listeners)):
            return
        time.sleep(_LOOK_EVERY_SECONDS)


def _refuse_beginnings(listener: socket.socket) -> None:
    if listener.family == socket.AF_UNIX:
        listener.shutdown(socket.SHUT_RD)
        return
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in _NO_BEGINNING))
    program = struct.pack("HP", len(_NO_BEGINNING), ctypes.addressof(code))
    listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)


def _waiting(listener: socket.socket) -> int:
    """Return how many connections wait to be accepted; of a Unix socket nobody tells."""
    if listener.family == socket.AF_UNIX:
        return 0
    told: bytes = listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _WAITING_AT + 4)
    return int(struct.unpack_from("I", told, _WAITING_AT)[0])
