"""`gongpai serve`: the gateway."""

import asyncio
import sys
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from gongpai.cli.config import ConfigOption, find_config, require_config
from gongpai.cli.language import choose_language
from gongpai.cli.troubles import told

if TYPE_CHECKING:
    from gongpai.gateway.config import Config


_LISTENING = {
    "zh": {
        "public": "gongpai 监听 {}",
        "metrics": "指标在 {}",
        "no_metrics": "不提供指标",
        "gate": "forward-auth 在 {}",
        "between": "，",
        "open": "请打开 {}/",
    },
    "en": {
        "public": "gongpai listens on {}",
        "metrics": "metrics on {}",
        "no_metrics": "metrics on no address",
        "gate": "gate on {}",
        "between": ", ",
        "open": "open {}/",
    },
}


def serve(
    path: ConfigOption = None,
    workers: Annotated[int, typer.Option(min=1, max=128, help="How many processes share the work.")] = 1,
) -> None:
    """Serve the gateway until it is told to end."""
    from gongpai.gateway.logs import configure_logs
    from gongpai.gateway.server import Supervisor
    from gongpai.gateway.store.migrate import migrate

    config = require_config(path)
    configure_logs(config.log_level)
    with told():
        # Before the workers: two processes that switch a new SQLite file to WAL at once can fail.
        migrate(config.storage, config.world)
        asyncio.run(_require_memory(config))
        status = Supervisor(config, find_config(path), workers, partial(_announce, config)).run()
    raise typer.Exit(status)


def _announce(config: "Config", public: str, metrics: str | None, gate: str | None) -> None:
    words = _LISTENING[choose_language()]
    places = [words["public"].format(public), words["metrics"].format(metrics) if metrics else words["no_metrics"]]
    if gate is not None:
        places.append(words["gate"].format(gate))
    typer.echo(f"{words['between'].join(places)}\n{words['open'].format(config.public_url)}")
    sys.stdout.flush()


async def _require_memory(config: "Config") -> None:
    """Find out what would stop every worker, while it can still be told once and plainly."""
    from gongpai.gateway.keys import KeyKeeper
    from gongpai.gateway.store.open import open_stores

    async with open_stores(config.storage, config.tickets, config.secret_key) as stores:
        await KeyKeeper(stores.keys, stores.ring, config.secret_key, config.session.absolute).load(datetime.now(UTC))
