"""Reads what a preview shows, through the rooms that answer parties and proxies, and lets none of them write."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NoReturn

from gongpai.gateway.admission import Admission
from gongpai.gateway.audit import Audit, AuditEvent
from gongpai.gateway.config import AppConfig, Config
from gongpai.gateway.directory import Directory
from gongpai.gateway.entry import Entry
from gongpai.gateway.errors import Reason, RefusedError
from gongpai.gateway.flow.sensitive import lacking
from gongpai.gateway.gate.answers import host_gate
from gongpai.gateway.gate.identity import identity_reader
from gongpai.gateway.grants.issue import Issuer
from gongpai.gateway.keys import KeyKeeper, derive
from gongpai.gateway.oidc.claims import Claim
from gongpai.gateway.oidc.id_token import Moment
from gongpai.gateway.oidc.names import judge_email
from gongpai.gateway.oidc.scopes import OFFLINE, OPENID
from gongpai.gateway.portraits import Known, Portraits, known_by
from gongpai.gateway.preview.provenance import Names, Row, Told, rows
from gongpai.gateway.records import Person, Session
from gongpai.gateway.records_provider import Grant, RelyingParty, Reservation, ReservedKind
from gongpai.gateway.reservations import ReservedNames
from gongpai.gateway.session import Sessions
from gongpai.gateway.signing_keys import SigningKeys
from gongpai.gateway.store.open import Stores
from gongpai.gateway.store.ports_provider import ReservationStore
from gongpai.wecom.app_token.policy import AppToken, AppTokenKey
from gongpai.wecom.client import AsyncWeComClient
from gongpai.wecom.errors import TransportError, UsageError, WeComError
from gongpai.wecom.models import Member

_ASKS_NOBODY = "a preview asks WeCom nothing"
_NO_TIME = timedelta(0)


class Absence(StrEnum):
    """Why there is nothing to show of a person."""

    NEVER = "never"
    """Nobody of this userid has signed in."""
    RETIRED = "retired"
    NO_SESSION = "no_session"
    """They have signed in, and neither a session nor a grant to this party lives."""
    TOO_OLD = "too_old"
    """Only a grant lives, and what is held of them is too old."""


@dataclass(frozen=True, slots=True)
class Absent:
    """There is nothing to show."""

    why: Absence


@dataclass(frozen=True, slots=True)
class HostEntry:
    """A host behind forward-auth, and why the person may not enter it; None if they may."""

    origin: str
    reason: Reason | None
    is_unsure: bool = False
    """Its policy asks for departments, and what is held of their tree is too old."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be told of a person."""

    known: Known
    refusal: Reason | None
    """Why the party's policy keeps the person out."""
    is_unsure: bool
    """The policy asks for departments, and what is held of their tree is too old."""
    id_token: Mapping[str, object]
    userinfo: Mapping[str, Claim]
    rows: tuple[Row, ...]
    headers: tuple[tuple[str, str], ...] = ()
    hosts: tuple[HostEntry, ...] = ()


async def read(
    config: Config, stores: Stores, party: RelyingParty, userid: str, apps: Iterable[AppConfig], now: datetime
) -> Preview | Absent:
    """Return what *party* would be told of the person who signed in as *userid* through one of *apps*.

    Raises:
        WrongSecretKeyError: the database was made with another ``secret_key``.
        StoreError: the store does not answer.
    """
    async with _open(config, stores, now) as previewer:
        why = Absence.NEVER
        for settings in apps:
            person = await previewer.find(settings, userid)
            if person is None:
                continue
            if person.retired_at is not None:
                why = Absence.RETIRED
                continue
            found = await previewer.preview(party, person, settings)
            if isinstance(found, Preview):
                return found
            why = found.why
        return Absent(why)


class _Looking:
    """Reserved names as they are: what would be reserved is noted, and left."""

    def __init__(self, store: ReservationStore) -> None:
        self._store = store
        self.fresh: set[Reservation] = set()
        self.taken: list[Reservation] = []

    async def reserve(self, reservation: Reservation) -> str:
        """Return who would hold the name."""
        holder = await self._store.holder(reservation.client_id, reservation.kind, reservation.folded)
        if holder is None:
            self.fresh.add(reservation)
        elif holder != reservation.subject:
            self.taken.append(reservation)
        return holder or reservation.subject

    async def holder(self, client_id: str, kind: ReservedKind, folded: str) -> str | None:
        """Return who holds the name."""
        return await self._store.holder(client_id, kind, folded)

    def names(self) -> Names:
        """Return what became of the names so far."""
        taken = [each.folded for each in self.taken if each.kind is ReservedKind.USERNAME]
        return Names(frozenset(each.folded for each in self.fresh), tuple(taken))


class _NoAppToken:
    """The place of the app token, empty and closed: without one no call leaves for WeCom."""

    async def get(self, _key: AppTokenKey) -> AppToken | None:
        """Refuse."""
        _refuse()

    async def acquire_lease(self, _key: AppTokenKey, _holder: str, _ttl: timedelta, _now: datetime) -> int | None:
        """Refuse."""
        _refuse()

    async def put(self, _key: AppTokenKey, _token: AppToken, _fence: int) -> bool:
        """Refuse."""
        _refuse()

    async def drop(self, _key: AppTokenKey, _failed_version: int) -> None:
        """Refuse."""
        _refuse()

    async def release_lease(self, _key: AppTokenKey, _fence: int) -> None:
        """Refuse."""
        _refuse()


def _refuse() -> NoReturn:
    raise TransportError(_ASKS_NOBODY)


