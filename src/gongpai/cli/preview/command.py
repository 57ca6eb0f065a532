"""The command itself: it finds the party and the person, and prints."""

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from gongpai.cli.config import ConfigOption, require_config
from gongpai.cli.language import Language, LanguageOption, choose_language
from gongpai.cli.statuses import Status
from gongpai.cli.troubles import leave_saying, refuse, require_schema, told

if TYPE_CHECKING:
    from gongpai.gateway.config import AppConfig, Config


def preview(
    client_id: Annotated[str, typer.Argument(metavar="CLIENT_ID", help="The party's client_id.")],
    userid: Annotated[str, typer.Option(help="The person, who must have signed in here.")],
    app: Annotated[str | None, typer.Option(help="Only through this application; else through any.")] = None,
    path: ConfigOption = None,
    lang: LanguageOption = None,
) -> None:
    """Show what a party would be told of a person, where each value comes from, and why one is missing.

    Nothing is written and WeCom is not asked: names that would be reserved are shown as such.
    """
    language = choose_language(lang)
    config = require_config(path, lang)
    apps = _require_apps(config, app, language)
    with told():
        require_schema(config)
        typer.echo(asyncio.run(_show(config, client_id, userid, apps, language)), nl=False)


def _require_apps(config: "Config", app: str | None, language: Language) -> "list[AppConfig]":
    if app is None:
        return list(config.apps.values())
    if app not in config.apps:
        refuse("app_missing", app, Status.WRONG_CALL, language)
    return [config.apps[app]]


async def _show(config: "Config", client_id: str, userid: str, apps: "list[AppConfig]", language: Language) -> str:
    from gongpai.cli.preview.page import render, say
    from gongpai.gateway.preview.reader import Absent, read
    from gongpai.gateway.store.open import open_stores

    async with open_stores(config.storage) as stores:
        party = config.parties.get(client_id) or await stores.parties.get(client_id)
        if party is None:
            refuse("party_missing", client_id, lang=language)
        found = await read(config, stores, party, userid, apps, datetime.now(UTC))
        if isinstance(found, Absent):
            leave_saying(say(language, f"absent.{found.why.value}", userid=userid, url=config.public_url), Status.NO)
        return render(found, party, language)
