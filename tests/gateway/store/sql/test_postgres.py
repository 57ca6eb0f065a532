import asyncio
import secrets

import pytest
from sqlalchemy import text

from cable import cable
from gongpai.gateway.store.sql.driver import Statement, StoreError, Trouble, Work
from gongpai.gateway.store.sql.postgres import PostgresDriver
from memory import until
from services import PostgresServer

pytestmark = pytest.mark.services
ONE = Statement(text("SELECT 1"))
WRONG = Statement(text("SELECT nothing FROM nowhere"))


def nothing() -> Work[None]:
    yield ONE()


def wrong() -> Work[None]:
    yield WRONG()


async def test_a_server_that_does_not_answer_is_a_store_error_without_the_url() -> None:
    password = secrets.token_hex(8)
    with pytest.raises(StoreError) as caught:
        await PostgresDriver.open(f"postgresql://gongpai:{password}@127.0.0.1:1/none")
    assert password not in str(caught.value)
    assert caught.value.trouble is Trouble.UNREACHABLE


async def test_a_wrong_statement_is_a_store_error(postgres_url: str) -> None:
    driver = await PostgresDriver.open(postgres_url)
    for answer in (driver.read(WRONG()), driver.write(WRONG()), driver.transact(wrong)):
        with pytest.raises(StoreError, match="42P01"):
            await answer
    await driver.close()


async def test_listeners_are_woken_and_find_back_after_a_cut(
    postgres_url: str, postgres_server: PostgresServer
) -> None:
    driver = await PostgresDriver.open(postgres_url)
    woken: list[float] = []
    await driver.listen(lambda: woken.append(asyncio.get_running_loop().time()))
    await until(lambda: len(woken) == 1)  # connected
    await driver.transact(nothing, tells=True)
    await until(lambda: len(woken) == 2)
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
    await asyncio.to_thread(postgres_server.execute, cut)
    await until(lambda: len(woken) == 3)  # connected again: something may have been missed
    await driver.transact(nothing)
    assert len(woken) == 3
    await driver.close()


async def test_a_cut_pool_connects_again(postgres_url: str, postgres_server: PostgresServer) -> None:
    driver = await PostgresDriver.open(postgres_url)
    assert len(await driver.read(ONE())) == 1
    name = postgres_url.rpartition("/")[2]
    cut = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"  # noqa: S608
    await asyncio.to_thread(postgres_server.execute, cut)

    async def answers() -> bool:
        try:
            return len(await driver.read(ONE())) == 1
        except StoreError:
            return False

    # The server ends its side a moment after it said that it will; then one question may be lost, not two.
    found = [await answers() for _ in range(3)]
    assert found.count(False) <= 1
    assert found[-1]
    await driver.close()


async def test_whoever_asks_a_server_that_is_cut_off_hears_so_in_time_however_many_ask(
    postgres_url: str, postgres_server: PostgresServer
) -> None:
    with cable(postgres_server.port) as laid:
        driver = await PostgresDriver.open(postgres_url.replace(f":{postgres_server.port}/", f":{laid.port}/"))
        with laid.cut():
            asks = [driver.read(ONE()) for _ in range(150)] + [driver.transact(nothing) for _ in range(20)]
            # One after the other, in as many turns as there are connections for, they would wait minutes.
            async with asyncio.timeout(45):
                answers = await asyncio.gather(*asks, return_exceptions=True)
        assert {type(answer) for answer in answers} == {StoreError}
        assert len(await driver.read(ONE())) == 1
        await driver.close()
