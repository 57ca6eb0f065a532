"""Devices that ask to be signed in, in SQL."""

from datetime import datetime

from sqlalchemy import bindparam, exists, select, update
from sqlalchemy.dialects.postgresql import insert

from gongpai.gateway.records_provider import DeviceRequest, DeviceStatus, Grant, Issued
from gongpai.gateway.store.sql import grants, tokens
from gongpai.gateway.store.sql.driver import Driver, Statement, Work
from gongpai.gateway.store.sql.rows import Codec, to_micros
from gongpai.gateway.store.sql.tables_provider import devices
from gongpai.gateway.store.sql.tables_provider import grants as grants_table

_codec = Codec(DeviceRequest, devices)
_UNEXPIRED = devices.c.expires_at > bindparam("now")
_PENDING = (
    devices.c.user_code_hash == bindparam("of_user_code"),
    devices.c.status == DeviceStatus.PENDING.value,
    _UNEXPIRED,
)
_THIS = devices.c.device_code_hash == bindparam("of_device_code")
_PUT = Statement(
    insert(devices).on_conflict_do_nothing(index_elements=["user_code_hash"]).returning(devices.c.device_code_hash),
)
_GET = Statement(select(*_codec.columns).where(*_PENDING))
_DECIDE = Statement(
    update(devices)
    .where(*_PENDING)
    .values(status=bindparam("decision"), grant_id=bindparam("granted"))
    .returning(devices.c.device_code_hash),
)
_HOLD = Statement(select(*_codec.columns).where(_THIS).with_for_update())
_POLL = Statement(update(devices).where(_THIS).values(polled_at=bindparam("now")))
_TAKE = Statement(
    update(devices)
    .where(
        _THIS,
        devices.c.status == DeviceStatus.APPROVED.value,
        _UNEXPIRED,
        exists().where(grants_table.c.grant_id == devices.c.grant_id, grants_table.c.revoked_at.is_(None)),
    )
    .values(status=DeviceStatus.SPENT.value)
    .returning(devices.c.device_code_hash),
)


class _TooLateError(Exception):
    """Undoes the transaction."""


class SqlDevices:
    """The port of devices on a SQL database."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def put(self, request: DeviceRequest) -> bool:
        """As the port says."""
        return bool(await self._driver.write(_PUT(_codec.to_params(request))))

    async def get(self, user_code_hash: str, now: datetime) -> DeviceRequest | None:
        """As the port says."""
        rows = await self._driver.read(_GET(of_user_code=user_code_hash, now=to_micros(now)))
        return _codec.from_row(rows[0]) if rows else None

    async def decide(self, user_code_hash: str, grant: Grant | None, now: datetime) -> bool:
        """As the port says."""
        status = DeviceStatus.REFUSED if grant is None else DeviceStatus.APPROVED
        granted = None if grant is None else grant.grant_id
        call = _DECIDE(of_user_code=user_code_hash, decision=status.value, granted=granted, now=to_micros(now))

        def work() -> Work[bool]:
            if not (yield call):
                return False
            if grant is not None and not (yield from grants.put(grant)):
                raise _TooLateError
            return True

        try:
            return await self._driver.transact(work)
        except _TooLateError:
            return False

    async def poll(self, device_code_hash: str, now: datetime) -> DeviceRequest | None:
        """As the port says."""

        def work() -> Work[DeviceRequest | None]:
            rows = yield _HOLD(of_device_code=device_code_hash)
            yield _POLL(of_device_code=device_code_hash, now=to_micros(now))
            return _codec.from_row(rows[0]) if rows else None

        return await self._driver.transact(work)

    async def take(self, device_code_hash: str, issued: Issued, now: datetime) -> bool:
        """As the port says."""

        def work() -> Work[bool]:
            if not (yield _TAKE(of_device_code=device_code_hash, now=to_micros(now))):
                return False
            yield from tokens.keep(issued)
            return True

        return await self._driver.transact(work)
