"""Relying parties that were added by command, in SQL: each one document, compared whole when it is replaced."""

from datetime import UTC, datetime

import msgspec
from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from gongpai.gateway.records import NewsKind
from gongpai.gateway.records_provider import RelyingParty, RevokeReason
from gongpai.gateway.store.sql import news
from gongpai.gateway.store.sql.driver import Call, Driver, Statement, Work
from gongpai.gateway.store.sql.rows import Row, to_micros
from gongpai.gateway.store.sql.tables_provider import consents, grants, parties

_decoder = msgspec.json.Decoder(RelyingParty)

_THIS = parties.c.client_id == bindparam("of_client")
_ADD = Statement(insert(parties).on_conflict_do_nothing().returning(parties.c.client_id))
_GET = Statement(select(parties.c.body).where(_THIS))
_FIND = Statement(select(parties.c.body).order_by(parties.c.client_id))
_REPLACE = Statement(
    update(parties)
    .where(_THIS, parties.c.body == bindparam("before"))
    .values(body=bindparam("after"))
    .returning(parties.c.client_id),
)
_REMOVE = Statement(delete(parties).where(_THIS).returning(parties.c.client_id))
_FORGET_CONSENTS = Statement(delete(consents).where(consents.c.client_id == bindparam("of_client")))
_REVOKE_GRANTS = Statement(
    update(grants)
    .where(grants.c.client_id == bindparam("of_client"), grants.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("now"), revoke_reason=RevokeReason.PARTY_REMOVED.value),
)


class SqlParties:
    """The port of relying parties on a SQL database."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def add(self, party: RelyingParty) -> bool:
        """As the port says."""
        return await self._change(party.client_id, _ADD(client_id=party.client_id, body=_encode(party)))

    async def get(self, client_id: str) -> RelyingParty | None:
        """As the port says."""
        rows = await self._driver.read(_GET(of_client=client_id))
        return _party(rows[0]) if rows else None

    async def find(self) -> list[RelyingParty]:
        """As the port says."""
        return [_party(row) for row in await self._driver.read(_FIND())]

    async def replace(self, before: RelyingParty, after: RelyingParty) -> bool:
        """As the port says."""
        call = _REPLACE(of_client=before.client_id, before=_encode(before), after=_encode(after))
        return await self._change(before.client_id, call)

    async def remove(self, client_id: str, now: datetime) -> bool:
        """As the port says."""

        def work() -> Work[bool]:
            if not (yield _REMOVE(of_client=client_id)):
                return False
            yield from _tell(client_id)
            yield _REVOKE_GRANTS(of_client=client_id, now=to_micros(now))
            yield _FORGET_CONSENTS(of_client=client_id)
            return True

        return await self._driver.transact(work, tells=True)

    async def _change(self, client_id: str, change: Call) -> bool:
        def work() -> Work[bool]:
            if not (yield change):
                return False
            yield from _tell(client_id)
            return True

        return await self._driver.transact(work, tells=True)


def _tell(client_id: str) -> Work[None]:
    yield from news.tell(NewsKind.PARTIES_CHANGED, client_id, 0, datetime.now(UTC) + news.TOLD_FOR)


def _encode(party: RelyingParty) -> str:
    # In one order whatever the process: a set's own order differs from one to the next.
    return msgspec.json.encode(msgspec.to_builtins(party, str_keys=True, order="deterministic")).decode()


def _party(row: Row) -> RelyingParty:
    return _decoder.decode(str(row[0]))