@dataclass(frozen=True, slots=True)
class _Previewer:
    """The rooms, put together to be looked through."""

    config: Config
    stores: Stores
    sessions: Sessions
    issuer: Issuer
    entry: Entry
    looking: _Looking
    now: datetime

    async def find(self, settings: AppConfig, userid: str) -> Person | None:
        """Return the living person of *userid*, or the last one who was."""
        try:
            member = Member(settings.app.corpid, userid, encrypted_ids=settings.app.encrypted_ids)
        except UsageError:
            return None
        found = await self.stores.people.find(member.key)
        return next((each for each in found if each.retired_at is None), found[0] if found else None)

    async def preview(self, party: RelyingParty, person: Person, settings: AppConfig) -> Preview | Absent:
        """Return what *party* would be told of *person*, who signed in through the app of *settings*."""
        scopes = (party.scopes | {OPENID}) - {OFFLINE}
        sessions = await self.sessions.find(person.subject, self.now)
        session = next((each for each in sessions if each.app == settings.name), None)
        if session is not None:
            grant = await self.issuer.grant_for(party, scopes, session, self.now)
            return await self._draw(party, grant, known_by(session), scopes)
        grants = await self.stores.grants.find(person.subject, self.now)
        living = [each for each in grants if (each.client_id, each.app) == (party.client_id, settings.name)]
        if not living:
            return Absent(Absence.NO_SESSION)
        try:
            known = await self.issuer.portraits.know(living[0], None, self.now)
        except (RefusedError, WeComError):
            return Absent(Absence.TOO_OLD)
        return await self._draw(party, living[0], known, scopes)

    async def _draw(self, party: RelyingParty, grant: Grant, known: Known, scopes: frozenset[str]) -> Preview:
        portrait = await self.issuer.portraits.draw(party, known, scopes)
        userinfo = await self.issuer.userinfo(party, grant, known, scopes)
        moment = Moment(self.issuer.issuer, self.now, _NO_TIME)
        id_token = await self.issuer.id_token(party, grant, known, scopes, moment, "")
        email = judge_email(known.userid, known.corpid, known.profile, portrait.disclosure, party.claim_rules)
        asked: frozenset[str] = frozenset()
        if known.session is not None:
            asked = frozenset(lacking(party, scopes, known.profile, portrait.disclosure).fields)
        told = Told(userinfo, portrait, party.claim_rules, email, self.looking.names(), party.subject_type, asked)
        refusal, is_unsure = await self._judge(party, known)
        preview = Preview(known, refusal, is_unsure, id_token, userinfo, rows(told, scopes))
        if known.session is None or self.config.gate is None:
            return preview
        cookie = await self.entry.cookie(known.session, 0, ())
        values = identity_reader(self.config.gate.headers)(cookie)
        headers = zip((name for _, name in self.config.gate.headers), (each.decode() for each in values), strict=True)
        return replace(preview, headers=tuple(headers), hosts=await self._hosts(known.session))

    async def _judge(self, party: RelyingParty, known: Known) -> tuple[Reason | None, bool]:
        try:
            await self.issuer.portraits.require_may_use(party, known)
        except RefusedError as error:
            return error.reason, False
        except WeComError:
            return None, True
        return None, False

    async def _hosts(self, session: Session) -> tuple[HostEntry, ...]:
        entries = []
        for gate in self.entry.hosts.values():
            try:
                reasons = await self.entry.reasons(session, [gate])
            except WeComError:
                entries.append(HostEntry(gate.host.origin, None, is_unsure=True))
            else:
                entries.append(HostEntry(gate.host.origin, reasons[gate.stamp]))
        return tuple(entries)


@asynccontextmanager
async def _open(config: Config, stores: Stores, now: datetime) -> AsyncIterator[_Previewer]:
    await KeyKeeper(stores.keys, stores.ring, config.secret_key, config.session.absolute).look(now)
    async with AsyncExitStack() as stack:
        clients = {
            name: await stack.enter_async_context(AsyncWeComClient(settings.app, store=_NoAppToken()))
            for name, settings in config.apps.items()
        }
        yield _compose(config, stores, clients, now)


def _compose(config: Config, stores: Stores, clients: Mapping[str, AsyncWeComClient], now: datetime) -> _Previewer:
    def clock() -> datetime:
        return now

    sessions = Sessions(stores.sessions, stores.session_facts, stores.ring, config.session, _tell_nobody)
    audit = Audit(stores.audit, config.secret_key)
    directory = Directory(stores.directory, config.session.profile_age)
    admission = Admission(config, clients, directory, stores.people, sessions, audit, str, clock)
    looking = _Looking(stores.reservations)
    names = ReservedNames(looking, _tell_nobody, clock)
    portraits = Portraits(
        config, sessions, stores.sessions, stores.people, names, admission, derive(config.secret_key, b"pairwise")
    )
    keys = SigningKeys(stores.signing_keys, config.secret_key, config.oldest_token)
    issuer = Issuer(config.public_url, config.tokens, stores.grants, keys, portraits)
    hosts = {} if config.gate is None else {name: host_gate(host) for name, host in config.gate.hosts.items()}
    entry_names = ReservedNames(_Looking(stores.reservations), _tell_nobody, clock)
    entry = Entry(config, hosts, sessions, admission, stores.people, entry_names, stores.ring, clock)
    return _Previewer(config, stores, sessions, issuer, entry, looking, now)


async def _tell_nobody(_event: AuditEvent, _now: datetime) -> None:
    """Leave the audit log as it is: a preview is no event."""
