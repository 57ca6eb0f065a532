"""``gongpai sessions``: where is somebody signed in, and end all of it at once."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gongpai.cli.config import ConfigOption, require_config
from gongpai.cli.statuses import Status
from gongpai.cli.troubles import leave, require_schema, told

if TYPE_CHECKING:
    from gongpai.gateway.config import Config
    from gongpai.gateway.records import Session

UserId = Annotated[str, typer.Argument(metavar="USERID", help="Whose, as in the address book of WeCom.")]

sessions = typer.Typer(help="Show where a person is signed in, or end all of it.", no_args_is_help=True)


@sessions.command("list")
def show(userid: UserId, path: ConfigOption = None) -> None:
    """List the sessions of a person: application, way, since when, last seen, from which address."""
    for each in _run(userid, path, is_ending=False):
        times = f"{each.created_at:%Y-%m-%dT%H:%MZ}  {each.seen_at:%Y-%m-%dT%H:%MZ}"
        typer.echo(f"{each.app:16}{each.way:8}{times}  {each.ip}")


@sessions.command("end")
def end(userid: UserId, path: ConfigOption = None) -> None:
    """End all sessions of a person everywhere within a second, with all that was granted in them.

    Whoever may still sign in can do so again: first name them in `deny_userids`, or disable them in WeCom.
    """
    typer.echo(f"{userid}  {len(_run(userid, path, is_ending=True))}  ended")


def _run(userid: str, path: Path | None, *, is_ending: bool) -> "list[Session]":
    from gongpai.gateway.config import Fault

    config = require_config(path)
    with told():
        require_schema(config)
        found = asyncio.run(_work(config, userid, is_ending=is_ending))
    if not found:
        leave(Fault("", "no_session", userid), Status.NO)
    return found


async def _work(config: "Config", userid: str, *, is_ending: bool) -> "list[Session]":
    from gongpai.gateway.audit import Audit
    from gongpai.gateway.keys import KeyKeeper
    from gongpai.gateway.records import EndReason
    from gongpai.gateway.session import Sessions
    from gongpai.gateway.store.open import open_stores
    from gongpai.wecom.models import Member

    now = datetime.now(UTC)
    async with open_stores(config.storage) as stores:
        await KeyKeeper(stores.keys, stores.ring, config.secret_key, config.session.absolute).load(now)
        audit = Audit(stores.audit, config.secret_key)
        living = Sessions(stores.sessions, stores.session_facts, stores.ring, config.session, audit.record)
        keys = {Member(e.app.corpid, userid, encrypted_ids=e.app.encrypted_ids).key for e in config.apps.values()}
        people = [person for key in keys for person in await stores.people.find(key)]
        found = [session for person in people for session in await living.find(person.subject, now)]
        if not is_ending:
            return found
        return [each for each in found if await living.end(each, EndReason.DENIED, now, because="operator")]
