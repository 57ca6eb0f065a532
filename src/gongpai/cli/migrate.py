"""``gongpai migrate``: bring the database to this version, as ``serve`` does first; copy it to PostgreSQL."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from gongpai.cli.config import ConfigOption, require_config
from gongpai.cli.language import choose_language
from gongpai.cli.statuses import Status
from gongpai.cli.troubles import leave, told

_WORDS = {
    "zh": {"pending": "待升级：{}", "applied": "已升级：{}", "current": "已是最新。", "copied": "已搬运 {} 行。"},
    "en": {"pending": "pending: {}", "applied": "applied: {}", "current": "up to date", "copied": "copied: {} rows"},
}

migrations = typer.Typer(invoke_without_command=True)


@migrations.callback()
def migrate(
    context: typer.Context,
    path: ConfigOption = None,
    *,
    check: Annotated[bool, typer.Option("--check", help="Change nothing; status 1 if something is pending.")] = False,
) -> None:
    """Apply pending changes of the schema; safe while other processes serve or migrate too."""
    if context.invoked_subcommand is not None:
        return
    from gongpai.gateway.store.migrate import find_pending
    from gongpai.gateway.store.migrate import migrate as bring_up_to_date

    config = require_config(path)
    with told():
        revisions = (find_pending if check else bring_up_to_date)(config.storage, config.world)
    words = _WORDS[choose_language()]
    for revision in revisions:
        typer.echo(words["pending" if check else "applied"].format(revision))
    if not revisions:
        typer.echo(words["current"])
    if check and revisions:
        raise typer.Exit(Status.NO)


@migrations.command("copy")
def copy(
    file: Annotated[Path, typer.Argument(help="The SQLite file; stop its gateway first.", exists=True, dir_okay=False)],
    path: ConfigOption = None,
) -> None:
    """Copy a SQLite installation into the PostgreSQL database of the configuration, which must be empty."""
    from gongpai.gateway.config import Fault
    from gongpai.gateway.store.migrate import migrate as bring_up_to_date
    from gongpai.gateway.store.move import move
    from gongpai.gateway.store.open import sqlite_path

    config = require_config(path)
    if sqlite_path(config.storage) is not None:
        leave(Fault("", "not_postgresql"), Status.WRONG_CALL)
    with told():
        bring_up_to_date(config.storage, config.world)
        rows = asyncio.run(move(file, config.storage))
    typer.echo(_WORDS[choose_language()]["copied"].format(rows))
