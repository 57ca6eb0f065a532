"""Corners: worlds of their own on one server, so that parallel tests do not meet."""

import secrets
from collections.abc import Callable

import msgspec

from gongpai.sandbox.errors import NotAllowedError, NotFoundError
from gongpai.sandbox.faults import FaultPlan
from gongpai.sandbox.journal import Journal
from gongpai.sandbox.limits import Meter
from gongpai.sandbox.switches import Switches
from gongpai.sandbox.world import Clock, World, WorldFile

ROOT = ""
_MOST = 2_000


class CornerState:
    """All that one corner holds.

    Attributes:
        holder: key of the person who holds the phone, where only a User-Agent says "inside the client".
    """

    def __init__(self, corner_id: str, file: WorldFile, clock: Callable[[], Clock] = Clock) -> None:
        self.id = corner_id
        self._new_clock = clock
        self.journal = Journal()
        self.replace_world(file)

    def replace_world(self, file: WorldFile) -> None:
        """Begin again with *file*, of which the corner keeps a copy; only the journal goes on."""
        self._pristine = msgspec.json.encode(file)
        self._begin()

    def reset_world(self) -> None:
        """Begin again with the world that was given last."""
        self._begin()

    @property
    def switches(self) -> Switches:
        """The switches of this corner's world."""
        return self.world.file.switches

    def _begin(self) -> None:
        self.world = World(msgspec.json.decode(self._pristine, type=WorldFile), clock=self._new_clock())
        self.holder: str | None = None
        self.faults = FaultPlan()
        self.meter = Meter(self.world.file.limits)


class Corners:
    """Every corner of one server; the root corner is always there."""

    def __init__(self, file: WorldFile) -> None:
        self._file = file
        self._corners = {ROOT: CornerState(ROOT, file)}

    @property
    def root(self) -> CornerState:
        """The corner at the server's own root."""
        return self._corners[ROOT]

    def get(self, corner_id: str) -> CornerState | None:
        """Return the corner, or None."""
        return self._corners.get(corner_id)

    def open(self, file: WorldFile | None = None) -> CornerState:
        """Make a new corner with *file* or the server's own world.

        Raises:
            NotAllowedError: there are too many.
        """
        if len(self._corners) > _MOST:
            raise NotAllowedError(f"there are {_MOST} corners already; close some")
        corner = CornerState(secrets.token_hex(8), file or self._file)
        self._corners[corner.id] = corner
        return corner

    def close(self, corner_id: str) -> None:
        """Forget a corner.

        Raises:
            NotFoundError: there is none.
            NotAllowedError: it is the root.
        """
        if corner_id == ROOT:
            raise NotAllowedError("the root corner stays")
        if self._corners.pop(corner_id, None) is None:
            raise NotFoundError("no such corner")
