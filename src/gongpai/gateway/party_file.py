"""The relying parties of the configuration file, read anew when it changes: one more party needs no restart."""

import asyncio
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from gongpai.gateway import metrics
from gongpai.gateway.config import Config, ConfigError, load, named_files
from gongpai.gateway.logs import logger
from gongpai.gateway.parties import Parties
from gongpai.gateway.rounds import rounds

_LOOK_EVERY_SECONDS = 0.25

_log = logger("config")

_Stamp = tuple[tuple[int, ...] | None, ...]


@dataclass(slots=True)
class PartyFile:
    """Follows the file at *path*, and those that it names. All but its parties counts from the next start.

    While what lies there is not what runs, the metric ``gongpai_config_behind`` says so.
    """

    path: Path
    environ: Mapping[str, str]
    running: Config
    """What this process was started with."""
    parties: Parties
    _files: tuple[Path, ...] = ()
    _found: _Stamp = ()
    _seen: _Stamp = ()

    def following(self) -> AbstractAsyncContextManager[None]:
        """Go on looking until the block ends."""
        return rounds(self.look, asyncio.Event(), "config", _LOOK_EVERY_SECONDS)

    async def look(self) -> None:
        """Take over the parties if a file has changed; one with a fault changes nothing.

        A file that is still being written may be one without a fault, where a party's rules are not there yet: it is
        read when two looks found the same.
        """
        before, self._found = self._found, _stamp(self.path, *self._files)
        if self._found == self._seen or self._found != before:
            return
        self._files = await asyncio.to_thread(named_files, self.path, self.environ)
        seen = _stamp(self.path, *self._files)
        found = await asyncio.to_thread(self._load)
        if (self._found[0], *seen[1:]) != _stamp(self.path, *self._files):
            # This file was written since it was found at rest, or one that it names: what was read may be half the old
            # and half the new. All is read again when it moves no more.
            return
        self._seen = seen
        if isinstance(found, ConfigError):
            metrics.config_behind.labels("fault").set(1)
            _log.error("config.not_taken_over", faults=[fault.render("en") for fault in found.faults])
            return
        self.parties.configure(found.parties)
        needs_restart = replace(found, parties=self.running.parties) != self.running
        metrics.config_behind.labels("fault").set(0)
        metrics.config_behind.labels("restart").set(needs_restart)
        _log.info("config.parties_read", parties=len(found.parties), needs_restart=needs_restart)

    def _load(self) -> Config | ConfigError:
        try:
            return load(self.path, self.environ)
        except ConfigError as error:
            return error


def _stamp(*files: Path) -> _Stamp:
    return tuple(map(_stamp_of, files))


def _stamp_of(file: Path) -> tuple[int, ...] | None:
    try:
        found = file.stat()
    except (OSError, ValueError):
        # The latter: a name that no file can have.
        return None
    # The last is the one that tells who may read it: a permission given back is a change too.
    return found.st_mtime_ns, found.st_size, found.st_ino, found.st_ctime_ns
