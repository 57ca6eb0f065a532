"""Between a record and its row: one pure codec, derived from the record's own types."""

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, Generic, TypeVar

import msgspec
from sqlalchemy import Table

Row = Sequence[object]
R = TypeVar("R")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_micros(moment: datetime) -> int:
    """Return *moment* as microseconds since 1970, exactly."""
    return (moment - _EPOCH) // _MICROSECOND


def from_micros(micros: object) -> datetime:
    """Return the moment of a stored number of microseconds.

    Raises:
        TypeError: the column holds something else.
    """
    if not isinstance(micros, int):
        msg = "a moment must be stored as an integer"
        raise TypeError(msg)
    return _EPOCH + timedelta(microseconds=micros)


class Codec(Generic[R]):
    """Turns records of one class into parameters of a statement, and rows back into records."""

    def __init__(self, record: type[R], table: Table) -> None:
        hints = typing.get_type_hints(record)
        names = [field.name for field in dataclasses.fields(record)]  # type: ignore[arg-type]  # R is a dataclass
        self.columns = tuple(table.c[name] for name in names)
        self._record = record
        self._fields = tuple((name, *_converters(hints[name])) for name in names)

    def to_params(self, record: R) -> Mapping[str, object]:
        """Return what to bind for *record*, by column."""
        return {name: write(getattr(record, name)) for name, write, _ in self._fields}

    def from_row(self, row: Row) -> R:
        """Return the record of a row that was selected as ``columns``."""
        return self._record(
            **{name: read(value) for (name, _, read), value in zip(self._fields, row, strict=True)},
        )


def _converters(hint: object) -> tuple[Callable[[Any], object], Callable[[Any], object]]:
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        (inner,) = (each for each in typing.get_args(hint) if each is not types.NoneType)
        write, read = _converters(inner)
        return (lambda value: None if value is None else write(value)), (
            lambda value: None if value is None else read(value)
        )
    if hint in (str, int, bytes):
        return _same, _same
    if hint is bool:
        return int, bool
    if hint is datetime:
        return to_micros, from_micros
    if isinstance(hint, type) and issubclass(hint, Enum):
        return (lambda value: value.value), hint
    decoder = msgspec.json.Decoder(hint)
    return (lambda value: msgspec.json.encode(value).decode()), decoder.decode


def _same(value: object) -> object:
    return value
