"""The one guard for addresses that others chose: where may we send something of ours? (T27)."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias
from urllib.parse import urlsplit

import httpx2

from gongpai.gateway.errors import UnavailableError

TIME_LIMIT_SECONDS = 5.0
# Ranges in which an IPv4 address hides: NAT64 (RFC 6052, RFC 8215), 6to4, Teredo. Nobody's server is called so.
_HIDING = tuple(IPv6Network(each) for each in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"))
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
        if any(address in network for network in _HIDING):
            return False
    return address.is_global and not address.is_multicast
