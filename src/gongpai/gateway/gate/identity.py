"""What an app is told of a person: each header on every answer, empty where there is nothing to say (pure)."""

import re
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import quote

from gongpai.gateway.config.settings import IdentityField
from gongpai.gateway.gate.cookie import GateCookie

SEPARATOR = ","
_VISIBLE = "".join(map(chr, range(0x21, 0x7F)))
_SAFE = _VISIBLE.replace("%", "") + " "
_SAFE_IN_GROUP = _VISIBLE.replace("%", "").replace(SEPARATOR, "")
_NEEDS_CARE_IN_GROUP = re.compile(r"[^!-~]|%")
_NEEDS_CARE = re.compile(r"[^ -~]|%|^ | $")

Headers = list[tuple[bytes, bytes]]
Names = Sequence[tuple[Callable[[GateCookie], str], bytes]]


def read_names(headers: Sequence[tuple[IdentityField, str]]) -> Names:
    """Return the configured *headers*, each with what fills it."""
    return [(_VALUES[field], name.lower().encode()) for field, name in headers]


def header_value(text: str) -> str:
    """Return *text* as a header may carry it: UTF-8 in percent-encoding wherever it is not visible ASCII.

    A percent sign is encoded too, so that decoding once gives *text* back.
    """
    if (text.isascii() and text.isalnum()) or not _NEEDS_CARE.search(text):
        return text
    inner = quote(text.strip(" "), safe=_SAFE)
    blanks_before = len(text) - len(text.lstrip(" "))
    blanks_after = 0 if not inner else len(text) - len(text.rstrip(" "))
    return "%20" * blanks_before + inner + "%20" * blanks_after


def groups_value(groups: Sequence[str]) -> str:
    """Return *groups* in one header, with commas between; a comma within a name is percent-encoded."""
    joined = SEPARATOR.join(groups)
    if joined.count(SEPARATOR) < max(1, len(groups)) and not _NEEDS_CARE_IN_GROUP.search(joined):
        return joined
    return SEPARATOR.join(quote(group, safe=_SAFE_IN_GROUP) for group in groups)


def identity_headers(names: Names, cookie: GateCookie) -> Headers:
    """Return the headers that name the person of *cookie*."""
    return [(header, value(cookie).encode()) for value, header in names]


def no_identity(names: Names) -> Headers:
    """Return the same headers with nothing in them: a proxy then overwrites what a client sent under their names."""
    return [(header, b"") for _, header in names]


_VALUES: Mapping[IdentityField, Callable[[GateCookie], str]] = {
    IdentityField.SUBJECT: lambda cookie: cookie.subject,
    IdentityField.USERNAME: lambda cookie: header_value(cookie.username),
    IdentityField.NAME: lambda cookie: header_value(cookie.name),
    IdentityField.EMAIL: lambda cookie: header_value(cookie.email or ""),
    IdentityField.GROUPS: lambda cookie: groups_value(cookie.groups),
}
