"""The audit log in SQL."""

from collections.abc import Sequence

from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects.postgresql import insert

from gongpai.gateway.records import AuditRecord
from gongpai.gateway.store.sql.driver import Driver, Statement, Work
from gongpai.gateway.store.sql.rows import Codec
from gongpai.gateway.store.sql.tables import audit

_codec = Codec(AuditRecord, audit)
# A batch is put again when its answer was lost.
_PUT = Statement(insert(audit).on_conflict_do_nothing(index_elements=["node", "number"]))
_FIND = Statement(
    select(*_codec.columns)
    .where(audit.c.node == bindparam("of_node"), audit.c.number > bindparam("after"))
    .order_by(audit.c.number)
    .limit(bindparam("most")),
)
_NEXT_NODE = Statement(select(func.min(audit.c.node)).where(audit.c.node > bindparam("after")))


def append(records: Sequence[AuditRecord]) -> Work[None]:
    """Append *records*, in the transaction of what they tell of."""
    for record in records:
        yield _PUT(_codec.to_params(record))


class SqlAudit:
    """The port of the audit log on a SQL database."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self.is_ordered = driver.is_ordered

    async def put(self, records: Sequence[AuditRecord]) -> None:
        """As the port says."""
        await self._driver.transact(lambda: append(records))

    async def find(self, node: str, after: int, limit: int) -> list[AuditRecord]:
        """As the port says."""
        rows = await self._driver.read(_FIND(of_node=node, after=after, most=limit))
        return [_codec.from_row(row) for row in rows]

    async def next_node(self, after: str) -> str | None:
        """As the port says."""
        ((node,),) = await self._driver.read(_NEXT_NODE(after=after))
        return None if node is None else str(node)
