"""``gongpai audit verify``: a chain that somebody changed is named."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gongpai.cli.program import program
from gongpai.gateway.audit import Audit, AuditEvent
from gongpai.gateway.config.values import parse_secret_key
from gongpai.gateway.records import World
from gongpai.gateway.store.migrate import migrate
from gongpai.gateway.store.open import open_stores
from services import PostgresServer
from settings_of_tests import RIGHT, SECRET_KEY


def run(storage: str, *arguments: str, **changes: str) -> Result:
    environ = {**RIGHT, "GONGPAI_STORAGE": storage, "LANG": "C", **changes}
    return CliRunner().invoke(program, ["audit", "verify", *arguments], env=environ)


async def _record(storage: str, events: int) -> None:
    async with open_stores(storage) as stores:
        audit = Audit(stores.audit, parse_secret_key(SECRET_KEY) or b"")
        for number in range(events):
            await audit.record(AuditEvent("session.ended", facts={"n": number}), datetime.now(UTC))


@pytest.mark.services
def test_a_changed_record_is_named_and_sound_ones_are_counted(
    postgres_url: str, postgres_server: PostgresServer
) -> None:
    migrate(postgres_url, World.WECOM)
    assert (run(postgres_url).exit_code, run(postgres_url).stdout) == (0, "sound: 0 chains, 0 records\n")
    for _ in range(2):
        asyncio.run(_record(postgres_url, 3))
    assert (run(postgres_url).exit_code, run(postgres_url).stdout) == (0, "sound: 2 chains, 6 records\n")
    assert run(postgres_url, "--lang", "zh").stdout == "完好：2 条链，6 条记录\n"
    name = postgres_url.rpartition("/")[2]
    node = postgres_server.execute("SELECT max(node) FROM audit", name).strip()
    postgres_server.execute(f"DELETE FROM audit WHERE number = 2 AND node = '{node}'", name)  # noqa: S608  our own node
    broken = run(postgres_url)
    assert (broken.exit_code, broken.stdout) == (1, "")
    assert broken.stderr.startswith(f"the audit chain breaks at {node} 2: ")
    assert "审计链断在" in run(postgres_url, LANG="zh_CN.UTF-8", LC_ALL="").stderr


def test_another_secret_key_breaks_every_chain_at_its_beginning(tmp_path: Path) -> None:
    storage = f"sqlite://{tmp_path}/gongpai.db"
    migrate(storage, World.WECOM)
    asyncio.run(_record(storage, 2))
    wrong = run(storage, GONGPAI_SECRET_KEY="b" * 42 + "A")
    assert (wrong.exit_code, " 1: " in wrong.stderr, "see to secret_key" in wrong.stderr) == (1, True, True)


def test_what_cannot_be_read_is_said_with_its_status(tmp_path: Path) -> None:
    assert run(f"sqlite://{tmp_path}/none.db").exit_code == 3
    assert run("nonsense").exit_code == 2
