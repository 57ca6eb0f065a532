"""Which address a request came from."""

from ipaddress import ip_network

import pytest

from gongpai.gateway.web.address import UNKNOWN, client_address, subscriber

_TRUSTED = (ip_network("10.0.0.0/8"), ip_network("::1/128"))


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "address"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "not an address", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1, junk", "10.0.0.1"),
        ("10.0.0.1", ", ".join(["198.51.100.1", *["10.0.0.2"] * 40]), "10.0.0.2"),
        ("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("::1", "2001:db8::7", "2001:db8::7"),
        (None, "198.51.100.1", UNKNOWN),
        ("a unix socket", "198.51.100.1", UNKNOWN),
    ],
)
def test_only_trusted_proxies_are_believed(peer: str | None, forwarded_for: str, address: str) -> None:
    assert client_address(peer, forwarded_for, _TRUSTED) == address


@pytest.mark.parametrize(
    ("address", "counted_under"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8::7", "2001:db8::/64"),
        ("2001:db8:0:0:ffff:ffff:ffff:ffff", "2001:db8::/64"),
        ("2001:db8:0:1::7", "2001:db8:0:1::/64"),
        ("::ffff:203.0.113.9", "::ffff:203.0.113.9"),
        (UNKNOWN, UNKNOWN),
    ],
)
def test_all_addresses_of_one_subscriber_count_as_one(address: str, counted_under: str) -> None:
    assert subscriber(address) == counted_under
