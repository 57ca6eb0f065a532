"""``gongpai backup``: copy the SQLite file while the gateway serves."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from gongpai.cli.config import ConfigOption, require_config


def backup(
    target: Annotated[Path, typer.Argument(help="The file to write; it must not exist.", metavar="FILE")],
    path: ConfigOption = None,
) -> None:
    """Write a whole, consistent copy of the SQLite file; for PostgreSQL use pg_dump. Keep the secret_key apart."""
    from gongpai.gateway.store.open import make_private, sqlite_path

    source = sqlite_path(require_config(path).storage)
    if source is None:
        typer.echo("storage: this is not SQLite; use pg_dump", err=True)
        raise typer.Exit(2)
    if target.exists() or not source.exists():
        typer.echo(f"{target}: exists already" if target.exists() else f"{source}: does not exist", err=True)
        raise typer.Exit(2)
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
        typer.echo(f"storage: {error}", err=True)
        raise typer.Exit(3) from None
    unfinished.replace(target)
    typer.echo(str(target))
