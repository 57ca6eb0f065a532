"""Opens the memory that the configuration names."""

import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote

from gongpai.gateway.ring import KeyRing, derive
from gongpai.gateway.store import ports, ports_provider
from gongpai.gateway.store.sql.app_tokens import SqlAppTokens
from gongpai.gateway.store.sql.attempts import SqlAttempts, SqlCodes
from gongpai.gateway.store.sql.audit import SqlAudit
from gongpai.gateway.store.sql.authorization_codes import SqlAuthorizationCodes
from gongpai.gateway.store.sql.consents import SqlConsents
from gongpai.gateway.store.sql.counters import SqlCounters, SqlLeases
from gongpai.gateway.store.sql.devices import SqlDevices
from gongpai.gateway.store.sql.directory import SqlDirectory
from gongpai.gateway.store.sql.driver import Driver, StoreError
from gongpai.gateway.store.sql.grants import SqlGrants
from gongpai.gateway.store.sql.handoffs import SqlHandoffs
from gongpai.gateway.store.sql.keys import SqlKeys
from gongpai.gateway.store.sql.news import SqlNews
from gongpai.gateway.store.sql.notices import SqlNotices
from gongpai.gateway.store.sql.outbox import SqlOutbox
from gongpai.gateway.store.sql.parties import SqlParties
from gongpai.gateway.store.sql.people import SqlPeople
from gongpai.gateway.store.sql.requests import SqlReplays, SqlRequests, SqlReservations
from gongpai.gateway.store.sql.sessions import SqlSessions
from gongpai.gateway.store.sql.signing_keys import SqlSigningKeys
from gongpai.gateway.store.sql.sqlite import SqliteDriver
from gongpai.gateway.store.sql.sweep import SqlCleaner
from gongpai.gateway.store.sql.tokens import SqlTokens
from gongpai.gateway.store.troubles import trouble_of
from gongpai.wecom.app_token.store import AsyncAppTokenStore

SQLITE_SCHEME = "sqlite:///"


@dataclass(frozen=True, slots=True)
class Stores:
    """Every port of the gateway's memory, open."""

    driver: Driver
    ring: KeyRing
    people: ports.PeopleStore
    attempts: ports.AttemptStore
    codes: ports.CodeStore
    handoffs: ports.HandoffStore
    sessions: ports.SessionStore
    session_facts: ports.SessionFactsStore
    news: ports.NewsStore
    counters: ports.CounterStore
    leases: ports.LeaseStore
    keys: ports.KeyStore
    audit: ports.AuditStore
    directory: ports.DirectoryStore
    app_tokens: AsyncAppTokenStore
    cleaner: ports.Cleaner
    parties: ports_provider.PartyStore
    requests: ports_provider.RequestStore
    grants: ports_provider.GrantStore
    authorization_codes: ports_provider.AuthorizationCodeStore
    tokens: ports_provider.TokenStore
    consents: ports_provider.ConsentStore
    signing_keys: ports_provider.SigningKeyStore
    outbox: ports_provider.OutboxStore
    devices: ports_provider.DeviceStore
    notices: ports_provider.NoticeStore
    replays: ports_provider.ReplayStore
    reservations: ports_provider.ReservationStore


@asynccontextmanager
async def open_stores(
    storage: str, tickets: str | None = None, secret_key: bytes | None = None
) -> AsyncIterator[Stores]:
    """Open the memory at *storage*, which ``migrate`` has prepared; with *tickets*, tickets lie in Redis or Valkey.

    Args:
        storage: ``sqlite:///`` with an absolute path, or ``postgresql://``.
        tickets: ``redis://``, ``rediss://`` or None.
        secret_key: The operator's, from which the seal of the app token in Redis follows; needed with *tickets*.

    Raises:
        StoreError: it does not answer.
    """
    driver = await _open_driver(storage)
    try:
        stores = _sql_stores(driver, KeyRing())
        if tickets is None or secret_key is None:
            yield stores
        else:
            async with _with_redis(stores, tickets, derive(secret_key, b"app token")) as faster:
                yield faster
    finally:
        await driver.close()


@asynccontextmanager
async def _with_redis(stores: Stores, url: str, app_token_key: bytes) -> AsyncIterator[Stores]:
    # valkey comes with an extra
    from gongpai.gateway.store.redis import RedisAppTokens, RedisTickets  # noqa: PLC0415
    from gongpai.wecom.app_token.redis import AsyncRedisStore  # noqa: PLC0415

    redis, app_tokens = RedisTickets(url), AsyncRedisStore(url, app_token_key)
    try:
        await redis.check()
        yield replace(
            stores,
            attempts=redis.attempts,
            counters=redis.counters,
            app_tokens=RedisAppTokens(app_tokens),
        )
    finally:
        await redis.close()
        await app_tokens.aclose()


def sqlite_path(storage: str) -> Path | None:
    """Return the file of a ``sqlite:///`` URL, whose path is absolute; None for other databases."""
    return Path("/" + unquote(storage[len(SQLITE_SCHEME) :]).lstrip("/")) if storage.startswith(SQLITE_SCHEME) else None


async def _open_driver(storage: str) -> Driver:
    path = sqlite_path(storage)
    if path is not None:
        try:
            return SqliteDriver(path)
        except sqlite3.Error as error:
            raise StoreError(f"{path}: {error}", trouble_of(error, path)) from None
    from gongpai.gateway.store.sql.postgres import PostgresDriver  # noqa: PLC0415  # asyncpg comes with an extra

    return await PostgresDriver.open(storage)


def make_private(path: Path) -> None:
    """Make the file with mode 0600 before SQLite does; its -wal and -shm files take the same mode."""
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    path.chmod(0o600)


def _sql_stores(driver: Driver, ring: KeyRing) -> Stores:
    sessions = SqlSessions(driver)
    return Stores(
        driver=driver,
        ring=ring,
        people=SqlPeople(driver),
        attempts=SqlAttempts(driver),
        codes=SqlCodes(driver),
        handoffs=SqlHandoffs(driver),
        sessions=sessions,
        session_facts=sessions,
        news=SqlNews(driver),
        counters=SqlCounters(driver),
        leases=SqlLeases(driver),
        keys=SqlKeys(driver),
        audit=SqlAudit(driver),
        directory=SqlDirectory(driver),
        app_tokens=SqlAppTokens(driver, ring),
        cleaner=SqlCleaner(driver),
        parties=SqlParties(driver),
        requests=SqlRequests(driver),
        grants=SqlGrants(driver),
        authorization_codes=SqlAuthorizationCodes(driver),
        tokens=SqlTokens(driver),
        consents=SqlConsents(driver),
        signing_keys=SqlSigningKeys(driver),
        outbox=SqlOutbox(driver),
        devices=SqlDevices(driver),
        notices=SqlNotices(driver),
        replays=SqlReplays(driver),
        reservations=SqlReservations(driver),
    )
