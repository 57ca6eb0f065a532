"""``gongpai backup``: copy the SQLite file while the gateway serves."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from gongpai.cli.config import ConfigOption, require_config
from gongpai.cli.statuses import Status
from gongpai.cli.troubles import leave, told

# The source is only read, so these are faults of the copy's disk.
_CANNOT_WRITE = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE}


def backup(
    target: Annotated[Path, typer.Argument(help="The file to write; it must not exist.", metavar="FILE")],
    path: ConfigOption = None,
) -> None:
    """Write a whole, consistent copy of the SQLite file; for PostgreSQL use pg_dump. Keep the secret_key apart."""
    from gongpai.gateway.config import Fault
    from gongpai.gateway.store.open import sqlite_path

    source = sqlite_path(require_config(path).storage)
    if source is None:
        leave(Fault("", "not_sqlite"), Status.WRONG_CALL)
    if target.exists():
        leave(Fault("", "file_exists", str(target)), Status.WRONG_CALL)
    if not target.absolute().parent.is_dir():
        leave(Fault("", "folder_missing", str(target.absolute().parent)), Status.WRONG_CALL)
    if not source.exists():
        leave(Fault("", "file_missing", str(source)), Status.NOT_SERVED)
    with told():
        _copy(source, target)
    typer.echo(str(target))


def _copy(source: Path, target: Path) -> None:
    from gongpai.gateway.store import StoreError
    from gongpai.gateway.store.open import make_private
    from gongpai.gateway.store.troubles import trouble_of

    unfinished = target.with_name(f"{target.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    make_private(unfinished)
    try:
        with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(unfinished)) as copy:
            live.backup(copy)
            # A copy is one file: no log lies beside it.
            copy.execute("PRAGMA journal_mode = DELETE").fetchall()
    except sqlite3.Error as error:
        unfinished.unlink(missing_ok=True)
        if error.sqlite_errorcode in _CANNOT_WRITE:
            raise OSError(f"{target}: {error}") from None
        raise StoreError(f"{source}: {error}", trouble_of(error, source)) from None
    unfinished.replace(target)
