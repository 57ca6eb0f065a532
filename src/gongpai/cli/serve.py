"""`gongpai serve`: the gateway."""

from typing import Annotated

import typer

from gongpai.cli.config import ConfigOption, find_config, require_config


def serve(
    path: ConfigOption = None,
    workers: Annotated[int, typer.Option(min=1, max=128, help="How many processes share the work.")] = 1,
) -> None:
    """Serve the gateway until it is told to end."""
    from gongpai.gateway.logs import configure_logs
    from gongpai.gateway.records import World
    from gongpai.gateway.server import Supervisor
    from gongpai.gateway.store import StoreError
    from gongpai.gateway.store.migrate import migrate

    config = require_config(path)
    configure_logs(config.log_level)
    try:
        # Before the workers: two processes that switch a new SQLite file to WAL at once can fail.
        migrate(config.storage, World.SANDBOX if config.sandbox else World.WECOM)
        status = Supervisor(config, find_config(path), workers).run()
    except (StoreError, OSError) as error:
        typer.echo(f"gongpai cannot serve: {error}", err=True)
        raise typer.Exit(1) from None
    raise typer.Exit(status)
