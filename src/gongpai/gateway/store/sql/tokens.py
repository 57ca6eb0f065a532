"""Access and refresh tokens in SQL."""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, case, delete, exists, select, update
from sqlalchemy.dialects.postgresql import insert

from gongpai.gateway.records import Session
from gongpai.gateway.records_provider import (
    AccessToken,
    Grant,
    Issued,
    Lapsed,
    RefreshToken,
    Repeated,
    Reused,
    RevokeReason,
    Rotated,
    Rotation,
)
from gongpai.gateway.store.sql import grants, sessions
from gongpai.gateway.store.sql.driver import Driver, Statement, Work
from gongpai.gateway.store.sql.rows import Codec, from_micros, to_micros
from gongpai.gateway.store.sql.tables import sessions as sessions_table
from gongpai.gateway.store.sql.tables_provider import access_tokens, refresh_answers, refresh_tokens
from gongpai.gateway.store.sql.tables_provider import grants as grants_table

# Some parties ask who it is with every request of their own.
_access_codec = Codec(AccessToken, access_tokens, remembered=128)
_refresh_codec = Codec(RefreshToken, refresh_tokens)
_PUT_ACCESS = Statement(insert(access_tokens))
_PUT_REFRESH = Statement(insert(refresh_tokens).values({each: bindparam(each.name) for each in _refresh_codec.columns}))
_GET_ACCESS = Statement(
    select(*_access_codec.columns, *grants.codec.columns).where(
        access_tokens.c.token_hash == bindparam("of_token"), grants_table.c.grant_id == access_tokens.c.grant_id
    ),
)
_OPEN_ACCESS = Statement(
    select(*_access_codec.columns, *grants.codec.columns, *sessions.codec.columns)
    .join_from(access_tokens, grants_table, grants_table.c.grant_id == access_tokens.c.grant_id)
    .outerjoin(sessions_table, sessions_table.c.ref == grants_table.c.session_ref)
    .where(access_tokens.c.token_hash == bindparam("of_token")),
)
_DROP_ACCESS = Statement(delete(access_tokens).where(access_tokens.c.token_hash == bindparam("of_token")))
_THIS = refresh_tokens.c.token_hash == bindparam("of_token")
_GET_REFRESH = Statement(
    select(*_refresh_codec.columns, *grants.codec.columns).where(
        _THIS, grants_table.c.grant_id == refresh_tokens.c.grant_id
    ),
)
_USE = Statement(
    update(refresh_tokens)
    .where(
        _THIS,
        refresh_tokens.c.first_used_at.is_(None),
        refresh_tokens.c.expires_at > bindparam("now"),
        exists().where(
            grants_table.c.grant_id == refresh_tokens.c.grant_id,
            grants_table.c.revoked_at.is_(None),
            grants_table.c.expires_at > bindparam("now"),
        ),
    )
    .values(first_used_at=bindparam("now"))
    .returning(refresh_tokens.c.grant_id),
)
_put_answer = insert(refresh_answers)
# In the place of the predecessor's: the successor is used, so whoever comes with that from here on holds a copy.
_KEEP_ANSWER = Statement(
    _put_answer.on_conflict_do_update(
        index_elements=["grant_id"],
        set_={name: _put_answer.excluded[name] for name in ("token_hash", "sealed", "expires_at")},
    )
)
_BECAME = Statement(
    select(
        refresh_tokens.c.grant_id,
        refresh_tokens.c.first_used_at,
        case(
            (refresh_answers.c.token_hash == refresh_tokens.c.token_hash, refresh_answers.c.sealed),
            (refresh_answers.c.token_hash.is_(None), refresh_tokens.c.sealed_answer),
        ),
    )
    .outerjoin(refresh_answers, refresh_answers.c.grant_id == refresh_tokens.c.grant_id)
    .where(_THIS, refresh_tokens.c.first_used_at.is_not(None)),
)


def keep(issued: Issued) -> Work[None]:
    """Keep the tokens of one answer, inside the transaction that spends what they were asked with."""
    yield _PUT_ACCESS(_access_codec.to_params(issued.access))
    if issued.refresh is not None:
        yield _PUT_REFRESH(_refresh_codec.to_params(issued.refresh))


class SqlTokens:
    """The port of tokens on a SQL database."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def get_access(self, token_hash: str) -> tuple[AccessToken, Grant] | None:
        """As the port says."""
        rows = await self._driver.read(_GET_ACCESS(of_token=token_hash))
        return grants.with_grant(_access_codec, rows[0]) if rows else None

    async def open_access(self, token_hash: str) -> tuple[AccessToken, Grant, Session | None] | None:
        """As the port says."""
        rows = await self._driver.read(_OPEN_ACCESS(of_token=token_hash))
        return sessions.with_session(_access_codec, rows[0]) if rows else None

    async def drop_access(self, token_hash: str) -> None:
        """As the port says."""
        await self._driver.write(_DROP_ACCESS(of_token=token_hash))

    async def get_refresh(self, token_hash: str) -> tuple[RefreshToken, Grant] | None:
        """As the port says."""
        rows = await self._driver.read(_GET_REFRESH(of_token=token_hash))
        return grants.with_grant(_refresh_codec, rows[0]) if rows else None

    async def rotate(
        self, token_hash: str, issued: Issued, sealed_answer: bytes, grace: timedelta, now: datetime
    ) -> Rotation:
        """As the port says."""

        def work() -> Work[Rotation]:
            used = yield _USE(of_token=token_hash, now=to_micros(now))
            if not used:
                return (yield from _what_it_became(token_hash, grace, now))
            ((grant_id,),) = used
            until = to_micros(now + grace)
            yield _KEEP_ANSWER(grant_id=grant_id, token_hash=token_hash, sealed=sealed_answer, expires_at=until)
            yield from keep(issued)
            return Rotated()

        return await self._driver.transact(work)


def _what_it_became(token_hash: str, grace: timedelta, now: datetime) -> Work[Rotation]:
    rows = yield _BECAME(of_token=token_hash)
    if not rows:
        return Lapsed()
    ((grant_id, first_used_at, sealed_answer),) = rows
    living = yield from grants.is_living(str(grant_id), now)
    if not living:
        return Lapsed()
    if isinstance(sealed_answer, bytes) and now < from_micros(first_used_at) + grace:
        return Repeated(sealed_answer)
    yield from grants.revoke(str(grant_id), RevokeReason.REFRESH_REUSED, now)
    return Reused()
