"""No request reads a table from end to end: the plan of every statement, on both databases.

Statements are found in the modules, so that a new one is examined without being named here; the few that may read a
whole table are named with the reason.
"""

import importlib
import json
import pkgutil
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import asyncpg as postgresql

from gongpai.gateway.store import sql
from gongpai.gateway.store.sql.driver import Compiler, Statement
from services import PostgresServer

# A dozen keys, one row of the news' head.
_TINY = {
    "keys._FIND",
    "keys._HOLD",
    "keys._LIVING",
    "keys._RETIRE",
    "news._DRAW",
    "signing_keys._FIND",
}
_COMMANDS = {"parties._FIND", "parties._FORGET_CONSENTS", "parties._REVOKE_GRANTS"}
# Clean-up, by one runner at a time, of tables with a row for each app, key or colleague.
_CLEANUP = {"sweep.app_tokens", "sweep.keys", "sweep.signing_keys", "sweep.directory"}
MAY_SCAN = _TINY | _COMMANDS | _CLEANUP


def statements() -> Iterator[tuple[str, Statement]]:
    """Yield every statement of the store with its name."""
    for module in pkgutil.iter_modules(sql.__path__):
        members = vars(importlib.import_module(f"{sql.__name__}.{module.name}"))
        for name, member in members.items():
            if isinstance(member, Statement):
                yield f"{module.name}.{name}", member
            elif isinstance(member, tuple):
                for each in member:
                    statement = each[0] if isinstance(each, tuple) else each
                    if isinstance(statement, Statement):
                        yield f"{module.name}.{table_of(statement)}", statement


def table_of(statement: Statement) -> str:
    return str(statement.clause.compile()).split()[2]


NAMED = dict(statements())
EXAMINED = [pytest.param(statement, id=name) for name, statement in NAMED.items() if name not in MAY_SCAN]


def test_what_may_scan_is_there() -> None:
    assert NAMED.keys() >= MAY_SCAN
    assert len(EXAMINED) > 80


@pytest.fixture(scope="module")
def plans_of_sqlite(sqlite_template: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(sqlite_template)) as connection:
        yield connection


@pytest.mark.parametrize("statement", EXAMINED)
def test_sqlite_finds_every_row_by_an_index(plans_of_sqlite: sqlite3.Connection, statement: Statement) -> None:
    compiled = Compiler(sqlite.dialect(paramstyle="qmark")).compile(statement)
    values = [compiled.literals.get(name) for name in compiled.names]
    plan = [str(row[3]) for row in plans_of_sqlite.execute(f"EXPLAIN QUERY PLAN {compiled.text}", values)]
    assert [step for step in plan if step.startswith("SCAN") and step != "SCAN due"] == []


def nodes(plan: dict[str, object]) -> Iterator[dict[str, object]]:
    """Yield the plan's node and all below it."""
    yield plan
    below = plan.get("Plans", [])
    assert isinstance(below, list)
    for each in below:
        yield from nodes(each)


def is_scan(node: dict[str, object]) -> bool:
    kind = str(node["Node Type"])
    return kind == "Seq Scan" or (kind.endswith(("Index Scan", "Index Only Scan")) and "Index Cond" not in node)


@pytest.fixture
async def planner(postgres_server: PostgresServer, postgres_template: str) -> AsyncIterator[asyncpg.Connection]:
    """Yield a connection that scans a table only where no index serves, whatever is bound and however few the rows."""
    connection = await asyncpg.connect(postgres_server.url(postgres_template))
    await connection.execute("SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan")
    yield connection
    await connection.close()


@pytest.mark.services
async def test_postgresql_finds_every_row_by_an_index(planner: asyncpg.Connection) -> None:
    compiler = Compiler(postgresql.dialect())  # type: ignore[no-untyped-call]  # SQLAlchemy has no types here
    scanning = {}
    for name, statement in NAMED.items():
        compiled = compiler.compile(statement)
        await planner.execute(f"PREPARE examined AS {compiled.text}")
        nulls = f"({', '.join(['NULL'] * len(compiled.names))})" if compiled.names else ""
        (explained,) = json.loads(await planner.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE examined{nulls}"))
        await planner.execute("DEALLOCATE examined")
        scans = [node.get("Relation Name") for node in nodes(explained["Plan"]) if is_scan(node)]
        if scans:
            scanning[name] = scans
    assert {name: scans for name, scans in scanning.items() if name not in MAY_SCAN} == {}
    # Those that may are seen to; but for one, which reads a whole index and calls it a condition. SQLite tells.
    assert scanning.keys() == MAY_SCAN - {"parties._FORGET_CONSENTS"}
