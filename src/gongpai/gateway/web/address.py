"""Which address a request came from, as far as the proxies in front of us are trusted (pure)."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from gongpai.gateway.config.settings import Network

UNKNOWN = "unknown"
# A longer chain is nobody's real path through proxies.
_MAX_HOPS = 32
# Source: RFC 6177: a subscriber of IPv6 has at least a /64, and so 2^64 addresses to come from.
_SUBSCRIBER_BITS = 64


def client_address(peer: str | None, forwarded_for: str, trusted: Sequence[Network]) -> str:
    """Return the address nearest to us that is not a *trusted* proxy.

    *forwarded_for* is the ``X-Forwarded-For`` of the request; it is read from its right end, because a client may have
    written its left one.
    """
    nearest = _parse(peer or "")
    if nearest is None:
        return UNKNOWN
    if not forwarded_for:
        return _written(nearest)
    for hop in reversed(forwarded_for.split(",")[-_MAX_HOPS:]):
        if not any(nearest in network for network in trusted):
            break
        address = _parse(hop.strip())
        if address is None:
            break
        nearest = address
    return _written(nearest)


def subscriber(address: str) -> str:
    """Return what *address* is counted under: itself, or the network of an IPv6 subscriber."""
    parsed = _parse(address)
    if not isinstance(parsed, IPv6Address):
        return address
    return str(ip_network((int(parsed), _SUBSCRIBER_BITS), strict=False))


def is_trusted(peer: str, trusted: Sequence[Network]) -> bool:
    """Whether *peer* is one of the proxies whose word counts."""
    address = _parse(peer)
    return address is not None and any(address in network for network in trusted)


# Proxies and people come again and again.
_written = lru_cache(maxsize=4_096)(str)


@lru_cache(maxsize=4_096)
def _parse(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
