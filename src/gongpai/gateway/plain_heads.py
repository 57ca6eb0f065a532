"""Heads of plain requests, read where their bytes arrive, for the fast paths (T21)."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Generic, TypeVar

import httptools

_MAX_HEAD_BYTES = 65_536
_END = b"\r\n\r\n"
_NOT_PLAIN = frozenset({b"transfer-encoding", b"upgrade", b"expect", b"trailer", b"proxy-connection"})

T = TypeVar("T")


class PlainHeads(Generic[T]):
    """Reads the plain requests of one connection, one after another, with a parser of its own.

    Plain is a whole head in one piece, with nothing after it but its body, by HTTP/1.1, with one Host, no header twice,
    and a connection that stays open.
    """

    __slots__ = ("_headers", "_meaning", "_parser")

    def __init__(self, meaning: Callable[[bytes], T | None]) -> None:
        """Read heads whose whole request line has a *meaning*; any other spelling goes the long way."""
        self._meaning = meaning
        self._headers: dict[bytes, bytes] = {}
        self._parser: httptools.HttpRequestParser | None = None

    def read(self, data: bytes) -> tuple[T, dict[bytes, bytes]] | None:
        """Return what the request line of *data* means, and the headers by lower-case name; None if it is not plain."""
        return self._read(data, len(data)) if data.endswith(_END) else None

    def read_whole(self, data: bytes) -> tuple[T, dict[bytes, bytes], bytes] | None:
        """As ``read``, and return the body too, which may be there if it came in the same piece."""
        body_at = data.find(_END) + len(_END)
        found = self._read(data, body_at) if body_at >= len(_END) else None
        return None if found is None else (*found, data[body_at:])

    def _read(self, data: bytes, body_at: int) -> tuple[T, dict[bytes, bytes]] | None:
        meaning = self._meaning(data[: data.find(b"\r\n")])
        if meaning is None or len(data) > _MAX_HEAD_BYTES:
            return None
        if self._parser is None:
            # Nothing of Python's is called for a header, which would cost as much as everything else.
            self._parser = httptools.HttpRequestParser(SimpleNamespace(on_header=self._headers.setdefault))
        try:
            self._parser.feed_data(data)
            headers = {name.lower(): value for name, value in self._headers.items()}
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            headers = {}
        finally:
            # Nothing of one person's request is there when the next one is read.
            self._headers.clear()
        # A line for each header, the request line and the blank one: with fewer headers one came twice, in this or in
        # another spelling, or a second head stands behind the first.
        if len(headers) + 2 == data.count(b"\n", 0, body_at) and _is_plain(headers, len(data) - body_at):
            return meaning, headers
        # What this parser waits for now is nobody's next request.
        self._parser = None
        return None


def _is_plain(headers: dict[bytes, bytes], length: int) -> bool:
    return (
        b"host" in headers
        and headers.get(b"content-length", b"0") == (b"%d" % length if length else b"0")
        and headers.get(b"connection", b"keep-alive").lower() == b"keep-alive"
        and headers.keys().isdisjoint(_NOT_PLAIN)
    )
