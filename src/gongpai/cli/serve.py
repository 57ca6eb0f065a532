"""`gongpai serve`: the gateway."""

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from gongpai.cli.config import ConfigOption, find_config, require_config
from gongpai.cli.troubles import told

if TYPE_CHECKING:
    from gongpai.gateway.config import Config


def serve(
    path: ConfigOption = None,
    workers: Annotated[int, typer.Option(min=1, max=128, help="How many processes share the work.")] = 1,
) -> None:
    """Serve the gateway until it is told to end."""
    from gongpai.gateway.logs import configure_logs
    from gongpai.gateway.records import World
    from gongpai.gateway.server import Supervisor
    from gongpai.gateway.store.migrate import migrate

    config = require_config(path)
    configure_logs(config.log_level)
    with told():
        # Before the workers: two processes that switch a new SQLite file to WAL at once can fail.
        migrate(config.storage, World.SANDBOX if config.sandbox else World.WECOM)
        asyncio.run(_require_memory(config))
        status = Supervisor(config, find_config(path), workers).run()
    raise typer.Exit(status)


async def _require_memory(config: "Config") -> None:
    """Find out what would stop every worker, while it can still be told once and plainly."""
    from gongpai.gateway.keys import KeyKeeper
    from gongpai.gateway.store.open import open_stores

    async with open_stores(config.storage, config.tickets, config.secret_key) as stores:
        await KeyKeeper(stores.keys, stores.ring, config.secret_key, config.session.absolute).load(datetime.now(UTC))
