"""T30: the audit log of each node is a chain of HMACs under a key that is not in the database.

Checkpoints beside the database, anchors of what was let go, and keys of single persons come with the vault.
"""

import sqlite3
from contextlib import closing

import pytest

from gateways import Gateway
from gongpai.gateway.audit import Chain, verify
from gongpai.gateway.ring import derive
from gongpai.gateway.store.open import open_stores


async def chains(gateway: Gateway, secret_key: bytes | None = None) -> list[Chain]:
    async with open_stores(gateway.config.storage) as stores:
        return [chain async for chain in verify(stores.audit, secret_key or gateway.config.secret_key)]


async def busy(gateway: Gateway) -> None:
    """Let three things happen that are audited."""
    for _ in range(3):
        await gateway.browser().sign_in()


async def test_an_untouched_log_is_sound_and_only_for_who_has_the_key(gateway: Gateway) -> None:
    await busy(gateway)
    (chain,) = await chains(gateway)
    assert chain.sound >= 3
    assert chain.broken_at is None
    (guessed,) = await chains(gateway, b"1" * 32)
    assert guessed.broken_at == 1
    database = (gateway.storage / "gongpai.db").read_bytes() + (gateway.storage / "gongpai.db-wal").read_bytes()
    for key in (gateway.config.secret_key, derive(gateway.config.secret_key, b"audit")):
        assert key not in database
        assert key.hex().encode() not in database


@pytest.mark.parametrize(
    "forgery",
    [
        "UPDATE audit SET event = replace(event, 'succeeded', 'refused') WHERE number = 2",
        "UPDATE audit SET at = at + 1 WHERE number = 2",
        "UPDATE audit SET mac = (SELECT mac FROM audit WHERE number = 1) WHERE number = 2",
        "DELETE FROM audit WHERE number = 2",
    ],
)
async def test_who_can_only_write_to_the_database_changes_nothing_unseen(gateway: Gateway, forgery: str) -> None:
    await busy(gateway)
    with closing(sqlite3.connect(gateway.storage / "gongpai.db")) as connection:
        connection.execute(forgery)
        connection.commit()
    (chain,) = await chains(gateway)
    assert chain.broken_at == 2
