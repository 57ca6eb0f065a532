"""``gongpai sessions``: where is somebody signed in, and end one session of it or all at once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from gongpai.cli.config import ConfigOption, require_config
from gongpai.cli.statuses import Status
from gongpai.cli.troubles import refuse, require_schema, told

if TYPE_CHECKING:
    from gongpai.gateway.audit import Audit
    from gongpai.gateway.config import AppConfig, Config
    from gongpai.gateway.records import Person, Session
    from gongpai.gateway.records_provider import Grant
    from gongpai.gateway.session import Sessions
    from gongpai.gateway.store.open import Stores

T = TypeVar("T")
UserId = Annotated[str, typer.Argument(metavar="USERID", help="Whose, as in the address book of WeCom.")]
AppName = Annotated[str | None, typer.Option(help="Only through this application; else through any.")]

_ID_LENGTH = 12
_BECAUSE = "operator"

sessions = typer.Typer(help="Show where a person is signed in, or end it.", no_args_is_help=True)


@sessions.command("list")
def show(userid: UserId, app: AppName = None, path: ConfigOption = None) -> None:
    """List the sessions of a person: id, application, way, since when, last seen, from which address.

    Below them stand the parties that may go on after a sign-out: id, application, `offline`, since when, until when.
    """

    async def run(desk: "_Desk") -> None:
        for each in desk.sessions:
            times = f"{_moment(each.created_at)}  {_moment(each.seen_at)}"
            typer.echo(f"{_id(each)}  {each.app:16}{each.way:8}{times}  {each.ip}")
        for grant in desk.left:
            times = f"{_moment(grant.created_at)}  {_moment(grant.expires_at)}"
            typer.echo(f"{_id(grant)}  {grant.app:16}{'offline':8}{times}  {grant.client_id}")

    _run(userid, app, path, run)


@sessions.command("end")
def end(
    userid: UserId,
    session: Annotated[
        list[str] | None, typer.Argument(metavar="SESSION", help="Only these, by the id that `list` shows.")
    ] = None,
    app: AppName = None,
    path: ConfigOption = None,
) -> None:
    """End all sessions of a person everywhere within a second, with all that was granted in them.

    Whoever may still sign in can do so again: first name them in `deny_userids`, or disable them in WeCom.
    """

    async def run(desk: "_Desk") -> int:
        return await desk.end(session or [])

    typer.echo(f"{userid}  {_run(userid, app, path, run)}  ended")


@dataclass(frozen=True, slots=True)
class _Desk:
    """Where a command works, and what of the person lives."""

    stores: "Stores"
    living: "Sessions"
    audit: "Audit"
    sessions: "list[Session]"
    left: "list[Grant]"
    """What was granted in sessions that are over, and goes on without them."""
    now: datetime

    async def end(self, ids: list[str]) -> int:
        """End what *ids* name, all of it if there are none; leave before anything has ended if one is wrong."""
        known = {*map(_id, self.sessions), *map(_id, self.left)}
        for each in ids:
            if each not in known:
                refuse("session_missing", each)
        chosen = set(ids) or known
        ended = [await self._end(each) for each in self.sessions if _id(each) in chosen]
        return sum([*ended, *[await self._revoke(each) for each in self.left if _id(each) in chosen]])

    async def _end(self, session: "Session") -> bool:
        from gongpai.gateway.records import EndReason

        return await self.living.end(session, EndReason.DENIED, self.now, because=_BECAUSE)

    async def _revoke(self, grant: "Grant") -> bool:
        from gongpai.gateway.audit import AuditEvent
        from gongpai.gateway.records_provider import RevokeReason

        if not await self.stores.grants.revoke(grant.grant_id, RevokeReason.DENIED, self.now):
            return False
        facts = {"client_id": grant.client_id, "grant": grant.grant_id, "reason": _BECAUSE}
        event = AuditEvent("grant.revoked", grant.subject, grant.session_ref, grant.app, facts=facts)
        await self.audit.record(event, self.now)
        return True


def _run(userid: str, app: str | None, path: Path | None, work: "Callable[[_Desk], Awaitable[T]]") -> T:
    config = require_config(path)
    if app is not None and app not in config.apps:
        refuse("app_missing", app, Status.WRONG_CALL)
    with told():
        require_schema(config)
        return asyncio.run(_work(config, userid, app, work))


async def _work(config: "Config", userid: str, app: str | None, work: "Callable[[_Desk], Awaitable[T]]") -> T:
    async with _desk(config, userid, app) as desk:
        if not desk.sessions and not desk.left:
            refuse("no_session", userid)
        return await work(desk)


@asynccontextmanager
async def _desk(config: "Config", userid: str, app: str | None) -> AsyncIterator[_Desk]:
    from gongpai.gateway.audit import Audit
    from gongpai.gateway.keys import KeyKeeper
    from gongpai.gateway.session import Sessions
    from gongpai.gateway.store.open import open_stores

    now = datetime.now(UTC)
    async with open_stores(config.storage) as stores:
        await KeyKeeper(stores.keys, stores.ring, config.secret_key, config.session.absolute).load(now)
        audit = Audit(stores.audit, config.secret_key)
        living = Sessions(stores.sessions, stores.session_facts, stores.ring, config.session, audit.record)
        people = [one for each in config.apps.values() for one in await _find_people(stores, each, userid)]
        subjects = dict.fromkeys(person.subject for person in people)
        found = [each for subject in subjects for each in await living.find(subject, now) if app in {None, each.app}]
        refs = {each.ref for each in found}
        granted = [each for subject in subjects for each in await stores.grants.find(subject, now)]
        left = [
            each for each in granted if each.is_offline and each.session_ref not in refs and app in {None, each.app}
        ]
        yield _Desk(stores, living, audit, found, left, now)


async def _find_people(stores: "Stores", settings: "AppConfig", userid: str) -> "list[Person]":
    from gongpai.wecom.errors import UsageError
    from gongpai.wecom.models import Member

    try:
        member = Member(settings.app.corpid, userid, encrypted_ids=settings.app.encrypted_ids)
    except UsageError:
        return []
    return await stores.people.find(member.key)


def _id(found: "Session | Grant") -> str:
    from gongpai.gateway.records import Session

    return (found.ref if isinstance(found, Session) else found.grant_id)[:_ID_LENGTH]


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%MZ}"
