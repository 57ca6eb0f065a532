"""The composition root."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trustme

from gateways import Gateway, callback, gateway_config, open_gateway
from gongpai.gateway.app import now, trust
from gongpai.sandbox import Corner
from gongpai.wecom import Hosts


@asynccontextmanager
async def _private_wecom(authority: trustme.CA, heard: list[bytes]) -> AsyncIterator[str]:
    """Listen for TLS as a WeCom behind a private authority, and only note what is asked."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readline())
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize("is_trusted", [True, False])
async def test_a_private_authority_is_trusted_for_outbound_calls_when_configured(
    wecom_sandbox: Corner, tmp_path: Path, *, is_trusted: bool
) -> None:
    authority, heard = trustme.CA(), list[bytes]()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    async with _private_wecom(authority, heard) as url:
        config = gateway_config(
            wecom_sandbox,
            tmp_path,
            ca_file=tmp_path / "ca.pem" if is_trusted else None,
            hosts=Hosts(api=url, oauth=wecom_sandbox.url, login=wecom_sandbox.url, qr=wecom_sandbox.url),
        )
        async with open_gateway(wecom_sandbox, config) as gateway:
            answer = await _come_back(gateway)
    assert answer == 503
    assert bool(heard) is is_trusted
    assert all(line.startswith(b"GET /cgi-bin/gettoken?") for line in heard)


async def _come_back(gateway: Gateway) -> int:
    browser = gateway.browser()
    return (await browser.get(callback((await browser.begin())["state"], "acode"))).status_code


def test_the_systems_authorities_stay_trusted(tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    private = trust(tmp_path / "ca.pem").get_ca_certs()
    assert len(private) == len(trust(None).get_ca_certs()) + 1


def test_the_clock_is_aware() -> None:
    assert now().tzinfo is not None
