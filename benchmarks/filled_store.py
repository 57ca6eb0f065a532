"""Fill a store with as many people, sessions, grants and tokens as asked: fast, and the same each time.

The rows are those that the gateway writes. One of each is made by the records' own codec; the database multiplies it
and gives each its keys.
"""

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import asyncpg
from sqlalchemy import Table

from gongpai.gateway.config import Policy
from gongpai.gateway.policy import fingerprint
from gongpai.gateway.records import Fact, Profile, Session
from gongpai.gateway.records_provider import (
    AccessToken,
    AuthorizationCode,
    Consent,
    Grant,
    RefreshToken,
    Reservation,
    ReservedKind,
)
from gongpai.gateway.store.sql.rows import Codec, to_micros
from gongpai.gateway.store.sql.tables import people, sessions
from gongpai.gateway.store.sql.tables_provider import (
    access_tokens,
    authorization_codes,
    consents,
    grants,
    refresh_tokens,
    reservations,
)

CORPID = "wwgongpaidemo"
PARTY = "wiki"
REDIRECT_URI = "https://wiki.example.com/cb"
# Prime to the sizes, and so large that what follows in time lies far apart in the store.
STRIDE = 7_368_787
SCOPES = frozenset({"openid", "profile", "offline_access"})
# How long ago people signed in. WeCom was asked about each of them just now, so no request asks it again.
FILLED_FOR = timedelta(hours=3)
_HOURS = timedelta(hours=12)
_PER_SECOND = 100
_STEP_MICROS = 1_000_000 // _PER_SECOND


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a database says what its rows differ by, as functions of the number ``n``."""

    sha: str
    sha_twice: str
    stamp: str
    padded: str


_SQLITE = Dialect("sha({})", "sha_twice({})", "printf('%08x', {} + n / {})", "printf('%012d', n)")
_POSTGRES = Dialect(
    "encode(sha256(convert_to({}, 'UTF8')), 'hex')",
    "encode(sha256(sha256(convert_to({}, 'UTF8'))), 'hex')",
    "lpad(to_hex({} + n / {}), 8, '0')",
    "lpad(n::text, 12, '0')",
)


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one table: what is the same in all of them, and the expressions of what differs."""

    table: Table
    same: Mapping[str, object]
    keys: Mapping[str, str]

    @property
    def names(self) -> list[str]:
        """The columns that are written."""
        return [*(name for name in self.same if name not in self.keys), *self.keys]


