"""What a record's file asks of a database: one statement to read or write, or several in one transaction."""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import itemgetter
from typing import Protocol, TypeVar

from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.sql import ClauseElement

from gongpai.gateway.errors import UnavailableError
from gongpai.gateway.store.sql.rows import Row

T = TypeVar("T")


class Trouble(StrEnum):
    """What an operator can do something about; each has words of its own in the catalogue of faults."""

    FAILED = "storage_failed"
    LOCKED = "storage_locked"
    FILE = "storage_file"
    NOT_OURS = "storage_not_ours"
    OTHER_WORLD = "storage_of_other_world"
    UNREACHABLE = "storage_unreachable"
    REFUSED = "storage_refused"
    OTHER_VERSION = "storage_of_other_version"
    IN_USE = "storage_in_use"
    COPY_OF_OTHER_WORLD = "copy_of_other_world"
    TICKETS = "tickets_unreachable"


class StoreError(UnavailableError):
    """The database could not be asked or did not answer in time; nothing was decided."""

    def __init__(self, message: str = "", trouble: Trouble = Trouble.FAILED) -> None:
        super().__init__(message)
        self.trouble = trouble


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """A statement in SQLAlchemy Core; each driver compiles it once, for its own dialect."""

    clause: ClauseElement

    def __call__(self, params: Mapping[str, object] | None = None, /, **named: object) -> "Call":
        """Bind *params* to the statement."""
        return Call(self, {**params, **named} if params and named else params or named)


@dataclass(frozen=True, slots=True)
class Call:
    """A statement with what is bound to it."""

    statement: Statement
    params: Mapping[str, object]


# One transaction: it yields calls, is sent their rows, and returns its result. The same text runs in the writer thread
# of SQLite and in an asyncpg transaction. A function made for each call quotes this annotation,
# which would be evaluated each time.
Work = Generator[Call, Sequence[Row], T]


@dataclass(frozen=True, slots=True)
class Compiled:
    """A statement's text in one dialect."""

    text: str
    names: tuple[str, ...]
    literals: Mapping[str, object]
    order: Callable[[Mapping[str, object]], Sequence[object]]
    """Returns what is bound in the order of the text's placeholders."""


class Compiler:
    """Compiles each statement once for one dialect."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._compiled: dict[Statement, Compiled] = {}

    def compile(self, statement: Statement) -> Compiled:
        """Return the statement's text in this dialect."""
        compiled = self._compiled.get(statement)
        if compiled is None:
            built = statement.clause.compile(dialect=self._dialect)
            literals = {name: value for name, value in built.params.items() if value is not None}
            names = tuple(getattr(built, "positiontup", None) or ())
            compiled = self._compiled[statement] = Compiled(str(built), names, literals, _ordering(names, literals))
        return compiled


def _ordering(
    names: Sequence[str], literals: Mapping[str, object]
) -> Callable[[Mapping[str, object]], Sequence[object]]:
    # For one name itemgetter returns no tuple, and for none it cannot be made.
    if len(names) < 2:  # noqa: PLR2004
        return lambda params: [{**literals, **params}[name] for name in names]
    pick = itemgetter(*names)
    return (lambda params: pick({**literals, **params})) if literals else pick


class Driver(Protocol):
    """A database, as thin as it can be."""

    is_ordered: bool
    """What this process asks to write first is durable first."""

    async def read(self, call: Call) -> Sequence[Row]:
        """Run one statement that changes nothing."""
        ...

    async def write(self, call: Call) -> Sequence[Row]:
        """Run one statement in a transaction of its own and return once it is durable."""
        ...

    async def transact(self, begin: Callable[[], Work[T]], *, tells: bool = False) -> T:
        """Run the work of *begin* as one transaction; *tells* wakes the readers of the news when it commits."""
        ...

    async def listen(self, wake: Callable[[], None]) -> None:
        """Call *wake* whenever news may have come; a backend that cannot push never calls."""
        ...

    async def close(self) -> None:
        """Finish what was begun and let go of the database."""
        ...
