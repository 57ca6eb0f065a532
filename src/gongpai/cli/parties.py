"""``gongpai parties``: relying parties in the store; those of the configuration file are shown and never changed."""

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gongpai.cli.config import ConfigOption, require_config
from gongpai.cli.language import LanguageOption, choose_language
from gongpai.cli.statuses import Status
from gongpai.cli.troubles import refuse, require_schema, told

if TYPE_CHECKING:
    from gongpai.gateway.audit import Audit
    from gongpai.gateway.config import Config
    from gongpai.gateway.records_provider import RelyingParty
    from gongpai.gateway.store.ports_provider import PartyStore

parties = typer.Typer(help="Add, list, show, change and remove relying parties.", no_args_is_help=True)

ClientId = Annotated[str, typer.Argument(metavar="CLIENT_ID", help="The party's client_id.")]
_SECRET_BYTES = 32
_MOST_SECRETS = 2


@dataclass(frozen=True, slots=True)
class _Desk:
    """Where a command works."""

    config: "Config"
    store: "PartyStore"
    audit: "Audit"
    now: datetime

    async def require(self, client_id: str) -> "RelyingParty":
        """Return the party of the store, or leave."""
        if client_id in self.config.parties:
            refuse("party_of_file", client_id)
        party = await self.store.get(client_id)
        return party if party is not None else refuse("party_missing", client_id)

    async def replace(self, before: "RelyingParty", after: "RelyingParty", event: str) -> None:
        """Put *after* in the place of *before*, or leave if somebody else was faster."""
        if not await self.store.replace(before, after):
            refuse("party_changed", before.client_id)
        await self.record(event, before.client_id)

    async def record(self, event: str, client_id: str) -> None:
        """Write the change to the audit log."""
        from gongpai.gateway.audit import AuditEvent

        await self.audit.record(AuditEvent(event, facts={"client_id": client_id}), self.now)


@parties.command("add")
def add(
    client_id: ClientId,
    redirect_uri: Annotated[list[str] | None, typer.Option(help="Where browsers go back to; may be repeated.")] = None,
    name: Annotated[str, typer.Option(help="What people see.")] = "",
    setting: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="Any setting of a party, named as under parties.NAME in the configuration; may be repeated.",
        ),
    ] = None,
    path: ConfigOption = None,
    lang: LanguageOption = None,
) -> None:
    """Add a party that every node knows within a second; its secret is printed once and kept nowhere."""
    settings = {"redirect_uris": redirect_uri or [], "name": name or client_id, **_settings(setting or [])}
    secret = None
    if settings.get("auth_method", "secret") == "secret":
        settings["client_secret"] = secret = secrets.token_urlsafe(_SECRET_BYTES)

    async def run(desk: _Desk) -> None:
        from gongpai.gateway.config import ConfigError
        from gongpai.gateway.config.checking_parties import read_party

        try:
            party = read_party(client_id, settings, desk.config.apps)
        except ConfigError as error:
            typer.echo("\n".join(fault.render(choose_language(lang)) for fault in error.faults), err=True)
            raise typer.Exit(Status.WRONG_CALL) from None
        hashes = tuple(replace(each, created_at=desk.now) for each in party.secret_hashes)
        if client_id in desk.config.parties or not await desk.store.add(replace(party, secret_hashes=hashes)):
            refuse("party_taken", client_id)
        await desk.record("party.added", client_id)

    _run(path, run)
    typer.echo(f"client_id      {client_id}")
    if secret is not None:
        typer.echo(f"client_secret  {secret}")


@parties.command("list")
def show_all(path: ConfigOption = None) -> None:
    """List all parties: client_id, where it stands, whether it lives, its name."""

    async def run(desk: _Desk) -> None:
        stored = [party for party in await desk.store.find() if party.client_id not in desk.config.parties]
        for party in sorted([*desk.config.parties.values(), *stored], key=lambda each: each.client_id):
            place = "file" if party.is_configured else "store"
            state = "disabled" if party.disabled_at else "living"
            typer.echo(f"{party.client_id:33}{place:6} {state:9} {party.title}")

    _run(path, run)


