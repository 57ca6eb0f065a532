import asyncio
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text

from gongpai.gateway.store.sql.driver import Statement, StoreError, Trouble, Work
from gongpai.gateway.store.sql.rows import Row
from gongpai.gateway.store.sql.sqlite import SqliteDriver

ADD = Statement(text("INSERT INTO numbers (n) VALUES (:n)"))
ALL = Statement(text("SELECT n FROM numbers ORDER BY n"))
WRONG = Statement(text("SELECT nothing FROM nowhere"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "numbers.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE numbers (n INTEGER UNIQUE)")
    connection.close()
    return path


def adding(*numbers: int) -> Work[int]:
    for number in numbers:
        yield ADD(n=number)
    return len(numbers)


def failing(number: int) -> Work[int]:
    yield ADD(n=number)
    raise KeyError(number)


async def all_of(driver: SqliteDriver) -> list[Row]:
    return list(await driver.read(ALL()))


async def test_what_was_written_is_read_at_once(path: Path) -> None:
    driver = SqliteDriver(path)
    await driver.write(ADD(n=1))
    assert await all_of(driver) == [(1,)]
    await driver.close()


async def test_one_failing_job_of_a_group_takes_nobody_with_it(path: Path) -> None:
    driver = SqliteDriver(path)
    jobs = [lambda n=n: adding(n) for n in range(10)]
    broken = [lambda: adding(20, 0), lambda: failing(30)]
    answers = await asyncio.gather(*(driver.transact(job) for job in [*jobs, *broken]), return_exceptions=True)
    assert answers[:10] == [1] * 10
    assert isinstance(answers[10], StoreError)
    assert isinstance(answers[11], KeyError)
    assert await all_of(driver) == [(n,) for n in range(10)]
    await driver.close()


async def test_what_one_round_of_the_loop_asks_for_is_one_commit(path: Path) -> None:
    driver = SqliteDriver(path)
    writing = [asyncio.ensure_future(driver.write(ADD(n=n))) for n in range(50)]
    await asyncio.wait(writing, return_when=asyncio.FIRST_COMPLETED)
    assert len(await all_of(driver)) == 50
    await asyncio.gather(*writing)
    await driver.close()


async def test_a_caller_that_goes_away_hinders_nobody(path: Path) -> None:
    driver = SqliteDriver(path)
    gone = asyncio.ensure_future(driver.write(ADD(n=1)))
    await asyncio.sleep(0)
    gone.cancel()
    await driver.write(ADD(n=2))
    assert (2,) in await all_of(driver)
    await driver.close()


async def test_closing_writes_what_is_queued_and_then_refuses(path: Path) -> None:
    driver = SqliteDriver(path)
    queued = [asyncio.ensure_future(driver.write(ADD(n=n))) for n in range(600)]
    await asyncio.sleep(0)
    await driver.close()
    await asyncio.gather(*queued)
    with pytest.raises(StoreError):
        await driver.write(ADD(n=1000))
    again = SqliteDriver(path)
    assert len(await all_of(again)) == 600
    await again.close()


async def test_a_wrong_statement_is_a_store_error(path: Path) -> None:
    driver = SqliteDriver(path)
    for answer in (driver.read(WRONG()), driver.write(WRONG())):
        with pytest.raises(StoreError):
            await answer
    await driver.close()


async def test_a_database_that_another_holds_too_long_is_a_store_error(path: Path) -> None:
    driver = SqliteDriver(path, busy_seconds=0.05)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError) as caught:
        await driver.write(ADD(n=1))
    assert caught.value.trouble is Trouble.LOCKED
    other.execute("ROLLBACK")
    other.close()
    await driver.write(ADD(n=1))
    assert await all_of(driver) == [(1,)]
    await driver.close()


async def test_two_drivers_on_one_file_both_write(path: Path) -> None:
    one, two = SqliteDriver(path), SqliteDriver(path)
    await asyncio.gather(
        *(driver.write(ADD(n=n * 2 + odd)) for n in range(100) for odd, driver in enumerate((one, two)))
    )
    assert len(await all_of(one)) == 200
    await one.close()
    await two.close()
