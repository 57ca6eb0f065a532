"""Does an address satisfy the trusted or callback domain of an app? WeCom compares host and port whole."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import SplitResult, urlsplit

from gongpai.wecom.errcodes import Text
from gongpai.wecom.errors import UsageError

# A host name has at most 253 characters (RFC 1035), and a port five digits after its colon.
_DOMAIN_LIMIT: Final = 259


class DomainFault(StrEnum):
    """Why WeCom would show its error page instead of redirecting."""

    NOT_AN_ADDRESS = "not_an_address"
    HAS_USER = "has_user"
    SETTING_EMPTY = "setting_empty"
    SETTING_HAS_SCHEME = "setting_has_scheme"
    SETTING_HAS_WILDCARD = "setting_has_wildcard"
    SETTING_NOT_A_HOST = "setting_not_a_host"
    PORT_ONLY_IN_ADDRESS = "port_only_in_address"
    PORT_ONLY_IN_SETTING = "port_only_in_setting"
    PORT_DIFFERS = "port_differs"
    SUBDOMAIN = "subdomain"
    PARENT_DOMAIN = "parent_domain"
    OTHER_HOST = "other_host"

    @property
    def text(self) -> Text:
        """Say it to an operator."""
        return _TEXTS[self]


@dataclass(frozen=True, slots=True)
class DomainVerdict:
    """Whether WeCom accepts the address, and if not why; ``reason`` is None exactly when ``ok``."""

    ok: bool
    reason: DomainFault | None = None


def explain_domain(callback_url: str, domain: str) -> DomainVerdict:
    """Judge *callback_url* by the domain that the admin console holds, ``host`` or ``host:port``.

    Host and port must be equal, without regard to case; sub-domains, wildcards and a port on one side only do not
    match, not even ``:443``. Scheme and path do not matter. Source: WeCom 91335 and 98173.
    """
    fault = _find_fault(callback_url) or _find_setting_fault(domain) or _compare(callback_url, domain)
    return DomainVerdict(fault is None, fault)


def require_trusted(callback_url: str, domain: str | None) -> None:
    """Accept an address that WeCom would accept; without a *domain*, any that is an address at all.

    Raises:
        UsageError: WeCom would refuse it; the text says why.
    """
    fault = _find_fault(callback_url) if domain is None else explain_domain(callback_url, domain).reason
    if fault is not None:
        raise UsageError(f"callback_url: {fault.text.en}")


def _find_fault(callback_url: str) -> DomainFault | None:
    parts = _split(callback_url)
    # A browser reads "\\" as "/" and drops tabs and line ends, so such an address has two meanings; half a
    # surrogate pair has none.
    if parts is None or any(mark <= " " or mark in "\\\x7f" or "\ud800" <= mark <= "\udfff" for mark in callback_url):
        return DomainFault.NOT_AN_ADDRESS
    if parts.scheme not in {"http", "https"} or not parts.hostname or not parts.netloc.isascii():
        return DomainFault.NOT_AN_ADDRESS
    return DomainFault.HAS_USER if "@" in parts.netloc else None


def _find_setting_fault(domain: str) -> DomainFault | None:
    if not domain:
        return DomainFault.SETTING_EMPTY
    if "://" in domain:
        return DomainFault.SETTING_HAS_SCHEME
    if "*" in domain:
        return DomainFault.SETTING_HAS_WILDCARD
    parts = _split(f"//{domain}")
    is_host = parts is not None and parts.netloc == domain and bool(parts.hostname)
    is_plain = domain.isascii() and not any(mark <= " " or mark in "@\\\x7f" for mark in domain)
    return None if is_host and is_plain and len(domain) <= _DOMAIN_LIMIT else DomainFault.SETTING_NOT_A_HOST


def _compare(callback_url: str, domain: str) -> DomainFault | None:
    address, setting = urlsplit(callback_url).netloc.lower(), domain.lower()
    if address == setting:
        return None
    host, _, port = address.partition(":")
    expected_host, _, expected_port = setting.partition(":")
    if host == expected_host:
        if not expected_port:
            return DomainFault.PORT_ONLY_IN_ADDRESS
        return DomainFault.PORT_DIFFERS if port else DomainFault.PORT_ONLY_IN_SETTING
    if host.endswith(f".{expected_host}"):
        return DomainFault.SUBDOMAIN
    return DomainFault.PARENT_DOMAIN if expected_host.endswith(f".{host}") else DomainFault.OTHER_HOST


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port  # it is read lazily, and a bad one raises here
    except ValueError:
        return None
    return parts


_TEXTS: Final = {
    DomainFault.NOT_AN_ADDRESS: Text(
        "it is not an absolute http(s) address, or is already percent-encoded", "不是完整的 http(s) 地址，或已被编码过"
    ),
    DomainFault.HAS_USER: Text("it names a user before the host", "主机名前带有用户名"),
    DomainFault.SETTING_EMPTY: Text("the app has no domain set", "应用尚未设置域名"),
    DomainFault.SETTING_HAS_SCHEME: Text(
        "the domain setting holds a scheme; it must be host[:port]", "域名设置里带了协议头，应为 host[:port]"
    ),
    DomainFault.SETTING_HAS_WILDCARD: Text("WeCom knows no wildcards in the domain setting", "域名设置不支持通配符"),
    DomainFault.SETTING_NOT_A_HOST: Text("the domain setting is not host[:port]", "域名设置不是 host[:port]"),
    DomainFault.PORT_ONLY_IN_ADDRESS: Text(
        "it has a port and the domain setting has none; even :443 counts", "地址带端口而域名设置不带；:443 也算"
    ),
    DomainFault.PORT_ONLY_IN_SETTING: Text(
        "the domain setting has a port and the address has none", "域名设置带端口而地址不带"
    ),
    DomainFault.PORT_DIFFERS: Text("its port is not that of the domain setting", "端口与域名设置不同"),
    DomainFault.SUBDOMAIN: Text(
        "it is a sub-domain of the domain setting; sub-domains are not included", "是所设域名的子域名；子域名不被包含"
    ),
    DomainFault.PARENT_DOMAIN: Text("the domain setting is a sub-domain of its host", "所设域名是该主机的子域名"),
    DomainFault.OTHER_HOST: Text("its host is not that of the domain setting", "主机与域名设置不同"),
}
