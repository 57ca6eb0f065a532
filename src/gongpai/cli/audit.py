"""``gongpai audit``: is what was recorded still as it was written?"""

import asyncio
from typing import TYPE_CHECKING

import typer

from gongpai.cli.config import ConfigOption, require_config
from gongpai.cli.language import LanguageOption, choose_language
from gongpai.cli.statuses import Status
from gongpai.cli.troubles import require_schema, told

if TYPE_CHECKING:
    from gongpai.gateway.audit import Chain
    from gongpai.gateway.config import Config

_SOUND = {"zh": "完好：{chains} 条链，{records} 条记录", "en": "sound: {chains} chains, {records} records"}

audit = typer.Typer(help="Check the audit log.", no_args_is_help=True)


@audit.callback()
def _options() -> None:
    """Make ``verify`` a command under a name, though it is the only one."""


@audit.command("verify")
def verify(path: ConfigOption = None, lang: LanguageOption = None) -> None:
    """Say whether the chains of the audit log are sound; status 1 if one breaks, and where. It changes nothing."""
    from gongpai.gateway.config import Fault

    config, language = require_config(path, lang), choose_language(lang)
    with told():
        require_schema(config)
        chains = asyncio.run(_verify(config))
    broken = [chain for chain in chains if chain.broken_at is not None]
    for chain in broken:
        typer.echo(Fault("", "audit_broken", f"{chain.node} {chain.broken_at}").render(language), err=True)
    if broken:
        raise typer.Exit(Status.NO)
    typer.echo(_SOUND[language].format(chains=len(chains), records=sum(chain.sound for chain in chains)))


async def _verify(config: "Config") -> "list[Chain]":
    from gongpai.gateway.audit import verify as verify_chains
    from gongpai.gateway.store.open import open_stores

    async with open_stores(config.storage) as stores:
        return [chain async for chain in verify_chains(stores.audit, config.secret_key)]
