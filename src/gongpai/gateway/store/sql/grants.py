"""Grants in SQL, and what other records' transactions do to them.

Whoever writes several of them takes rows in this order, so that no two wait for each other: people, sessions, news,
grants, consents.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import ColumnElement, bindparam, insert, select, update

from gongpai.gateway.records import AuditRecord
from gongpai.gateway.records_provider import AuthorizationCode, Grant, RevokeReason
from gongpai.gateway.store.sql import audit
from gongpai.gateway.store.sql.driver import Driver, Statement, Work
from gongpai.gateway.store.sql.rows import Codec, Row, to_micros
from gongpai.gateway.store.sql.tables import sessions
from gongpai.gateway.store.sql.tables_provider import authorization_codes, grants

T = TypeVar("T")

codec = Codec(Grant, grants, remembered=128)
code_codec = Codec(AuthorizationCode, authorization_codes)

_THIS = grants.c.grant_id == bindparam("of_grant")
_UNREVOKED = grants.c.revoked_at.is_(None)
# What a new grant or code never has is not bound: sqlite3 would look for an adapter of each None.
_NEW = [column for column in codec.columns if column.name not in {"revoked_at", "revoke_reason"}]
_NEW_CODE = [column for column in code_codec.columns if column.name != "spent_at"]
# The session's row is held against its end at the same moment, which then sees the grant and revokes it.
_PUT = Statement(
    insert(grants)
    .from_select(
        [column.name for column in _NEW],
        select(*(bindparam(column.name, type_=column.type) for column in _NEW))
        .where(sessions.c.ref == bindparam("session_ref"), sessions.c.ended_at.is_(None))
        .with_for_update(read=True),
    )
    .returning(grants.c.grant_id),
)
_PUT_CODE = Statement(insert(authorization_codes).values({column: bindparam(column.name) for column in _NEW_CODE}))
_GET = Statement(select(*codec.columns).where(_THIS))
_FIND = Statement(
    select(*codec.columns)
    .where(grants.c.subject == bindparam("of_subject"), _UNREVOKED, grants.c.expires_at > bindparam("now"))
    .order_by(grants.c.created_at.desc(), grants.c.grant_id),
)
_LIVING = Statement(select(grants.c.grant_id).where(_THIS, _UNREVOKED, grants.c.expires_at > bindparam("now")))


def _revoke(*which: ColumnElement[bool]) -> Statement:
    return Statement(
        update(grants)
        .where(*which, _UNREVOKED)
        .values(revoked_at=bindparam("now"), revoke_reason=bindparam("reason"))
        .returning(grants.c.grant_id),
    )


_OF_SUBJECT = grants.c.subject == bindparam("of_subject")
_REVOKE = _revoke(_THIS, grants.c.expires_at > bindparam("now"))
_OF_SESSION = grants.c.session_ref == bindparam("of_session")
_REVOKE_OF_SESSION = _revoke(_OF_SUBJECT, _OF_SESSION, grants.c.is_offline <= bindparam("offline"))
_REVOKE_OF_SUBJECT = _revoke(_OF_SUBJECT)
_REVOKE_TO_PARTY = _revoke(_OF_SUBJECT, grants.c.client_id == bindparam("of_client"))
_MOVE = Statement(
    update(grants).where(_OF_SESSION, _OF_SUBJECT).values(session_ref=bindparam("to_session")),
)


class SqlGrants:
    """The port of grants on a SQL database."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def begin(self, grant: Grant, code: AuthorizationCode, records: Sequence[AuditRecord] = ()) -> bool:
        """As the port says."""

        def work() -> "Work[bool]":
            yield from audit.append(records)
            if not (yield from put(grant)):
                return False
            yield _PUT_CODE(code_codec.to_params(code))
            return True

        return await self._driver.transact(work)

    async def get(self, grant_id: str) -> Grant | None:
        """As the port says."""
        rows = await self._driver.read(_GET(of_grant=grant_id))
        return codec.from_row(rows[0]) if rows else None

    async def find(self, subject: str, now: datetime) -> list[Grant]:
        """As the port says."""
        return [codec.from_row(row) for row in await self._driver.read(_FIND(of_subject=subject, now=to_micros(now)))]

    async def revoke(self, grant_id: str, reason: RevokeReason, now: datetime) -> bool:
        """As the port says."""
        return await self._driver.transact(lambda: revoke(grant_id, reason, now))


def with_grant(token_codec: Codec[T], row: Row) -> tuple[T, Grant]:
    """Return the two records of a row that was selected as a token's columns and then its grant's."""
    width = len(token_codec.columns)
    return token_codec.from_row(row[:width]), codec.from_row(row[width:])


def put(grant: Grant) -> Work[bool]:
    """Keep a new grant; False if its session has ended."""
    return bool((yield _PUT(codec.to_params(grant))))


def revoke(grant_id: str, reason: RevokeReason, now: datetime) -> Work[bool]:
    """Revoke the grant; False if it does not live."""
    return bool((yield _REVOKE(of_grant=grant_id, now=to_micros(now), reason=reason.value)))


def revoke_of_session(subject: str, session_ref: str, now: datetime, *, spare_offline: bool) -> Work[None]:
    """Revoke what the person granted in the session."""
    yield _REVOKE_OF_SESSION(
        of_subject=subject,
        of_session=session_ref,
        offline=int(not spare_offline),
        now=to_micros(now),
        reason=RevokeReason.SESSION_ENDED.value,
    )


def revoke_of_subject(subject: str, reason: RevokeReason, now: datetime) -> Work[None]:
    """Revoke all that the person granted."""
    yield _REVOKE_OF_SUBJECT(of_subject=subject, now=to_micros(now), reason=reason.value)


def revoke_to_party(subject: str, client_id: str, now: datetime) -> Work[bool]:
    """Revoke what the person granted to the party, who withdraws the consent; whether there was anything."""
    reason = RevokeReason.CONSENT_WITHDRAWN.value
    return bool((yield _REVOKE_TO_PARTY(of_subject=subject, of_client=client_id, now=to_micros(now), reason=reason)))


def move(session_ref: str, subject: str, to_session: str) -> Work[None]:
    """Let the person's grants of one session be those of another."""
    yield _MOVE(of_session=session_ref, of_subject=subject, to_session=to_session)


def is_living(grant_id: str, now: datetime) -> Work[bool]:
    """Whether the grant was neither revoked nor has expired."""
    return bool((yield _LIVING(of_grant=grant_id, now=to_micros(now))))
