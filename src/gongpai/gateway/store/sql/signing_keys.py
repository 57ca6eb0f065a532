"""The provider's signing keys in SQL: every change is one act, and only one of two at once succeeds."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from gongpai.gateway.records import NewsKind
from gongpai.gateway.records_provider import SigningKey
from gongpai.gateway.store.sql import news
from gongpai.gateway.store.sql.driver import Driver, Statement, Work
from gongpai.gateway.store.sql.rows import Codec
from gongpai.gateway.store.sql.tables_provider import signing_keys

_codec = Codec(SigningKey, signing_keys)
_FIND = Statement(select(*_codec.columns).order_by(signing_keys.c.alg, signing_keys.c.number.desc()))
_CHANGE = Statement(
    update(signing_keys)
    .where(signing_keys.c.kid == bindparam("of_kid"), signing_keys.c.version == bindparam("of_version"))
    .values(activates_at=bindparam("activates"), retires_at=bindparam("retires"), version=signing_keys.c.version + 1)
    .returning(signing_keys.c.kid),
)
_ADD = Statement(
    insert(signing_keys).on_conflict_do_nothing(index_elements=["alg", "number"]).returning(signing_keys.c.kid),
)


class _TooLateError(Exception):
    """Undoes the transaction: somebody else was faster."""


class SqlSigningKeys:
    """The port of signing keys on a SQL database."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def find(self) -> list[SigningKey]:
        """As the port says."""
        return [_codec.from_row(row) for row in await self._driver.read(_FIND())]

    async def change(self, changed: Sequence[SigningKey], added: Sequence[SigningKey]) -> bool:
        """As the port says."""

        def work() -> Work[None]:
            for key in changed:
                params = _codec.to_params(key)
                if not (
                    yield _CHANGE(
                        of_kid=key.kid,
                        of_version=key.version - 1,
                        activates=params["activates_at"],
                        retires=params["retires_at"],
                    )
                ):
                    raise _TooLateError
            for key in added:
                if not (yield _ADD(_codec.to_params(key))):
                    raise _TooLateError
            yield from news.tell(NewsKind.SIGNING_KEYS_CHANGED, "", 0, datetime.now(UTC) + news.TOLD_FOR)

        try:
            await self._driver.transact(work, tells=True)
        except _TooLateError:
            return False
        return True