@dataclass(frozen=True, slots=True)
class Filling:
    """What lies in a store that was filled from *start* on, a hundred sign-ins a second."""

    start: datetime

    def subject(self, number: int) -> str:
        """Return the subject of the person *number*: as random as a real one."""
        return _sha(f"person {number}")

    def userid(self, number: int) -> str:
        """Return the userid of the person *number*."""
        return f"member{number}"

    def session_id(self, number: int) -> bytes:
        """Return the id that the cookie of the session *number* holds."""
        return hashlib.sha256(f"session {number}".encode()).digest()

    def session_ref(self, number: int) -> str:
        """Return what the store knows the session *number* by."""
        return hashlib.sha256(self.session_id(number)).hexdigest()

    def token(self, table: Table, number: int) -> str:
        """Return the token *number* of *table*, as a party holds it."""
        return f"{self._first_second + number // _PER_SECOND:08x}{table.name:_<31}{number:012d}"

    def rows(self, dialect: Dialect) -> Iterator[Rows]:
        """Yield what is put into each table."""
        subject, userid = dialect.sha.format("'person ' || n"), "'member' || n"
        ref = dialect.sha_twice.format("'session ' || n")
        stamp = dialect.stamp.format(self._first_second, _PER_SECOND)
        granted = dialect.sha.format("'grant ' || n")
        grant_id = f"{stamp} || substr({granted}, 1, 32)"
        member = {"asserting_corpid": CORPID, "home_corpid": CORPID, "kind": "member", "epoch": 0}
        yield Rows(people, {**member, "minted_at": to_micros(self.start)}, {"subject": subject, "userid": userid})
        owner = {"subject": subject, "userid": userid}
        yield self._rows(sessions, self._session(), {"ref": ref, **owner})
        granted_by = {"subject": subject, "session_ref": ref, "username": userid}
        yield self._rows(grants, self._grant(), {"grant_id": grant_id, **granted_by})
        for record, table in self._tokens():
            (name,) = table.primary_key.columns.keys()
            hashed = dialect.sha.format(f"{stamp} || '{table.name:_<31}' || {dialect.padded}")
            yield self._rows(table, record, {name: f"{stamp} || {hashed}", "grant_id": grant_id})
        yield self._rows(consents, Consent("", PARTY, SCOPES, self.start), {"subject": subject})
        reservation = Reservation(PARTY, ReservedKind.USERNAME, "", "")
        yield self._rows(reservations, reservation, {"folded": userid, "subject": subject})

    @property
    def _first_second(self) -> int:
        return int(self.start.timestamp())

    def _rows(self, table: Table, record: object, keys: Mapping[str, str]) -> Rows:
        same = Codec(type(record), table).to_params(record)
        later = {"expires_at": f"{same['expires_at']} + n * {_STEP_MICROS}"} if "expires_at" in same else {}
        return Rows(table, same, {**keys, **later})

    def _session(self) -> Session:
        now = self.start
        facts = {name: Fact("user/get", now, value) for name, value in (("name", "李四"), ("position", "Engineer"))}
        return Session(
            ref="",
            subject="",
            app="main",
            corpid=CORPID,
            userid="",
            kind="member",
            way="in_app",
            amr="wecom_in_app",
            auth_time=now,
            created_at=now,
            seen_at=now,
            idle_expires_at=now + _HOURS,
            expires_at=now + _HOURS,
            checked_at=now + FILLED_FOR,
            ip="203.0.113.7",
            user_agent="Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
            profile=Profile(facts, (2, 17)),
            policy=fingerprint(Policy()),
        )

    def _grant(self) -> Grant:
        return Grant(
            grant_id="",
            client_id=PARTY,
            subject="",
            session_ref="",
            app="main",
            sid="s" * 24,
            scopes=SCOPES,
            is_offline=True,
            auth_time=self.start,
            amr=("wecom_in_app",),
            acr=None,
            created_at=self.start,
            expires_at=self.start + 60 * _HOURS,
            nonce="n" * 22,
        )

    def _tokens(self) -> Iterator[tuple[object, Table]]:
        now = self.start
        code = AuthorizationCode("", "", PARTY, REDIRECT_URI, "c" * 43, now + timedelta(minutes=1), now)
        yield code, authorization_codes
        yield AccessToken("", "", SCOPES, (PARTY,), now, now + _HOURS), access_tokens
        yield RefreshToken("", "", now, now + 60 * _HOURS), refresh_tokens


def fill_sqlite(path: Path, filling: Filling, first: int, count: int) -> None:
    """Put *count* rows into each table, numbered from *first*; nobody else may use the file meanwhile."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.create_function("sha", 1, _sha, deterministic=True)
        connection.create_function("sha_twice", 1, _sha_twice, deterministic=True)
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -4000000"):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        connection.execute("BEGIN")
        for rows in filling.rows(_SQLITE):
            values = ", ".join(rows.keys.get(name, f":{name}") for name in rows.names)
            connection.execute(
                "WITH RECURSIVE numbers(n) AS (SELECT :first UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < :end)"
                f" INSERT INTO {rows.table.name} ({', '.join(rows.names)}) SELECT {values} FROM numbers",
                {**rows.same, "first": first, "end": first + count},
            )
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode = WAL").fetchall()


async def fill_postgres(url: str, filling: Filling, first: int, count: int) -> None:
    """Put *count* rows into each table, numbered from *first*."""
    connection = await asyncpg.connect(url)
    try:
        for rows in filling.rows(_POSTGRES):
            bound = [name for name in rows.names if name not in rows.keys]
            values = [rows.keys.get(name) or f"${bound.index(name) + 3}" for name in rows.names]
            await connection.execute(
                f"INSERT INTO {rows.table.name} ({', '.join(rows.names)}) SELECT {', '.join(values)}"
                " FROM generate_series($1::bigint, $2::bigint - 1) AS n",
                first,
                first + count,
                *(rows.same[name] for name in bound),
            )
        await connection.execute("VACUUM ANALYZE")
        # What fills the server's memory now is written: whoever needs the room later would have to do it.
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _sha_twice(text: str) -> str:
    return hashlib.sha256(hashlib.sha256(text.encode()).digest()).hexdigest()
