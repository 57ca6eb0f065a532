"""The one guard for addresses that others chose: where may we send something of ours? (T27)."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias
from urllib.parse import urlsplit

import httpx2

from gongpai.gateway.errors import UnavailableError

TIME_LIMIT_SECONDS = 5.0
# All that IANA has given out for the open internet. Outside lie site-local addresses and, each with an IPv4 address
# hidden in it, the compatible, translated and NAT64 ones (RFC 4291, RFC 2765, RFC 6052, RFC 8215).
_GLOBAL_UNICAST = IPv6Network("2000::/3")
# Within it, IPv4 hides in Teredo and 6to4; the last is for documentation (RFC 9637). Nobody's server is called so.
_NO_SERVERS = tuple(IPv6Network(each) for each in ("2001::/32", "2002::/16", "3fff::/20"))
# Public by their numbers only: the relays of 6to4 (RFC 7526), and what Azure answers its machines at.
_NO_SERVERS_OF_V4 = tuple(IPv4Network(each) for each in ("192.88.99.0/24", "168.63.129.16/32"))
_HTTPS = 443
Address: TypeAlias = IPv4Address | IPv6Address
Resolve: TypeAlias = Callable[[str, int], Awaitable[list[Address]]]


class OutboundError(UnavailableError):
    """Nothing was sent, or no answer came; the text names no address."""


async def ask_system(host: str, port: int) -> list[Address]:
    """Return the addresses of *host* as this machine knows them."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port)
    return [ip_address(each[4][0]) for each in found]


@dataclass(frozen=True, slots=True)
class Outbound:
    """Sends forms to foreign servers. *private_hosts* are those that the operator allows in private networks."""

    private_hosts: frozenset[str]
    verify: ssl.SSLContext
    resolve: Resolve = ask_system
    time_limit_seconds: float = TIME_LIMIT_SECONDS

    async def post(self, url: str, fields: Mapping[str, str]) -> int:
        """Send *fields* to *url*, following no redirect and reading no body; return the status.

        Raises:
            OutboundError: not https, an address that is not public, or no answer in time.
        """
        try:
            async with asyncio.timeout(self.time_limit_seconds):
                return await self._post(url, fields)
        except TimeoutError:
            raise OutboundError("no answer in time") from None
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as error:
            raise OutboundError(type(error).__name__) from None

    async def _post(self, url: str, fields: Mapping[str, str]) -> int:
        parts = urlsplit(url)
        host = parts.hostname
        if parts.scheme != "https" or not host or parts.username is not None:
            raise OutboundError("the address is not a plain https:// one")
        address = await self._find(host, parts.port or _HTTPS)
        # The address that was looked at is the one that is called: a name may answer otherwise the next time.
        target = httpx2.URL(url).copy_with(host=str(address))
        async with (
            httpx2.AsyncClient(verify=self.verify, follow_redirects=False, trust_env=False, timeout=None) as client,
            client.stream(
                "POST",
                target,
                data=dict(fields),
                headers={"host": parts.netloc},
                extensions={"sni_hostname": host},
            ) as answer,
        ):
            return answer.status_code

    async def _find(self, host: str, port: int) -> Address:
        addresses = await self.resolve(host, port)
        if not addresses:
            raise OutboundError("the name has no address")
        if host not in self.private_hosts and not all(is_public(each) for each in addresses):
            raise OutboundError("the address is not public, and its host is not among private_hosts")
        return addresses[0]


def is_public(address: Address) -> bool:
    """Whether *address* is one of the open internet, whatever form it is written in (pure)."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address not in _GLOBAL_UNICAST or any(address in network for network in _NO_SERVERS):
            return False
    elif any(address in network for network in _NO_SERVERS_OF_V4):
        return False
    return address.is_global and not address.is_multicast
