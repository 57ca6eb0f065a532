"""The news in SQL: numbers become visible in the order in which they were drawn."""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, insert, select, update

from gongpai.gateway.records import News, NewsKind
from gongpai.gateway.store.sql.driver import Driver, Statement, Work
from gongpai.gateway.store.sql.rows import Codec, to_micros
from gongpai.gateway.store.sql.tables import news, news_head

# How long a piece of news stays that is over once it was heard: far longer than any worker goes without hearing.
TOLD_FOR = timedelta(days=1)

_codec = Codec(News, news)
# The row stays locked until the commit, so whoever draws the next number waits: nothing smaller can appear later.
_DRAW = Statement(update(news_head).values(sequence=news_head.c.sequence + 1).returning(news_head.c.sequence))
_TELL = Statement(insert(news))
_AFTER = Statement(
    select(*_codec.columns)
    .where(news.c.sequence > bindparam("sequence"))
    .order_by(news.c.sequence)
    .limit(bindparam("most")),
)


def tell(kind: NewsKind, ref: str, number: int, until: datetime) -> Work[None]:
    """Tell everyone, inside the transaction that makes it true."""
    ((sequence,),) = yield _DRAW()
    yield _TELL(sequence=sequence, kind=kind.value, ref=ref, number=number, until=to_micros(until))


class SqlNews:
    """The port of the news on a SQL database."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def after(self, sequence: int, limit: int) -> list[News]:
        """As the port says."""
        rows = await self._driver.read(_AFTER(sequence=sequence, most=limit))
        return [_codec.from_row(row) for row in rows]
