"""Sign-in attempts and seen codes in SQL."""

from datetime import datetime

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or

from gongpai.gateway.records import SeenCode, SignInAttempt
from gongpai.gateway.store.sql.driver import Driver, Statement, Work
from gongpai.gateway.store.sql.rows import Codec, to_micros
from gongpai.gateway.store.sql.tables import attempts, seen_codes

_codec = Codec(SignInAttempt, attempts)
_THIS = attempts.c.state == bindparam("of_state")
_MAKE_ROOM = Statement(
    delete(attempts).where(
        attempts.c.state.in_(
            select(attempts.c.state)
            .where(attempts.c.browser_hash == bindparam("of_browser"), attempts.c.spent_at.is_(None))
            .order_by(attempts.c.created_at.desc())
            .limit(1000)
            .offset(bindparam("kept")),
        ),
    ),
)
_PUT = Statement(insert(attempts))
_TAKE = Statement(
    update(attempts)
    .where(_THIS, attempts.c.spent_at.is_(None), attempts.c.expires_at > bindparam("now"))
    .values(spent_at=bindparam("now"), code_hash=bindparam("code"))
    .returning(*_codec.columns),
)
_GET = Statement(select(*_codec.columns).where(_THIS))
_FINISH = Statement(
    update(attempts)
    .where(_THIS, attempts.c.spent_at.is_not(None), attempts.c.finished_at.is_(None))
    .values(outcome=bindparam("sealed"), finished_at=bindparam("now"))
    .returning(attempts.c.state),
)

_code_codec = Codec(SeenCode, seen_codes)
_SEE = Statement(
    insert_or(seen_codes).on_conflict_do_nothing(index_elements=["code_hash"]).returning(seen_codes.c.code_hash),
)
_FIRST = Statement(select(*_code_codec.columns).where(seen_codes.c.code_hash == bindparam("of_code")))


class SqlAttempts:
    """The port of sign-in attempts on a SQL database."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def put(self, attempt: SignInAttempt, *, per_browser: int) -> None:
        """As the port says."""

        def work() -> Work[None]:
            yield _MAKE_ROOM(of_browser=attempt.browser_hash, kept=per_browser - 1)
            yield _PUT(_codec.to_params(attempt))

        await self._driver.transact(work)

    async def take(self, state: str, code_hash: str | None, now: datetime) -> SignInAttempt | None:
        """As the port says."""
        rows = await self._driver.write(_TAKE(of_state=state, code=code_hash, now=to_micros(now)))
        return _codec.from_row(rows[0]) if rows else None

    async def get(self, state: str) -> SignInAttempt | None:
        """As the port says."""
        rows = await self._driver.read(_GET(of_state=state))
        return _codec.from_row(rows[0]) if rows else None

    async def finish(self, state: str, outcome: bytes, now: datetime) -> bool:
        """As the port says."""
        return bool(await self._driver.write(_FINISH(of_state=state, sealed=outcome, now=to_micros(now))))


class SqlCodes:
    """The port of seen codes on a SQL database."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def see(self, code: SeenCode) -> SeenCode:
        """As the port says."""
        # Nearly always it is new.
        if await self._driver.write(_SEE(_code_codec.to_params(code))):
            return code
        rows = await self._driver.read(_FIRST(of_code=code.code_hash))
        # One that was swept in between was first seen long before WeCom forgot it.
        return _code_codec.from_row(rows[0]) if rows else code
