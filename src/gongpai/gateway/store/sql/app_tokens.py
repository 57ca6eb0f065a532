"""The library's store of app tokens on our database: one token a fleet, sealed at rest (T28)."""

from datetime import datetime, timedelta

import msgspec
from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert

from gongpai.gateway.records import KeyPurpose
from gongpai.gateway.ring import KeyRing, SealError
from gongpai.gateway.store.sql.counters import SqlLeases
from gongpai.gateway.store.sql.driver import Driver, Statement, Work
from gongpai.gateway.store.sql.rows import to_micros
from gongpai.gateway.store.sql.tables import app_tokens, leases
from gongpai.wecom.app_token.policy import AppToken, AppTokenKey

_insert = insert(app_tokens)
_GET = Statement(select(app_tokens.c.sealed).where(app_tokens.c.key == bindparam("of_key")))
_IS_OURS = Statement(
    select(leases.c.name)
    .where(leases.c.name == bindparam("of_name"), leases.c.fence == bindparam("of_fence"))
    .with_for_update(),
)
_PUT = Statement(
    _insert.on_conflict_do_update(
        index_elements=["key"],
        set_={name: _insert.excluded[name] for name in ("sealed", "version", "expires_at")},
    ),
)
_DROP = Statement(
    delete(app_tokens).where(app_tokens.c.key == bindparam("of_key"), app_tokens.c.version == bindparam("of_version")),
)


class SqlAppTokens:
    """``AsyncAppTokenStore`` of the library on a SQL database."""

    def __init__(self, driver: Driver, ring: KeyRing) -> None:
        self._driver = driver
        self._leases = SqlLeases(driver)
        self._ring = ring

    async def get(self, key: AppTokenKey) -> AppToken | None:
        """As the port says; a token sealed under a key that is gone counts as none."""
        rows = await self._driver.read(_GET(of_key=str(key)))
        if not rows or not isinstance(sealed := rows[0][0], bytes):
            return None
        try:
            opened = self._ring.open(KeyPurpose.KEPT, sealed, _use(key))
        except SealError:
            return None
        return msgspec.json.decode(opened, type=AppToken)

    async def acquire_lease(self, key: AppTokenKey, holder: str, ttl: timedelta, now: datetime) -> int | None:
        """As the port says."""
        return await self._leases.acquire(_lease_name(key), holder, ttl, now)

    async def put(self, key: AppTokenKey, token: AppToken, fence: int) -> bool:
        """As the port says."""
        sealed = self._ring.seal(KeyPurpose.KEPT, msgspec.json.encode(token), _use(key))
        row = {"key": str(key), "sealed": sealed, "version": token.version, "expires_at": to_micros(token.expires_at)}

        def work() -> Work[bool]:
            if not (yield _IS_OURS(of_name=_lease_name(key), of_fence=fence)):
                return False
            yield _PUT(row)
            return True

        return await self._driver.transact(work)

    async def drop(self, key: AppTokenKey, failed_version: int) -> None:
        """As the port says."""
        await self._driver.write(_DROP(of_key=str(key), of_version=failed_version))

    async def release_lease(self, key: AppTokenKey, fence: int) -> None:
        """As the port says."""
        await self._leases.release(_lease_name(key), fence)


def _lease_name(key: AppTokenKey) -> str:
    return f"app_token:{key}"


def _use(key: AppTokenKey) -> bytes:
    return f"app_token\x00{key}".encode()
