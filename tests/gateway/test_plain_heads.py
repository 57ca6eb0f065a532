"""Heads that may be answered where they arrive: whole, alone, without a doubt, and read by the server's own parser."""

from collections.abc import Iterator

import httptools
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongpai.gateway.plain_heads import PlainHeads

LINE = b"GET /auth HTTP/1.1"
PLAIN = [b"Host: gate", b"X-Forwarded-Uri: /x", b"Cookie: a=b"]


def head(*lines: bytes, first: bytes = LINE) -> bytes:
    """Return a whole head."""
    return b"\r\n".join([first, *(lines or PLAIN), b"", b""])


@pytest.fixture
def heads() -> Iterator[PlainHeads[str]]:
    """Yield a reader, which whatever was refused must leave fit for the next head."""
    heads = PlainHeads({LINE: "asked"}.get)
    yield heads
    for _ in range(2):
        assert heads.read(head()) == ("asked", {b"host": b"gate", b"x-forwarded-uri": b"/x", b"cookie": b"a=b"})


def test_a_plain_head_is_read(heads: PlainHeads[str]) -> None:
    found = heads.read(head(b"HOST: gate", b"Empty:", b"Connection: Keep-Alive", b"Content-Length: 0"))
    assert found is not None
    assert found[1] == {b"host": b"gate", b"empty": b"", b"connection": b"Keep-Alive", b"content-length": b"0"}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n\r\n",
        head()[:-2],
        head()[:-4],
        b"\r\n" + head(),
        head() + head(),
        head() + head(b"Host: gate", b"Other: header"),
        head(first=b"POST /auth HTTP/1.1"),
        head(first=b"get /auth HTTP/1.1"),
        head(first=b"GET /auth HTTP/1.0"),
        head(first=b"GET  /auth HTTP/1.1"),
        head(first=b"GET /auth?x HTTP/1.1"),
        head(first=b"GET http://gate/auth HTTP/1.1"),
        head(b"X-Forwarded-Uri: /x"),
        head(*PLAIN, b"Cookie: c=d"),
        head(*PLAIN, b"cookie: c=d"),
        head(*PLAIN, b"Host: gate"),
        head(*PLAIN, b"X-forwarded-uri: /y"),
        head(*PLAIN, b" folded"),
        head(*PLAIN, b"\tfolded: x"),
        head(*PLAIN, b"no colon"),
        head(*PLAIN, b": no name"),
        head(*PLAIN, b"spaced : x"),
        head(*PLAIN, b"Bad\x00: x"),
        head(*PLAIN, b"Bad: \x00x"),
        head(*PLAIN, b"Bad: x\ry"),
        head(*PLAIN, b"Bad: x\ny: z"),
        head(*PLAIN, b"Content-Length: 1"),
        head(*PLAIN, b"Content-Length: 00"),
        head(*PLAIN, b"Content-Length: x"),
        head(*PLAIN, b"Content-Length: 0", b"Transfer-Encoding: chunked"),
        head(*PLAIN, b"Transfer-Encoding: chunked"),
        head(*PLAIN, b"Connection: close"),
        head(*PLAIN, b"Connection: keep-alive, x-forwarded-uri"),
        head(*PLAIN, b"Connection: upgrade", b"Upgrade: websocket"),
        head(*PLAIN, b"Upgrade: h2c"),
        head(*PLAIN, b"Proxy-Connection: close"),
        head(*PLAIN, b"Expect: 100-continue"),
        head(*PLAIN, b"Trailer: x"),
        head(*PLAIN, b"Long: " + b"x" * 70_000),
    ],
)
def test_whatever_is_in_doubt_goes_the_long_way(heads: PlainHeads[str], data: bytes) -> None:
    assert heads.read(data) is None


POSTED = b"POST /auth HTTP/1.1"
CHUNKED = [b"Host: gate", b"Transfer-Encoding: chunked"]


def test_a_body_that_came_whole_is_given_beside_its_head() -> None:
    reader = PlainHeads({POSTED: "posted", LINE: "asked"}.get)
    with_body = head(b"Host: gate", b"Content-Length: 6", first=POSTED) + b"a\r\n\r\nb"
    for _ in range(2):
        assert reader.read_whole(with_body) == ("posted", {b"host": b"gate", b"content-length": b"6"}, b"a\r\n\r\nb")
        assert reader.read(with_body) is None
        assert reader.read_whole(head(b"Host: gate")) == ("asked", {b"host": b"gate"}, b"")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        head(b"Host: gate", first=POSTED)[:-1],
        head(b"Host: gate", first=POSTED) + b"body",
        head(b"Host: gate", b"Content-Length: 5", first=POSTED) + b"body",
        head(b"Host: gate", b"Content-Length: 3", first=POSTED) + b"body",
        head(b"Host: gate", b"Content-Length: +4", first=POSTED) + b"body",
        head(b"Host: gate", b"Content-Length: 04", first=POSTED) + b"body",
        head(b"Host: gate", b"Content-Length: 4", b"Content-Length: 4", first=POSTED) + b"body",
        head(*CHUNKED, first=POSTED) + b"0\r\n\r\n",
        head(*CHUNKED, b"Content-Length: 5", first=POSTED) + b"0\r\n\r\n",
        head(b"Host: gate") + head(b"Host: gate"),
    ],
)
def test_half_a_body_or_more_than_one_goes_the_long_way(data: bytes) -> None:
    reader = PlainHeads({POSTED: "posted", LINE: "asked"}.get)
    for _ in range(2):
        assert reader.read_whole(data) is None
        assert reader.read_whole(head(b"Host: gate")) == ("asked", {b"host": b"gate"}, b"")


names = st.text("ABYZabyz-_09!", min_size=1, max_size=8).map(str.encode)
values = st.binary(max_size=12)


@given(st.lists(st.tuples(names, values), max_size=6))
def test_what_is_read_is_what_a_parser_that_saw_nothing_else_reads(headers: list[tuple[bytes, bytes]]) -> None:
    data = head(b"Host: gate", *(name + b": " + value for name, value in headers))
    reader = PlainHeads({LINE: "asked"}.get)
    reader.read(data[:-3] + b"\r\n\r\n")
    found = reader.read(data)
    told = _Told()
    try:
        httptools.HttpRequestParser(told).feed_data(data)
    except (httptools.HttpParserError, httptools.HttpParserUpgrade):
        assert found is None
    else:
        is_single = len({name.lower() for name, _ in told.headers}) == len(told.headers)
        assert found is None or (told.whole == 1 and is_single)
        assert found is None or found[1] == {name.lower(): value for name, value in told.headers}


class _Told:
    """What a parser says, call by call."""

    def __init__(self) -> None:
        self.headers: list[tuple[bytes, bytes]] = []
        self.whole = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name, value))

    def on_message_complete(self) -> None:
        self.whole += 1


def test_a_body_that_came_with_its_head_is_read_where_it_may_be(heads: PlainHeads[str]) -> None:
    whole = head(*PLAIN, b"Content-Length: 6") + b"\r\n\r\nab"
    found = heads.read_whole(whole)
    assert found is not None
    assert (found[0], found[1][b"content-length"], found[2]) == ("asked", b"6", b"\r\n\r\nab")
    assert heads.read(whole) is None
    assert heads.read_whole(head()) == (*(heads.read(head()) or ()), b"")


@pytest.mark.parametrize("body", [b"", b"a", b"abc", b"ab" + LINE + b"\r\n\r\n"])
def test_a_body_of_another_length_is_not_plain(heads: PlainHeads[str], body: bytes) -> None:
    assert heads.read_whole(head(*PLAIN, b"Content-Length: 2") + body) is None
