"""Read one field out of an answer of WeCom's; what is not there or not of its type is told apart, never guessed."""

import re
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import TypeAlias

from gongpai.wecom.errors import TransportError

Payload: TypeAlias = Mapping[str, object]

_HALF_LETTER = re.compile("[\ud800-\udfff]")

# No field that this library reads is longer; the documented ones have their own, smaller limits.
TEXT_LIMIT = 4096
_LIST_LIMIT = 100_000
_NUMBER_LIMIT = 2**63
_LONGEST_LIFE_SECONDS = 366 * 86_400


def text(payload: Payload, key: str, limit: int = TEXT_LIMIT) -> str | None:
    """Return the field, or None where it is absent, null or empty: WeCom uses all three for "not available".

    What was cut off in the middle of a letter is readable.

    Raises:
        TransportError: it is not text, or longer than *limit* bytes.
    """
    value = payload.get(key)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise _wrong(key, "is not text")
    if len(value) > limit or len(value.encode("utf-8", "surrogatepass")) > limit:
        raise _wrong(key, f"is longer than {limit} bytes")
    return readable(value)


def readable(value: str) -> str:
    """Return *value* as text that can be kept and shown: JSON can hold half of a letter, and nothing else can."""
    return _HALF_LETTER.sub("\ufffd", value)


def require_text(payload: Payload, key: str, limit: int = TEXT_LIMIT) -> str:
    """Return the field.

    Raises:
        TransportError: it is not available, not text, or longer than *limit* bytes.
    """
    value = text(payload, key, limit)
    if value is None:
        raise _wrong(key, "is missing")
    return value


def number(payload: Payload, key: str) -> int | None:
    """Return the field, or None where it is absent; digits in quotes count, as WeCom's ``gender`` comes so.

    Raises:
        TransportError: it is not a whole number.
    """
    value = payload.get(key)
    return None if value is None or value == "" else _whole(key, value)


def require_number(payload: Payload, key: str) -> int:
    """Return the field.

    Raises:
        TransportError: it is not there, or not a whole number.
    """
    value = number(payload, key)
    if value is None:
        raise _wrong(key, "is missing")
    return value


def numbers(payload: Payload, key: str) -> tuple[int, ...]:
    """Return the list of whole numbers, empty where it is absent.

    Raises:
        TransportError: it is not such a list.
    """
    return tuple(_whole(key, value) for value in _items(payload, key))


def texts(payload: Payload, key: str) -> tuple[str, ...]:
    """Return the list of texts, empty where it is absent.

    Raises:
        TransportError: it is not such a list.
    """
    return tuple(require_text({key: value}, key) for value in _items(payload, key))


def objects(payload: Payload, key: str) -> tuple[Payload, ...]:
    """Return the list of objects, empty where it is absent.

    Raises:
        TransportError: it is not such a list.
    """
    return tuple(_object(key, value) for value in _items(payload, key))


def child(payload: Payload, key: str) -> Payload:
    """Return the object inside, empty where it is absent.

    Raises:
        TransportError: it is not an object.
    """
    value = payload.get(key)
    return {} if value is None else _object(key, value)


def lifetime(payload: Payload, default: timedelta | None = None) -> timedelta:
    """Return ``expires_in``, or *default* where it is absent.

    Raises:
        TransportError: not a positive number of seconds, more than a year, or absent without a default.
    """
    key = "expires_in"
    seconds = number(payload, key)
    if seconds is None and default is not None:
        return default
    if seconds is None or not 0 < seconds <= _LONGEST_LIFE_SECONDS:
        raise _wrong(key, "is not a life in seconds")
    return timedelta(seconds=seconds)


def rest(payload: Payload, known: Collection[str]) -> Payload:
    """Return the fields that nobody here knows."""
    return {key: value for key, value in payload.items() if key not in known}


def _items(payload: Payload, key: str) -> list[object]:
    value = payload.get(key)
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > _LIST_LIMIT:
        raise _wrong(key, "is not a list of a sane length")
    return value


def _whole(key: str, value: object) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= len(str(_NUMBER_LIMIT)):
        value = int(value)
    if type(value) is not int or abs(value) >= _NUMBER_LIMIT:
        raise _wrong(key, "is not a whole number")
    return value


def _object(key: str, value: object) -> Payload:
    if not isinstance(value, dict):
        raise _wrong(key, "is not an object")
    return value


def _wrong(key: str, fault: str) -> TransportError:
    return TransportError(f"WeCom's answer: {key} {fault}")
