"""Authorization codes that we issued, in SQL."""

from datetime import datetime

from sqlalchemy import bindparam, exists, select, update

from gongpai.gateway.records import Session
from gongpai.gateway.records_provider import AuthorizationCode, Grant, Issued
from gongpai.gateway.store.sql import grants, sessions, tokens
from gongpai.gateway.store.sql.driver import Driver, Statement, Work
from gongpai.gateway.store.sql.rows import to_micros
from gongpai.gateway.store.sql.tables import sessions as sessions_table
from gongpai.gateway.store.sql.tables_provider import authorization_codes
from gongpai.gateway.store.sql.tables_provider import grants as grants_table

_THIS = authorization_codes.c.code_hash == bindparam("of_code")
_GRANT = grants_table.c.grant_id == authorization_codes.c.grant_id
_GET = Statement(select(*grants.code_codec.columns, *grants.codec.columns).where(_THIS, _GRANT))
_OPEN = Statement(
    select(*grants.code_codec.columns, *grants.codec.columns, *sessions.codec.columns)
    .join_from(authorization_codes, grants_table, _GRANT)
    .outerjoin(sessions_table, sessions_table.c.ref == grants_table.c.session_ref)
    .where(_THIS),
)
_TAKE = Statement(
    update(authorization_codes)
    .where(
        _THIS,
        authorization_codes.c.spent_at.is_(None),
        authorization_codes.c.expires_at > bindparam("now"),
        exists().where(_GRANT, grants_table.c.revoked_at.is_(None)),
    )
    .values(spent_at=bindparam("now"))
    .returning(authorization_codes.c.code_hash),
)


class SqlAuthorizationCodes:
    """The port of authorization codes on a SQL database."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def get(self, code_hash: str) -> tuple[AuthorizationCode, Grant] | None:
        """As the port says."""
        rows = await self._driver.read(_GET(of_code=code_hash))
        return grants.with_grant(grants.code_codec, rows[0]) if rows else None

    async def open(self, code_hash: str) -> tuple[AuthorizationCode, Grant, Session | None] | None:
        """As the port says."""
        rows = await self._driver.read(_OPEN(of_code=code_hash))
        return sessions.with_session(grants.code_codec, rows[0]) if rows else None

    async def take(self, code_hash: str, issued: Issued | None, now: datetime) -> bool:
        """As the port says."""

        def work() -> "Work[bool]":
            if not (yield _TAKE(of_code=code_hash, now=to_micros(now))):
                return False
            if issued is not None:
                yield from tokens.keep(issued)
            return True

        return await self._driver.transact(work)
