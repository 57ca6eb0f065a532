"""The fast path of discovery and the keys says what the long way says, and stays out of everything else."""

import pytest

from gateways import Gateway
from gongpai.gateway import metrics
from gongpai.gateway.document_protocol import DocumentProtocol
from gongpai.gateway.protocols import BoundedProtocol
from raw_http import HEAD, ask, serving

PLAIN = f"GET /jwks HTTP/1.1\r\n{HEAD}\r\n"


@pytest.mark.parametrize(
    "pieces",
    [
        (PLAIN,),
        (f"GET /.well-known/openid-configuration HTTP/1.1\r\n{HEAD}\r\n",),
        (f"GET /.well-known/oauth-authorization-server HTTP/1.1\r\n{HEAD}\r\n",),
        (PLAIN, PLAIN, PLAIN),
        (PLAIN + PLAIN,),
        (PLAIN[:20], PLAIN[20:]),
        (f"HEAD /jwks HTTP/1.1\r\n{HEAD}\r\n",),
        (f"POST /jwks HTTP/1.1\r\n{HEAD}Content-Length: 1\r\n\r\nx",),
        (f"GET /jwks?x=1 HTTP/1.1\r\n{HEAD}\r\n",),
        (f"GET /jwks HTTP/1.1\r\n{HEAD}If-None-Match: *\r\n\r\n",),
        (f'GET /jwks HTTP/1.1\r\n{HEAD}If-None-Match: "other"\r\n\r\n',),
        (f"GET /jwks HTTP/1.0\r\n{HEAD}\r\n",),
        (f"OPTIONS /jwks HTTP/1.1\r\n{HEAD}Origin: https://wiki.example.com\r\n\r\n",),
        (f"POST /introspect HTTP/1.1\r\n{HEAD}Content-Length: 1\r\n\r\nx", PLAIN),
    ],
)
async def test_both_ways_say_the_same(provider: Gateway, pieces: tuple[str, ...]) -> None:
    said = []
    for protocol in (DocumentProtocol, BoundedProtocol):
        async with serving(provider, protocol) as (port, _):
            said.append(await ask(port, *pieces))
    assert said[0] == said[1]
    assert said[0].startswith(b"HTTP/1.")


async def test_what_is_answered_at_once_is_counted_by_the_time_the_connection_ends(provider: Gateway) -> None:
    counter = metrics.requests.labels("/jwks", "GET", "200")
    before = counter._value.get()
    async with serving(provider, DocumentProtocol) as (port, _):
        await ask(port, PLAIN, PLAIN)
    assert counter._value.get() == before + 2
