"""What an app is told of a person: each header on every answer, empty where there is nothing to say (pure)."""

import re
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from urllib.parse import quote, unquote

from gongpai.gateway.config.settings import IdentityField
from gongpai.gateway.gate.cookie import GateCookie

_SEPARATOR = b","
_VISIBLE = "".join(map(chr, range(0x21, 0x7F)))
_SAFE = _VISIBLE.replace("%", "") + " "
_SAFE_IN_GROUP = _VISIBLE.replace("%", "").replace(",", "")
_NEEDS_CARE = re.compile(r"[^ -~]|%|^ | $")

Names = Sequence[tuple[IdentityField, str]]


def header_value(text: str) -> bytes:
    """Return *text* as a header may carry it: UTF-8 in percent-encoding wherever it is not visible ASCII.

    A percent sign is encoded too, so that decoding once gives *text* back.
    """
    if not _NEEDS_CARE.search(text):
        return text.encode()
    inner = quote(text.strip(" "), safe=_SAFE)
    blanks_before = len(text) - len(text.lstrip(" "))
    blanks_after = 0 if not inner else len(text) - len(text.rstrip(" "))
    return ("%20" * blanks_before + inner + "%20" * blanks_after).encode()


def text_of(value: bytes) -> str:
    """Return the text that a header's *value* stands for."""
    return unquote(value.decode())


def groups_value(groups: Iterable[str]) -> bytes:
    """Return *groups* in one header, with commas between; a comma within a name is percent-encoded."""
    return _SEPARATOR.join(quote(group, safe=_SAFE_IN_GROUP).encode() for group in groups)


def groups_of(value: bytes) -> list[str]:
    """Return the groups that a header's *value* stands for."""
    return [text_of(group) for group in value.split(_SEPARATOR)] if value else []


def half_of(groups: bytes) -> bytes:
    """Return the first half of the *groups* of a header, without the last one of an odd number."""
    each = groups.split(_SEPARATOR)
    return _SEPARATOR.join(each[: len(each) // 2])


def header_names(names: Names) -> tuple[bytes, ...]:
    """Return the configured names as they are written."""
    return tuple(name.lower().encode() for _, name in names)


def identity_reader(names: Names) -> Callable[[GateCookie], tuple[bytes, ...]]:
    """Return what fills the headers *names* from a cookie."""
    fields = [field.value for field, _ in names]
    if len(fields) == 1:
        return lambda cookie: (getattr(cookie, fields[0]),)
    return attrgetter(*fields)
