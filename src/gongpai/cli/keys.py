"""``gongpai keys``: a new secret_key; the ring of sealing keys: list, rotate, revoke."""

import asyncio
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from gongpai.cli.config import ConfigOption, require_config
from gongpai.cli.troubles import told

if TYPE_CHECKING:
    from gongpai.gateway.config import Config
    from gongpai.gateway.keys import KeyKeeper
    from gongpai.gateway.records import KeyPurpose

T = TypeVar("T")
_SECRET_KEY_BYTES = 32


class Purpose(StrEnum):
    """What the keys of the ring seal."""

    SESSION = "session"
    GATE = "gate"
    KEPT = "kept"


keys = typer.Typer(help="Make a secret_key; list, rotate and revoke sealing keys.", no_args_is_help=True)


@keys.command("new")
def new() -> None:
    """Print a fresh secret_key; keep it in a file of mode 0600 that only the gateway can read."""
    typer.echo(urlsafe_b64encode(secrets.token_bytes(_SECRET_KEY_BYTES)).decode().rstrip("="))


@keys.command("list")
def show(path: ConfigOption = None) -> None:
    """List the ring: id, purpose, since when it seals, when it retires, how many seals are reserved."""

    async def run(keeper: "KeyKeeper") -> None:
        for key in await keeper.find():
            retires = f"{key.retires_at:%Y-%m-%dT%H:%MZ}" if key.retires_at else "-"
            typer.echo(f"{key.key_id}  {key.purpose.value:8}{key.activates_at:%Y-%m-%dT%H:%MZ}  {retires}  {key.seals}")

    _with_keeper(path, run)


@keys.command("rotate")
def rotate(
    purpose: Annotated[Purpose | None, typer.Argument(help="Only the keys of this purpose.")] = None,
    path: ConfigOption = None,
) -> None:
    """Seal with new keys from a few seconds on; what older ones sealed stays good until it runs out by itself."""

    async def run(keeper: "KeyKeeper") -> None:
        from gongpai.gateway.records import KeyPurpose

        for each in [purpose] if purpose else list(Purpose):
            typer.echo(f"{await keeper.rotate(KeyPurpose(each.value), datetime.now(UTC))}  {each.value}")

    _with_keeper(path, run)


@keys.command("revoke")
def revoke(key_id: Annotated[str, typer.Argument(help="As `keys list` shows it.")], path: ConfigOption = None) -> None:
    """Drop a key everywhere within a second: whoever holds a cookie sealed with it must sign in again."""

    async def run(keeper: "KeyKeeper") -> "KeyPurpose | None":
        return await keeper.revoke(key_id, datetime.now(UTC))

    purpose = _with_keeper(path, run)
    if purpose is None:
        typer.echo(f"{key_id}: there is no such key", err=True)
        raise typer.Exit(1)
    typer.echo(f"{key_id}  {purpose.value}  revoked")


def _with_keeper(path: Path | None, work: "Callable[[KeyKeeper], Awaitable[T]]") -> T:
    config = require_config(path)
    with told(status=3):
        return asyncio.run(_run(config, work))


async def _run(config: "Config", work: "Callable[[KeyKeeper], Awaitable[T]]") -> T:
    from gongpai.gateway.keys import KeyKeeper
    from gongpai.gateway.store.open import open_stores

    async with open_stores(config.storage) as stores:
        keeper = KeyKeeper(stores.keys, stores.ring, config.secret_key, config.session.absolute)
        await keeper.load(datetime.now(UTC))
        return await work(keeper)
