"""From a setting's text to its value (pure): each returns None where the text will not do."""

import binascii
import re
from base64 import urlsafe_b64decode
from datetime import timedelta
from ipaddress import ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from gongpai.gateway.config.settings import Address, Network

_DURATION = re.compile(r"([0-9]{1,6})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_NAME = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
_NAME_LIMIT = 32
_SECRET_KEY_BYTES = 32
_LAST_PORT = 65535


def is_name(text: str) -> bool:
    """Whether an application, a party or a host may be called so: nothing that could be taken for a URL or a flag."""
    return _NAME.fullmatch(text) is not None and len(text) <= _NAME_LIMIT


def parse_duration(text: str) -> timedelta | None:
    """Read a duration such as ``90s``, ``30m``, ``8h`` or ``7d``."""
    match = _DURATION.fullmatch(text)
    return timedelta(**{_UNITS[match[2]]: int(match[1])}) if match else None


def parse_url(text: str, schemes: frozenset[str]) -> SplitResult | None:
    """Read a URL with one of *schemes* and a host."""
    try:
        parts = urlsplit(text)
        is_whole = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return None
    is_plain = text.isascii() and text.isprintable() and " " not in text and "\\" not in text
    return parts if is_whole and is_plain and parts.scheme in schemes else None


def parse_origin(text: str) -> str | None:
    """Read ``http(s)://host[:port]`` and return it as browsers spell it, without a default port."""
    parts = parse_url(text, frozenset({"http", "https"}))
    if parts is None or parts.path not in {"", "/"} or any((parts.query, parts.fragment, parts.username, "#" in text)):
        return None
    host = parts.hostname or ""
    shown = f"[{host}]" if ":" in host else host
    is_default = parts.port is None or parts.port == {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{shown}" if is_default else f"{parts.scheme}://{shown}:{parts.port}"


def is_loopback(origin: str) -> bool:
    """Whether *origin* is on this machine, by its spelling alone: a name that merely resolves so does not count."""
    host = urlsplit(origin).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def parse_secret_key(text: str) -> bytes | None:
    """Read 32 bytes of base64url."""
    try:
        key = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return None
    return key if len(key) == _SECRET_KEY_BYTES else None


def parse_network(text: str) -> Network | None:
    """Read an address or a network."""
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def parse_address(text: str) -> Address | None:
    """Read ``host:port`` with an IP address or a name; IPv6 in brackets."""
    host, _, port = text.rpartition(":")
    host = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not host or not (port.isascii() and port.isdigit()) or int(port) > _LAST_PORT:
        return None
    return Address(host, int(port))
