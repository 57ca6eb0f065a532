"""``gongpai migrate``: bring the database to this version; ``serve`` does the same before it starts."""

from typing import Annotated

import typer

from gongpai.cli.config import ConfigOption, require_config
from gongpai.cli.troubles import told


def migrate(
    path: ConfigOption = None,
    *,
    check: Annotated[bool, typer.Option("--check", help="Change nothing; status 1 if something is pending.")] = False,
) -> None:
    """Apply pending changes of the schema; safe while other processes serve or migrate too."""
    from gongpai.gateway.records import World
    from gongpai.gateway.store.migrate import find_pending
    from gongpai.gateway.store.migrate import migrate as bring_up_to_date

    config = require_config(path)
    world = World.SANDBOX if config.sandbox else World.WECOM
    with told(status=3):
        revisions = (find_pending if check else bring_up_to_date)(config.storage, world)
    for revision in revisions:
        typer.echo(f"{'pending' if check else 'applied'}: {revision}")
    if not revisions:
        typer.echo("up to date")
    if check and revisions:
        raise typer.Exit(1)
