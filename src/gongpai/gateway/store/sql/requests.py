"""Authorization requests, assertions seen and names reserved, in SQL."""

from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from gongpai.gateway.records_provider import AuthorizationRequest, Reservation, ReservedKind
from gongpai.gateway.store.sql.driver import Driver, Statement, Work
from gongpai.gateway.store.sql.rows import Codec, to_micros
from gongpai.gateway.store.sql.tables_provider import replays, requests, reservations

_codec = Codec(AuthorizationRequest, requests)
_VALID = (requests.c.handle_hash == bindparam("of_handle"), requests.c.expires_at > bindparam("now"))
_PUT = Statement(insert(requests))
_GET = Statement(select(*_codec.columns).where(*_VALID))
_TAKE = Statement(
    update(requests)
    .where(*_VALID, requests.c.spent_at.is_(None))
    .values(spent_at=bindparam("now"))
    .returning(*_codec.columns),
)

_SEE = Statement(insert(replays).on_conflict_do_nothing().returning(replays.c.seen))

_reservation_codec = Codec(Reservation, reservations)
_RESERVE = Statement(insert(reservations).on_conflict_do_nothing())
_HOLDER = Statement(
    select(reservations.c.subject).where(
        reservations.c.client_id == bindparam("client_id"),
        reservations.c.kind == bindparam("kind"),
        reservations.c.folded == bindparam("folded"),
    ),
)


class SqlRequests:
    """The port of authorization requests on a SQL database."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def put(self, request: AuthorizationRequest) -> None:
        """As the port says."""
        await self._driver.write(_PUT(_codec.to_params(request)))

    async def get(self, handle_hash: str, now: datetime) -> AuthorizationRequest | None:
        """As the port says."""
        rows = await self._driver.read(_GET(of_handle=handle_hash, now=to_micros(now)))
        return _codec.from_row(rows[0]) if rows else None

    async def take(self, handle_hash: str, now: datetime) -> AuthorizationRequest | None:
        """As the port says."""
        rows = await self._driver.write(_TAKE(of_handle=handle_hash, now=to_micros(now)))
        return _codec.from_row(rows[0]) if rows else None


class SqlReplays:
    """The port of assertions seen on a SQL database."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def see(self, client_id: str, jti_hash: str, expires_at: datetime) -> bool:
        """As the port says."""
        seen = f"{client_id} {jti_hash}"
        return bool(await self._driver.write(_SEE(seen=seen, expires_at=to_micros(expires_at))))


class SqlReservations:
    """The port of reserved names on a SQL database."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def reserve(self, reservation: Reservation) -> str:
        """As the port says."""
        params = _reservation_codec.to_params(reservation)

        def work() -> Work[str]:
            yield _RESERVE(params)
            ((subject,),) = yield _HOLDER(params)
            return str(subject)

        # Nearly always it was reserved long ago, and a read is cheap.
        rows = await self._driver.read(_HOLDER(params))
        return str(rows[0][0]) if rows else await self._driver.transact(work)

    async def holder(self, client_id: str, kind: ReservedKind, folded: str) -> str | None:
        """As the port says."""
        rows = await self._driver.read(_HOLDER(client_id=client_id, kind=kind.value, folded=folded))
        return str(rows[0][0]) if rows else None