@parties.command("show")
def show(client_id: ClientId, path: ConfigOption = None) -> None:
    """Print all that is known of a party, as JSON; of its secrets only since when they are good."""

    async def run(desk: _Desk) -> None:
        import msgspec

        party = desk.config.parties.get(client_id) or await desk.store.get(client_id)
        if party is None:
            refuse("party_missing", client_id)
        shown = msgspec.to_builtins(party, str_keys=True, order="deterministic")
        shown["secret_hashes"] = [each.created_at.isoformat() for each in party.secret_hashes]
        typer.echo(json.dumps(shown, ensure_ascii=False, indent=2))

    _run(path, run)


@parties.command("rotate-secret")
def rotate_secret(
    client_id: ClientId,
    path: ConfigOption = None,
    *,
    drop_old: Annotated[bool, typer.Option("--drop-old", help="End the secret before at once.")] = False,
) -> None:
    """Print a new secret; the one before stays good until the next rotation, so that the party can change over."""
    secret = secrets.token_urlsafe(_SECRET_BYTES)

    async def run(desk: _Desk) -> None:
        from gongpai.gateway.oidc.client_auth import hash_secret
        from gongpai.gateway.records_provider import AuthMethod, SecretHash

        party = await desk.require(client_id)
        if party.auth_method is not AuthMethod.SECRET:
            refuse("party_without_secret", client_id)
        kept = () if drop_old else party.secret_hashes[: _MOST_SECRETS - 1]
        fresh = SecretHash(hash_secret(secret), desk.now)
        await desk.replace(party, replace(party, secret_hashes=(fresh, *kept)), "party.secret_rotated")

    _run(path, run)
    typer.echo(f"client_secret  {secret}")


@parties.command("disable")
def disable(client_id: ClientId, path: ConfigOption = None) -> None:
    """Stop a party everywhere within a second: it can ask nothing, and its tokens open nothing."""

    async def run(desk: _Desk) -> None:
        party = await desk.require(client_id)
        await desk.replace(party, replace(party, disabled_at=desk.now), "party.disabled")

    _run(path, run)
    typer.echo(f"{client_id}  disabled")


@parties.command("enable")
def enable(client_id: ClientId, path: ConfigOption = None) -> None:
    """Let a party that was disabled go on."""

    async def run(desk: _Desk) -> None:
        party = await desk.require(client_id)
        await desk.replace(party, replace(party, disabled_at=None), "party.enabled")

    _run(path, run)
    typer.echo(f"{client_id}  living")


@parties.command("remove")
def remove(client_id: ClientId, path: ConfigOption = None) -> None:
    """Forget a party for good, with all that people allowed it; its tokens open nothing from now on."""

    async def run(desk: _Desk) -> None:
        await desk.require(client_id)
        await desk.store.remove(client_id, desk.now)
        await desk.record("party.removed", client_id)

    _run(path, run)
    typer.echo(f"{client_id}  removed")


def _settings(given: list[str]) -> dict[str, object]:
    """Return settings as the file's tree has them: a dotted key leads into a table."""
    settings: dict[str, object] = {}
    for each in given:
        key, equals, value = each.partition("=")
        if not equals:
            refuse("set_without_value", f"--set {each}", Status.WRONG_CALL)
        *tables, name = key.split(".")
        place = settings
        for table in tables:
            inner = place.setdefault(table, {})
            if not isinstance(inner, dict):
                refuse("set_twice", f"--set {each}", Status.WRONG_CALL)
            place = inner
        place[name] = value
    return settings


def _run(path: Path | None, work: "Callable[[_Desk], Awaitable[None]]") -> None:
    config = require_config(path)
    with told():
        require_schema(config)
        asyncio.run(_work(config, work))


async def _work(config: "Config", work: "Callable[[_Desk], Awaitable[None]]") -> None:
    from gongpai.gateway.audit import Audit
    from gongpai.gateway.store.open import open_stores

    async with open_stores(config.storage) as stores:
        audit = Audit(stores.audit, config.secret_key)
        await work(_Desk(config, stores.parties, audit, datetime.now(UTC)))
