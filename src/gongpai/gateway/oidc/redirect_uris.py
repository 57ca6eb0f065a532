"""Redirect URIs: what may be registered, and what of it a request may name. Compared whole, as they were written."""

import ipaddress
import re
from collections.abc import Collection
from urllib.parse import SplitResult, urlsplit

LIMIT = 2048
# Visible ASCII without what no URI may hold. Source: RFC 3986 2. A browser reads a backslash as a stroke.
_URI = re.compile(r"[!#$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~]+")
# Only these two are loopback by their very spelling; "localhost" is a name that somebody may answer. Source: RFC 8252
# 7.3 and 8.3. The port is any number that the party's own machine had free.
_LOOPBACK = re.compile(r"http://(127\.0\.0\.1|\[::1\])(?::([0-9]{1,5}))?([/?].*)?")
_PORTS = range(1, 65_536)
# Source: RFC 8252 7.1: a scheme of a native app's own is a reversed domain name, so it has a dot.
_PRIVATE_SCHEME = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+")


def is_registered(redirect_uri: str, registered: Collection[str]) -> bool:
    """Whether *redirect_uri* is one of *registered*, byte for byte.

    Never normalised, so no reader of URLs can be played against another. Only the port of a registered loopback address
    may differ. Source: RFC 9700 2.1, RFC 8252 7.3.
    """
    if len(redirect_uri) > LIMIT:
        return False
    if redirect_uri in registered:
        return True
    asked = _without_port(redirect_uri)
    return asked is not None and any(_without_port(each) == asked for each in registered)


def fault_of(redirect_uri: str, *, is_public: bool) -> str | None:
    """Say why *redirect_uri* cannot be registered; None if it can.

    A native app's own scheme is only for a public party, which a web server's secret would not suit.
    """
    if len(redirect_uri) > LIMIT:
        return f"is longer than {LIMIT} characters"
    if not _URI.fullmatch(redirect_uri):
        return "has a character that no URI may have"
    if "#" in redirect_uri:
        return "has a fragment"
    try:
        parts = urlsplit(redirect_uri)
        port_is_sane = parts.port is None or parts.port in _PORTS
    except ValueError:
        return "is no URI"
    if not port_is_sane:
        return "has a port that cannot be"
    return _fault_of_parts(parts, is_public=is_public)


def is_loopback(redirect_uri: str) -> bool:
    """Whether it leads to a loopback address that is written as one."""
    return _without_port(redirect_uri) is not None


def _fault_of_parts(parts: SplitResult, *, is_public: bool) -> str | None:
    if "@" in parts.netloc:
        return "has a user name"
    # No host is called so: whoever writes a star means many, and every request would be refused.
    if "*" in parts.netloc:
        return "has a wildcard, and addresses are compared whole"
    if parts.scheme == "https":
        return None if parts.hostname else "has no host"
    if parts.scheme == "http":
        return None if _is_local(parts.hostname or "") else "is http:// and leads off this machine"
    if not is_public:
        return "is neither https:// nor loopback"
    return None if _PRIVATE_SCHEME.fullmatch(parts.scheme) else "has a scheme without a dot (RFC 8252 7.1)"


def _is_local(host: str) -> bool:
    # A development server is registered as http://localhost:3000; it then has exactly that port.
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _without_port(redirect_uri: str) -> tuple[str, str] | None:
    match = _LOOPBACK.fullmatch(redirect_uri)
    if match is None:
        return None
    address, port, rest = match.groups()
    if port is not None and int(port) not in _PORTS:
        return None
    return address, rest or ""
