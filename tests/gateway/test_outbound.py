"""Where may something of ours go? To the open internet by https, or where the operator says (T27)."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_address

import pytest
import trustme

from gongpai.gateway.outbound import Address, Outbound, OutboundError, is_public

HOST = "localhost"
_AUTHORITY = trustme.CA()


def verify() -> ssl.SSLContext:
    context = ssl.create_default_context()
    _AUTHORITY.configure_trust(context)
    return context


@asynccontextmanager
async def listening(answer: bytes | None, host: str = HOST) -> AsyncIterator[tuple[str, list[bytes]]]:
    """Answer every request with the same bytes, or never; yield the address and what came."""
    heard: list[bytes] = []
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    _AUTHORITY.issue_cert(host).configure_cert(context)

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        heard.append(head + await reader.readexactly(length))
        if answer is None:
            await reader.read()
            return
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(meet, "127.0.0.1", 0, ssl=context)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield f"https://{host}:{port}/logout?a=b", heard


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",  # noqa: S104  # nothing is bound
        "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1",
        "64:ff9b::a00:1", "64:ff9b::808:808", "64:ff9b:1::1", "2002:a00:1::1", "2001:0:4136:e378::1", "2001:db8::1",
        "::7f00:1", "::a9fe:a9fe", "::ffff:0:7f00:1", "fec0::1", "5f00::1", "3fff::1", "192.88.99.1", "168.63.129.16",
    ],
)  # fmt: skip
def test_an_address_that_is_or_hides_a_private_one_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_an_address_of_the_open_internet_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost/", "https:///x", "https://user@localhost/", "ftp://localhost/", "https://localhost:1/",
        "https://127.0.0.1/", "https://[::1]/", "https://[64:ff9b::a00:1]/", "https://0x7f000001/", "https://127.1/",
    ],
)  # fmt: skip
async def test_what_is_not_a_public_https_address_is_not_called(url: str) -> None:
    with pytest.raises(OutboundError):
        await Outbound(frozenset(), verify()).post(url, {})


async def test_a_private_host_that_the_operator_names_is_called_by_its_name() -> None:
    async with listening(b"HTTP/1.1 204 No Content\r\n\r\n") as (url, heard):
        assert await Outbound(frozenset({HOST}), verify()).post(url, {"logout_token": "a.b.c"}) == 204
    assert heard[0].startswith(b"POST /logout?a=b HTTP/1.1\r\n")
    assert b"host: localhost:" in heard[0].lower()
    assert heard[0].endswith(b"logout_token=a.b.c")


async def test_no_name_or_password_is_taken_from_an_address() -> None:
    async with listening(b"HTTP/1.1 204 No Content\r\n\r\n") as (url, heard):
        for who in ("user@", "user:word@", "@"):
            with pytest.raises(OutboundError, match="plain"):
                await Outbound(frozenset({HOST}), verify()).post(url.replace("https://", f"https://{who}"), {})
    assert heard == []


async def test_no_proxy_of_the_environment_goes_where_we_did_not_look(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    async with listening(b"HTTP/1.1 204 No Content\r\n\r\n") as (url, heard):
        assert await Outbound(frozenset({HOST}), verify()).post(url, {}) == 204
    assert len(heard) == 1


async def test_the_address_that_was_looked_at_is_the_one_that_is_called() -> None:
    # A name that nobody else knows: whoever asked for it again would find nothing.
    host, asked = "party.invalid", list[str]()

    async def resolve(name: str, _port: int) -> list[Address]:
        asked.append(name)
        return [ip_address("127.0.0.1")]

    async with listening(b"HTTP/1.1 204 No Content\r\n\r\n", host) as (url, heard):
        assert await Outbound(frozenset({host}), verify(), resolve).post(url, {}) == 204
        with pytest.raises(OutboundError):
            await Outbound(frozenset(), verify(), resolve).post(url, {})
    assert (len(heard), asked) == (1, [host, host])


async def test_a_name_with_one_private_address_among_others_is_not_called() -> None:
    async def resolve(_name: str, _port: int) -> list[Address]:
        return [ip_address("8.8.8.8"), ip_address("10.0.0.1")]

    with pytest.raises(OutboundError, match="not public"):
        await Outbound(frozenset(), verify(), resolve).post("https://party.invalid/", {})


async def test_who_does_not_answer_keeps_us_no_longer_than_the_limit() -> None:
    async with listening(None) as (url, heard), asyncio.timeout(60):
        with pytest.raises(OutboundError, match="in time"):
            await Outbound(frozenset({HOST}), verify(), time_limit_seconds=1.0).post(url, {})
    assert len(heard) <= 1


async def test_no_redirect_is_followed_and_no_body_is_read() -> None:
    answer = b"HTTP/1.1 302 Found\r\nlocation: https://localhost:1/\r\ncontent-length: 99999999999\r\n\r\nx"
    async with listening(answer) as (url, heard):
        assert await Outbound(frozenset({HOST}), verify()).post(url, {}) == 302
        assert len(heard) == 1


async def test_a_certificate_that_nobody_vouches_for_is_refused() -> None:
    async with listening(b"HTTP/1.1 200 OK\r\n\r\n") as (url, heard):
        with pytest.raises(OutboundError):
            await Outbound(frozenset({HOST}), ssl.create_default_context()).post(url, {})
    assert heard == []


async def test_no_fault_of_an_answer_names_what_was_sent() -> None:
    async with listening(b"garbage\r\n\r\n") as (url, _), asyncio.timeout(60):
        with pytest.raises(OutboundError) as caught:
            await Outbound(frozenset({HOST}), verify()).post(url, {"logout_token": "a.b.c"})
    assert "a.b.c" not in str(caught.value)
