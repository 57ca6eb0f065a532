"""`gongpai serve`: the gateway."""

import os
from pathlib import Path
from typing import Annotated

import typer


def serve(
    config: Annotated[
        Path, typer.Option("--config", help="The configuration; the environment is laid over it.")
    ] = Path("gongpai.toml"),
    workers: Annotated[int, typer.Option(min=1, max=128, help="How many processes share the work.")] = 1,
) -> None:
    """Serve the gateway until it is told to end."""
    from gongpai.gateway.config import ConfigError, load
    from gongpai.gateway.logs import configure_logs
    from gongpai.gateway.records import World
    from gongpai.gateway.server import Supervisor
    from gongpai.gateway.store import StoreError
    from gongpai.gateway.store.migrate import migrate

    try:
        settings = load(config, os.environ)
        configure_logs(settings.log_level)
        # Before the workers: two processes that switch a new SQLite file to WAL at once can fail.
        migrate(settings.storage, World.SANDBOX if settings.sandbox else World.WECOM)
        status = Supervisor(settings, config, workers).run()
    except ConfigError as error:
        for fault in error.faults:
            typer.echo(fault.render("en"), err=True)
        raise typer.Exit(1) from None
    except (StoreError, OSError) as error:
        typer.echo(f"gongpai cannot serve: {error}", err=True)
        raise typer.Exit(1) from None
    raise typer.Exit(status)
