"""The sockets on which the workers accept: opened before the first of them starts, given up unseen by any visitor."""

import ctypes
import errno
import socket
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

    def __init__(self, key: str, address: Address, error: OSError) -> None:
        super().__init__(f"{key}: {address}: {error}")
        self.key = key
        self.address = address
        self.kind = _ADDRESS_FAULTS.get(error.errno or 0, "address_not_here")


_ADDRESS_FAULTS = {errno.EADDRINUSE: "address_taken", errno.EACCES: "address_forbidden"}


def listen(address: Address | Path) -> socket.socket:
    """Open the socket on which all workers accept; a path is that of a Unix socket for our own user and group.

    Raises:
        CannotListenError: the address is taken, or not ours.
    """
    if isinstance(address, Path):
        address.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(address))
        address.chmod(0o660)
        listener.listen(_BACKLOG)
        return listener
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address.host, address.port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise CannotListenError("listen", address, error) from None
    return listener


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
