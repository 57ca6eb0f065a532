"""Between a record and its row: one pure codec, derived from the record's own types."""

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import lru_cache
from operator import attrgetter
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
    # A float holds microseconds exactly until the year 2242, and this is twice as fast as adding a timedelta.
    return datetime.fromtimestamp(micros / 1_000_000, UTC)


class Codec(Generic[R]):
    """Turns records of one class into parameters of a statement, and rows back into records."""

    def __init__(self, record: type[R], table: Table, remembered: int = 0) -> None:
        """Read and write *record* as a row of *table*.

        A row that is the same in every column as one of the last *remembered* gives the same record, not made anew.
        What the database holds now is asked of it each time.
        """
        hints = typing.get_type_hints(record)
        names = [field.name for field in dataclasses.fields(record)]  # type: ignore[arg-type]  # R is a dataclass
        self.columns = tuple(table.c[name] for name in names)
        self._record = record
        converters = [_converters(hints[name]) for name in names]
        self._names = tuple(names)
        # Every record has several fields: of one alone, this would not return a tuple.
        self._get = attrgetter(*names)
        self._writers = tuple((name, write) for name, (write, _) in zip(names, converters, strict=True) if write)
        self._readers = tuple((place, read) for place, (_, read) in enumerate(converters) if read)
        self._read_once = lru_cache(remembered)(self._read) if remembered else self._read

    def to_params(self, record: R) -> Mapping[str, object]:
        """Return what to bind for *record*, by column."""
        params = dict(zip(self._names, self._get(record), strict=True))
        for name, write in self._writers:
            if params[name] is not None:
                params[name] = write(params[name])
        return params

    def from_row(self, row: Row) -> R:
        """Return the record of a row that was selected as ``columns``."""
        return self._read_once(tuple(row))

    def _read(self, row: tuple[object, ...]) -> R:
        values = list(row)
        for place, read in self._readers:
            if values[place] is not None:
                values[place] = read(values[place])
        return self._record(*values)


_Converter = Callable[[Any], object]


def _converters(hint: object) -> tuple[_Converter | None, _Converter | None]:
    """Return how to write and how to read a value that is not null; None where it stays what it is."""
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        (inner,) = (each for each in typing.get_args(hint) if each is not types.NoneType)
        return _converters(inner)
    if hint in (str, int, bytes):
        return None, None
    if hint is bool:
        return int, bool
    if hint is datetime:
        return to_micros, from_micros
    if isinstance(hint, type) and issubclass(hint, Enum):
        return (lambda value: value.value), hint
    decoder = msgspec.json.Decoder(hint)
    return (lambda value: msgspec.json.encode(value).decode()), decoder.decode
