"""``gongpai parties recipe``: the settings of a particular program, with one's own addresses filled in."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from gongpai.cli.config import ConfigOption, require_config
from gongpai.cli.language import Language, LanguageOption, choose_language
from gongpai.cli.statuses import Status
from gongpai.cli.troubles import leave_saying, require_schema, told

if TYPE_CHECKING:
    from gongpai.cli.recipes import Filling, Recipe
    from gongpai.cli.recipes.page import Known
    from gongpai.gateway.config import Config
    from gongpai.gateway.records_provider import RelyingParty

_PLAIN_HOST = 2


def recipe(
    name: Annotated[
        str | None, typer.Argument(help="The program, such as grafana; without it, all are listed.")
    ] = None,
    client_id: Annotated[
        str | None, typer.Option(help="The party, or the host behind forward-auth; else called as the program.")
    ] = None,
    url: Annotated[
        str | None, typer.Option(help="Where people open the program; else read off the party's redirect URI.")
    ] = None,
    email_domain: Annotated[str | None, typer.Option(help="The domain of your mailboxes; else that above URL.")] = None,
    upstream: Annotated[
        str, typer.Option(help="Where a program behind forward-auth listens itself.")
    ] = "127.0.0.1:3000",
    only: Annotated[str | None, typer.Option(metavar="FILE", help="Print this one part and nothing else.")] = None,
    path: ConfigOption = None,
    lang: LanguageOption = None,
) -> None:
    """Print what to set here and what to paste into a program, with the real issuer, client_id and addresses in it.

    A secret is never printed: only hashes of them are kept.
    """
    from gongpai.cli.recipes import Filling, all_recipes
    from gongpai.cli.recipes.page import render, render_list, say

    language = choose_language(lang)
    if name is None:
        typer.echo(render_list(all_recipes(), language))
        return
    chosen = _require_recipe(name, language)
    config = require_config(path, lang)
    called = client_id or chosen.usual_id
    party = _find_party(config, called) if chosen.party else None
    address = _require_url(chosen, url, _registered_url(config, called, chosen, party), language)
    filling = Filling(
        issuer=config.public_url,
        client_id=called,
        url=address,
        domain=email_domain or _domain_above(address),
        upstream=upstream,
        corpids=_corpids(config),
        **_gate_of(config),
    )
    if only is None:
        typer.echo(render(chosen, filling, language, _known(config, chosen, filling, party)), nl=False)
        return
    files = [each.file for each in chosen.snippets]
    if only not in files:
        leave_saying(say(language, "no_snippet", file=only, files=", ".join(files)), Status.WRONG_CALL)
    typer.echo(chosen.snippet(only).fill(filling).strip("\n"))


def _require_recipe(name: str, language: Language) -> "Recipe":
    from gongpai.cli.recipes import UnknownRecipeError, find_recipe
    from gongpai.cli.recipes.page import say

    try:
        return find_recipe(name)
    except UnknownRecipeError as error:
        near = [say(language, "near", names=", ".join(error.near))] if error.near else []
        leave_saying("\n".join([say(language, "unknown", name=name), *near, say(language, "all")]), Status.WRONG_CALL)


def _find_party(config: "Config", client_id: str) -> "RelyingParty | None":
    async def find() -> "RelyingParty | None":
        from gongpai.gateway.store.open import open_stores

        async with open_stores(config.storage) as stores:
            return await stores.parties.get(client_id)

    if client_id in config.parties:
        return config.parties[client_id]
    with told():
        require_schema(config)
        return asyncio.run(find())


def _registered_url(config: "Config", called: str, chosen: "Recipe", party: "RelyingParty | None") -> str | None:
    if party is not None:
        return chosen.url_of(party.redirect_uris)
    host = config.gate.hosts.get(called) if config.gate is not None and chosen.host else None
    return None if host is None else host.origin


def _require_url(chosen: "Recipe", given: str | None, registered: str | None, language: Language) -> str:
    from gongpai.cli.recipes.page import say

    url = (given or registered or "").rstrip("/")
    if not url and chosen.needs_url:
        leave_saying(say(language, "needs_url", title=chosen.program, name=chosen.name), Status.WRONG_CALL)
    parts = urlsplit(url)
    if url and (parts.scheme not in {"http", "https"} or not parts.netloc or parts.query or parts.fragment):
        leave_saying(say(language, "not_a_url", url=url, name=chosen.name), Status.WRONG_CALL)
    return url


def _domain_above(url: str) -> str:
    """Return the domain that the program's host lies in: most likely that of the company's mailboxes."""
    labels = (urlsplit(url).hostname or "").split(".")
    is_name = len(labels) > _PLAIN_HOST and not labels[-1].isdigit()
    return ".".join(labels[1:]) if is_name else "corp.example"


def _corpids(config: "Config") -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.app.corpid for each in config.apps.values())) if config.has_several_corps else ()


def _gate_of(config: "Config") -> dict[str, str]:
    from gongpai.gateway.config.checking_gate import PRESETS

    if config.gate is None:
        return {}
    listen = f"unix:{config.gate.listen}" if isinstance(config.gate.listen, Path) else str(config.gate.listen)
    preset = "gongpai_remote" if config.gate.headers == PRESETS["remote"] else "gongpai"
    return {"gate": listen, "preset": preset}


def _known(config: "Config", chosen: "Recipe", filling: "Filling", party: "RelyingParty | None") -> "Known | None":
    from gongpai.cli.recipes.page import Known
    from gongpai.cli.recipes.suitable import lacks

    if party is not None:
        return Known(party.is_configured, lacks(party, chosen.party_settings(filling)))
    hosts = {} if config.gate is None else config.gate.hosts
    host = hosts.get(filling.client_id) if chosen.host else None
    if host is None:
        return None
    return Known(is_configured=True, lacks=() if host.origin == filling.url else ("origin",))
