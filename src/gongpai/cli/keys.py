"""``gongpai keys``: a new secret_key; the keys that seal and those that sign for the provider: list, rotate, revoke."""

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
from gongpai.cli.statuses import Status
from gongpai.cli.troubles import refuse, require_schema, told

if TYPE_CHECKING:
    from gongpai.gateway.config import Config
    from gongpai.gateway.keys import KeyKeeper
    from gongpai.gateway.records import KeyPurpose
    from gongpai.gateway.records_provider import SigningAlg
    from gongpai.gateway.signing_keys import SigningKeys

T = TypeVar("T")
_SECRET_KEY_BYTES = 32


class Purpose(StrEnum):
    """What the keys of the ring seal."""

    SESSION = "session"
    GATE = "gate"
    KEPT = "kept"


keys = typer.Typer(help="Make a secret_key; list, rotate and revoke sealing and signing keys.", no_args_is_help=True)


@keys.command("new")
def new() -> None:
    """Print a fresh secret_key; keep it in a file of mode 0600 that only the gateway can read."""
    typer.echo(urlsafe_b64encode(secrets.token_bytes(_SECRET_KEY_BYTES)).decode().rstrip("="))


@keys.command("list")
def show(path: ConfigOption = None) -> None:
    """List the keys that seal: id, purpose, since when, until when, seals reserved; then those that sign, likewise."""

    async def run(keeper: "KeyKeeper", signing: "SigningKeys") -> None:
        from gongpai.gateway.signing_keys import find_states

        for key in await keeper.find():
            times = f"{_moment(key.activates_at)}  {_moment(key.retires_at)}"
            typer.echo(f"{key.key_id}  {key.purpose.value:8}{times}  {key.seals}")
        found = await signing.find()
        states = find_states(found, datetime.now(UTC))
        for signer in found:
            if signer.kid in states:
                times = f"{_moment(signer.activates_at)}  {_moment(signer.retires_at)}"
                typer.echo(f"{signer.kid}  {signer.alg.value:8}{times}  {states[signer.kid].value}")

    _with_keepers(path, run)


@keys.command("rotate")
def rotate(
    purpose: Annotated[Purpose | None, typer.Argument(help="Only the sealing keys of this purpose.")] = None,
    path: ConfigOption = None,
    *,
    signing: Annotated[bool, typer.Option("--signing", help="The keys that sign for the provider instead.")] = False,
) -> None:
    """Seal with new keys from a few seconds on; what older ones sealed stays good until it runs out by itself.

    With --signing the next keys begin to sign as soon as every relying party can know them; it prints when that is.
    """
    if signing and purpose:
        refuse("purpose_with_signing", purpose.value, Status.WRONG_CALL)

    async def run(keeper: "KeyKeeper", signers: "SigningKeys") -> None:
        from gongpai.gateway.records import KeyPurpose
        from gongpai.gateway.records_provider import SigningAlg

        now = datetime.now(UTC)
        if signing:
            for alg in SigningAlg:
                typer.echo(f"{alg.value:8}{_moment(await signers.rotate(alg, now))}")
            return
        for each in [purpose] if purpose else list(Purpose):
            typer.echo(f"{await keeper.rotate(KeyPurpose(each.value), now)}  {each.value}")

    _with_keepers(path, run)


@keys.command("revoke")
def revoke(key_id: Annotated[str, typer.Argument(help="As `keys list` shows it.")], path: ConfigOption = None) -> None:
    """Drop a key everywhere within a second: what it sealed opens nothing more, what it signed is not verified."""

    async def run(keeper: "KeyKeeper", signing: "SigningKeys") -> "KeyPurpose | SigningAlg | None":
        now = datetime.now(UTC)
        return await keeper.revoke(key_id, now) or await signing.revoke(key_id, now)

    revoked = _with_keepers(path, run)
    if revoked is None:
        refuse("key_missing", key_id)
    typer.echo(f"{key_id}  {revoked.value}  revoked")


def _moment(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%dT%H:%MZ}" if moment else "-"


def _with_keepers(path: Path | None, work: "Callable[[KeyKeeper, SigningKeys], Awaitable[T]]") -> T:
    config = require_config(path)
    with told():
        require_schema(config)
        return asyncio.run(_run(config, work))


async def _run(config: "Config", work: "Callable[[KeyKeeper, SigningKeys], Awaitable[T]]") -> T:
    from gongpai.gateway.keys import KeyKeeper
    from gongpai.gateway.signing_keys import SigningKeys
    from gongpai.gateway.store.open import open_stores

    async with open_stores(config.storage) as stores:
        now = datetime.now(UTC)
        keeper = KeyKeeper(stores.keys, stores.ring, config.secret_key, config.session.absolute)
        await keeper.load(now)
        signing = SigningKeys(stores.signing_keys, config.secret_key, config.oldest_token)
        await signing.load(now)
        return await work(keeper, signing)
