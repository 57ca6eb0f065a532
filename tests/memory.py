"""The gateway's memory for tests: every backend, migrated, empty, and values to put into it."""

import asyncio
import secrets
import shutil
from base64 import urlsafe_b64decode
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gongpai.gateway.keys import KeyKeeper
from gongpai.gateway.records import KeyPurpose, NewsKind, Person, Purpose, Session, SignInAttempt, World
from gongpai.gateway.ring import KEY_ID_BYTES, KeyRing
from gongpai.gateway.store.migrate import migrate
from gongpai.gateway.store.open import Stores, open_stores
from gongpai.gateway.store.sql import news
from gongpai.wecom.models import Member
from services import PostgresServer

NOW = datetime.now(UTC)
SECRET_KEY = bytes(range(32))
_PATIENCE_SECONDS = 90
BACKENDS = ["sqlite", "postgres", "sqlite+redis", "postgres+redis"]


@dataclass(frozen=True, slots=True)
class Backend:
    """Where a memory lies."""

    storage: str
    tickets: str | None


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a migrated, empty SQLite file to copy."""
    path = tmp_path_factory.mktemp("template") / "gongpai.db"
    migrate(f"sqlite://{path}", World.SANDBOX)
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> Iterator[str]:
    """Yield the name of a migrated, empty database to copy."""
    name = postgres_server.create_database()
    migrate(postgres_server.url(name), World.SANDBOX)
    yield name
    postgres_server.drop_database(name)


@pytest.fixture
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Backend]:
    """Yield an empty memory of the kind that the test was parametrized with; SQLite if with none."""
    kind: str = getattr(request, "param", "sqlite")
    tickets = request.getfixturevalue("redis_url") if kind.endswith("+redis") else None
    if kind.startswith("postgres"):
        server: PostgresServer = request.getfixturevalue("postgres_server")
        name = server.create_database(request.getfixturevalue("postgres_template"))
        yield Backend(server.url(name), tickets)
        server.drop_database(name)
    else:
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "gongpai.db")
        yield Backend(f"sqlite://{tmp_path}/gongpai.db", tickets)


@pytest.fixture
async def stores(backend: Backend) -> AsyncIterator[Stores]:
    """Yield the open memory, with its key ring loaded."""
    async with open_stores(backend.storage, backend.tickets, SECRET_KEY) as opened:
        await KeyKeeper(opened.keys, opened.ring, SECRET_KEY, timedelta(hours=12)).load(NOW)
        yield opened


def sealing_key(ring: KeyRing, purpose: KeyPurpose) -> str:
    """Return the id of the key that seals: it stands in what it sealed."""
    return urlsafe_b64decode(ring.seal(purpose, b"plain", b"use") + b"==")[1 : 1 + KEY_ID_BYTES].hex()


async def until(condition: Callable[[], bool]) -> None:
    """Return as soon as *condition* holds; the bound is for a machine with too much to do, and ends what hangs."""
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while not condition():  # noqa: ASYNC110  # what is watched may be another process
            await asyncio.sleep(0.01)


async def tell(stores: Stores, kind: NewsKind, ref: str, until: datetime) -> None:
    """Tell a piece of news as the acts that make it true do."""
    await stores.driver.transact(lambda: news.tell(kind, ref, 0, until), tells=True)


async def newest_news(stores: Stores) -> int:
    """Return the number of the newest piece of news; 0 if nothing was ever told."""
    told = await stores.news.after(0, 1000)
    return told[-1].sequence if told else 0


def make_person(userid: str = "lisi", corpid: str = "wwcorp", **changes: object) -> Person:
    """Return a new person with a subject of their own."""
    person = {"subject": secrets.token_hex(8), "key": Member(corpid, userid).key, "epoch": 0, "minted_at": NOW}
    return Person(**{**person, **changes})  # type: ignore[arg-type]  # checked where the record is made


def make_attempt(**changes: object) -> SignInAttempt:
    """Return a new attempt that lives five minutes."""
    attempt = {
        "state": secrets.token_hex(16),
        "app": "main",
        "way": "web",
        "purpose": Purpose.SIGN_IN,
        "browser_hash": "browser",
        "return_to": "/me",
        "created_at": NOW,
        "expires_at": NOW + timedelta(minutes=5),
    }
    return SignInAttempt(**{**attempt, **changes})  # type: ignore[arg-type]  # checked where the record is made


def make_session(subject: str, **changes: object) -> Session:
    """Return a new session of *subject* that lives twelve hours, idle eight."""
    session = {
        "ref": secrets.token_hex(32),
        "subject": subject,
        "app": "main",
        "corpid": "wwcorp",
        "userid": "lisi",
        "kind": "member",
        "way": "web",
        "amr": "wecom_scan",
        "auth_time": NOW,
        "created_at": NOW,
        "seen_at": NOW,
        "idle_expires_at": NOW + timedelta(hours=8),
        "expires_at": NOW + timedelta(hours=12),
        "checked_at": NOW,
    }
    return Session(**{**session, **changes})  # type: ignore[arg-type]  # checked where the record is made
