"""Consents in SQL."""

from datetime import datetime

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert

from gongpai.gateway.records_provider import Consent
from gongpai.gateway.store.sql import grants
from gongpai.gateway.store.sql.driver import Driver, Statement, Work
from gongpai.gateway.store.sql.rows import Codec
from gongpai.gateway.store.sql.tables_provider import consents

_codec = Codec(Consent, consents)
_OF_SUBJECT = consents.c.subject == bindparam("of_subject")
_THIS = (_OF_SUBJECT, consents.c.client_id == bindparam("of_client"))
_GET = Statement(select(*_codec.columns).where(*_THIS))
_FIND = Statement(select(*_codec.columns).where(_OF_SUBJECT).order_by(consents.c.client_id))
_insert = insert(consents)
_GIVE = Statement(
    _insert.on_conflict_do_update(
        index_elements=["subject", "client_id"],
        set_={name: _insert.excluded[name] for name in ("scopes", "given_at")},
    ),
)
_WITHDRAW = Statement(delete(consents).where(*_THIS).returning(consents.c.client_id))
_FORGET = Statement(delete(consents).where(_OF_SUBJECT))


class SqlConsents:
    """The port of consents on a SQL database."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def get(self, subject: str, client_id: str) -> Consent | None:
        """As the port says."""
        rows = await self._driver.read(_GET(of_subject=subject, of_client=client_id))
        return _codec.from_row(rows[0]) if rows else None

    async def find(self, subject: str) -> list[Consent]:
        """As the port says."""
        return [_codec.from_row(row) for row in await self._driver.read(_FIND(of_subject=subject))]

    async def give(self, consent: Consent) -> None:
        """As the port says."""
        await self._driver.write(_GIVE(_codec.to_params(consent)))

    async def withdraw(self, subject: str, client_id: str, now: datetime) -> bool:
        """As the port says."""

        def work() -> Work[bool]:
            has_revoked = yield from grants.revoke_to_party(subject, client_id, now)
            forgotten = yield _WITHDRAW(of_subject=subject, of_client=client_id)
            return bool(forgotten) or has_revoked

        return await self._driver.transact(work)


def forget_all_of(subject: str) -> Work[None]:
    """Forget what a person allowed who is gone for good."""
    yield _FORGET(of_subject=subject)
