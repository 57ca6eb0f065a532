"""What an app is told of a person: each header on every answer, empty where there is nothing to say (pure)."""

import re
from collections.abc import Sequence
from urllib.parse import quote

from gongpai.gateway.config.settings import IdentityField
from gongpai.gateway.gate.cookie import GateCookie

SEPARATOR = ","
_VISIBLE = "".join(map(chr, range(0x21, 0x7F)))
_SAFE = _VISIBLE.replace("%", "") + " "
_SAFE_IN_GROUP = _SAFE.replace(SEPARATOR, "")
_NEEDS_CARE = re.compile(r"[^ -~]|%|^ | $")

Headers = list[tuple[bytes, bytes]]
Names = Sequence[tuple[IdentityField, bytes]]


def header_value(text: str) -> str:
    """Return *text* as a header may carry it: UTF-8 in percent-encoding wherever it is not visible ASCII.

    A percent sign is encoded too, so that decoding once gives *text* back.
    """
    if not _NEEDS_CARE.search(text):
        return text
    inner = quote(text.strip(" "), safe=_SAFE)
    blanks_before = len(text) - len(text.lstrip(" "))
    blanks_after = 0 if not inner else len(text) - len(text.rstrip(" "))
    return "%20" * blanks_before + inner + "%20" * blanks_after


def groups_value(groups: Sequence[str]) -> str:
    """Return *groups* in one header, with commas between; a comma within a name is percent-encoded."""
    return SEPARATOR.join(quote(group, safe=_SAFE_IN_GROUP) for group in groups)


def identity_headers(names: Names, cookie: GateCookie) -> Headers:
    """Return the headers that name the person of *cookie*."""
    return [(header, _value(field, cookie).encode()) for field, header in names]


def no_identity(names: Names) -> Headers:
    """Return the same headers with nothing in them: a proxy then overwrites what a client sent under their names."""
    return [(header, b"") for _, header in names]


def _value(field: IdentityField, cookie: GateCookie) -> str:
    match field:
        case IdentityField.SUBJECT:
            return cookie.subject
        case IdentityField.USERNAME:
            return header_value(cookie.username)
        case IdentityField.NAME:
            return header_value(cookie.name)
        case IdentityField.EMAIL:
            return header_value(cookie.email or "")
        case IdentityField.GROUPS:
            return groups_value(cookie.groups)
