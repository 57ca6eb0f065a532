"""People in SQL."""

from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from gongpai.gateway.records import EndReason, NewsKind, Person
from gongpai.gateway.records_provider import RevokeReason
from gongpai.gateway.store.sql import consents, grants, news, sessions
from gongpai.gateway.store.sql.driver import Driver, Statement, Work
from gongpai.gateway.store.sql.rows import Row, from_micros, to_micros
from gongpai.gateway.store.sql.tables import people
from gongpai.wecom.models import AccountKey, Kind

_SAME_KEY = (
    people.c.asserting_corpid == bindparam("asserting_corpid"),
    people.c.home_corpid == bindparam("home_corpid"),
    people.c.userid == bindparam("userid"),
    people.c.kind == bindparam("kind"),
)
_MINT = Statement(
    insert(people).on_conflict_do_nothing(
        index_elements=["asserting_corpid", "home_corpid", "userid", "kind"],
        index_where=people.c.retired_at.is_(None),
    )
)
_LIVING = Statement(select(people).where(*_SAME_KEY, people.c.retired_at.is_(None)))
_GET = Statement(select(people).where(people.c.subject == bindparam("subject")))
_FIND = Statement(select(people).where(*_SAME_KEY).order_by(people.c.minted_at.desc()))
_RETIRE = Statement(
    update(people)
    .where(people.c.subject == bindparam("of_subject"), people.c.retired_at.is_(None))
    .values(retired_at=bindparam("now"))
    .returning(people.c.subject)
)
_RAISE = Statement(
    update(people)
    .where(people.c.subject == bindparam("of_subject"))
    .values(epoch=people.c.epoch + 1)
    .returning(people.c.epoch)
)


class SqlPeople:
    """The port of people on a SQL database."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def mint(self, person: Person) -> Person:
        """As the port says."""

        def work() -> Work[Row]:
            yield _MINT(_params(person))
            (row,) = yield _LIVING(_key_params(person.key))
            return row

        found = await self._driver.read(_LIVING(_key_params(person.key)))
        return _person(found[0] if found else await self._driver.transact(work))

    async def get(self, subject: str) -> Person | None:
        """As the port says."""
        rows = await self._driver.read(_GET(subject=subject))
        return _person(rows[0]) if rows else None

    async def find(self, key: AccountKey) -> list[Person]:
        """As the port says."""
        return [_person(row) for row in await self._driver.read(_FIND(_key_params(key)))]

    async def retire(self, subject: str, now: datetime) -> list[str]:
        """As the port says."""

        def work() -> Work[list[str]]:
            if not (yield _RETIRE(of_subject=subject, now=to_micros(now))):
                return []
            ended = yield from sessions.end_all_of(subject, EndReason.RETIRED, now)
            yield from grants.revoke_of_subject(subject, RevokeReason.RETIRED, now)
            yield from consents.forget_all_of(subject)
            return ended

        return await self._driver.transact(work, tells=True)

    async def raise_epoch(self, subject: str, until: datetime) -> int:
        """As the port says."""

        def work() -> Work[int]:
            rows = yield _RAISE(of_subject=subject)
            epoch = int(str(rows[0][0])) if rows else 0
            yield from news.tell(NewsKind.EPOCH_RAISED, subject, epoch, until)
            return epoch

        return await self._driver.transact(work, tells=True)


def _key_params(key: AccountKey) -> dict[str, object]:
    return {
        "asserting_corpid": key.asserting_corpid,
        "home_corpid": key.home_corpid,
        "userid": key.userid,
        "kind": key.kind.value,
    }


def _params(person: Person) -> dict[str, object]:
    return {
        **_key_params(person.key),
        "subject": person.subject,
        "epoch": person.epoch,
        "minted_at": to_micros(person.minted_at),
        "retired_at": None if person.retired_at is None else to_micros(person.retired_at),
    }


def _person(row: Row) -> Person:
    subject, asserting, home, userid, kind, epoch, minted_at, retired_at = row
    return Person(
        subject=str(subject),
        key=AccountKey(str(asserting), str(home), str(userid), Kind(str(kind))),
        epoch=int(str(epoch)),
        minted_at=from_micros(minted_at),
        retired_at=None if retired_at is None else from_micros(retired_at),
    )
