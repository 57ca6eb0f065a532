"""Where WeCom lives. One switch points all of it at the sandbox or a private WeCom; each host can also move alone."""

from dataclasses import dataclass, fields
from typing import Self
from urllib.parse import quote, urlencode, urlsplit

from gongpai.wecom.errors import UsageError


@dataclass(frozen=True, slots=True)
class Hosts:
    """The four origins that a sign-in touches, each ``scheme://host[:port]`` with at most a path prefix.

    Source: WeCom 91039 (api), 91022 (oauth), 98152 (login), 91019 (qr).
    """

    api: str = "https://qyapi.weixin.qq.com"
    oauth: str = "https://open.weixin.qq.com"
    login: str = "https://login.work.weixin.qq.com"
    qr: str = "https://open.work.weixin.qq.com"

    def __post_init__(self) -> None:
        for each in fields(self):
            object.__setattr__(self, each.name, _require_origin(each.name, getattr(self, each.name)))

    @classmethod
    def at(cls, base_url: str) -> Self:
        """Put all four on one origin, as the sandbox and a private WeCom do."""
        return cls(base_url, base_url, base_url, base_url)

    @property
    def is_wecom(self) -> bool:
        """True while every host is WeCom's own."""
        return self == WECOM


def build_url(host: str, path: str, query: dict[str, str], fragment: str = "") -> str:
    """Join the parts, each value encoded exactly once; the fragment comes last."""
    suffix = f"#{fragment}" if fragment else ""
    # "%20", not "+": WeCom's pages decode with JavaScript, which leaves a "+" as it is.
    return f"{host}{path}?{urlencode(query, safe='', quote_via=quote)}{suffix}"


def _require_origin(name: str, url: str) -> str:
    """Return *url* without its last slash.

    Raises:
        UsageError: it is not http(s), has a query, a fragment or a user, or holds blanks.
    """
    plain = url.isascii() and url.isprintable() and not any(mark in url for mark in " \\?#@")
    if not (plain and _has_host(url)):
        raise UsageError(f"host {name!r} must look like https://host[:port], without query, fragment or user")
    return url.rstrip("/")


def _has_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


WECOM = Hosts()
