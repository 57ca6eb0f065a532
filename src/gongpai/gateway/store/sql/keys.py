"""The sealed key ring in SQL."""

from datetime import datetime

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from gongpai.gateway.records import KeyPurpose, NewsKind, SealedKey
from gongpai.gateway.store.sql import news
from gongpai.gateway.store.sql.driver import Driver, Statement, Work
from gongpai.gateway.store.sql.rows import Codec, to_micros
from gongpai.gateway.store.sql.tables import keys, news_head

_codec = Codec(SealedKey, keys)
# Whoever changes the ring holds this row, so that two processes never make the first key of a purpose both.
_HOLD = Statement(update(news_head).values(sequence=news_head.c.sequence))
_LIVING = Statement(
    select(keys.c.key_id).where(
        keys.c.purpose == bindparam("of_purpose"),
        keys.c.revoked_at.is_(None),
        or_(keys.c.retires_at.is_(None), keys.c.retires_at > bindparam("now")),
    ),
)
_RETIRE = Statement(
    update(keys)
    .where(keys.c.purpose == bindparam("of_purpose"), keys.c.retires_at.is_(None))
    .values(retires_at=bindparam("at")),
)
_ADD = Statement(insert(keys))
_FIND = Statement(
    select(*_codec.columns).where(keys.c.revoked_at.is_(None)).order_by(keys.c.activates_at.desc(), keys.c.key_id)
)
_REVOKE = Statement(
    update(keys)
    .where(keys.c.key_id == bindparam("of_key"), keys.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("now"), sealed=b"")
    .returning(keys.c.purpose),
)
_RESERVE = Statement(
    update(keys)
    .where(keys.c.key_id == bindparam("of_key"), keys.c.revoked_at.is_(None))
    .values(seals=keys.c.seals + bindparam("more"))
    .returning(keys.c.seals),
)


class SqlKeys:
    """The port of the key ring on a SQL database."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def add(self, key: SealedKey, *, retire_others_at: datetime | None, only_if_none: bool) -> bool:
        """As the port says."""

        def work() -> Work[bool]:
            yield _HOLD()
            if only_if_none and (yield _LIVING(of_purpose=key.purpose.value, now=to_micros(key.created_at))):
                return False
            if retire_others_at is not None:
                yield _RETIRE(of_purpose=key.purpose.value, at=to_micros(retire_others_at))
            yield _ADD(_codec.to_params(key))
            yield from news.tell(NewsKind.KEYS_CHANGED, key.key_id, 0, key.created_at + news.TOLD_FOR)
            return True

        return await self._driver.transact(work, tells=True)

    async def find(self) -> list[SealedKey]:
        """As the port says."""
        return [_codec.from_row(row) for row in await self._driver.read(_FIND())]

    async def revoke(self, key_id: str, now: datetime) -> KeyPurpose | None:
        """As the port says."""

        def work() -> Work[KeyPurpose | None]:
            yield _HOLD()
            rows = yield _REVOKE(of_key=key_id, now=to_micros(now))
            if not rows:
                return None
            yield from news.tell(NewsKind.KEYS_CHANGED, key_id, 0, now + news.TOLD_FOR)
            return KeyPurpose(str(rows[0][0]))

        return await self._driver.transact(work, tells=True)

    async def reserve(self, key_id: str, seals: int) -> int | None:
        """As the port says."""
        rows = await self._driver.write(_RESERVE(of_key=key_id, more=seals))
        return int(str(rows[0][0])) if rows else None
