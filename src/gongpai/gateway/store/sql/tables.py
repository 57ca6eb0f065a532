"""The tables. Moments are microseconds since 1970 in UTC, exact in both databases; the migrations build the same."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, Text

metadata = MetaData()

meta = Table("meta", metadata, Column("name", Text, primary_key=True), Column("value", Text, nullable=False))

people = Table(
    "people",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("asserting_corpid", Text, nullable=False),
    Column("home_corpid", Text, nullable=False),
    Column("userid", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("minted_at", BigInteger, nullable=False),
    Column("retired_at", BigInteger),
)
# Who held a userid before, and retired, is found too.
Index("people_by_userid", people.c.userid)
# One living person an account key; the retired ones stay beside, so that nobody inherits their subject (T8).
Index(
    "people_living",
    people.c.asserting_corpid,
    people.c.home_corpid,
    people.c.userid,
    people.c.kind,
    unique=True,
    sqlite_where=people.c.retired_at.is_(None),
    postgresql_where=people.c.retired_at.is_(None),
)

attempts = Table(
    "attempts",
    metadata,
    Column("state", Text, primary_key=True),
    Column("app", Text, nullable=False),
    Column("way", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("browser_hash", Text, nullable=False),
    Column("return_to", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
    Column("restarts", Integer, nullable=False),
    Column("ip", Text, nullable=False),
    Column("session_ref", Text),
    Column("handoff", Text),
    Column("spent_at", BigInteger),
    Column("code_hash", Text),
    Column("outcome", LargeBinary),
    Column("finished_at", BigInteger),
    Index("attempts_of_browser", "browser_hash", "created_at"),
)

handoffs = Table(
    "handoffs",
    metadata,
    Column("ref", Text, primary_key=True),
    Column("session_ref", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("app", Text, nullable=False),
    Column("party", Text),
    Column("fields", Text, nullable=False),
    Column("numbers", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("ip", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
    Column("taken_at", BigInteger),
    Column("outcome", Text),
)

seen_codes = Table(
    "seen_codes",
    metadata,
    Column("code_hash", Text, primary_key=True),
    Column("first_bearer", Text, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
)

sessions = Table(
    "sessions",
    metadata,
    Column("ref", Text, primary_key=True),
    Column("subject", Text, nullable=False, index=True),
    Column("app", Text, nullable=False),
    Column("corpid", Text, nullable=False),
    Column("userid", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("way", Text, nullable=False),
    Column("amr", Text, nullable=False),
    Column("auth_time", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("idle_expires_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
    Column("checked_at", BigInteger, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("ip", Text, nullable=False),
    Column("user_agent", Text, nullable=False),
    Column("profile", Text, nullable=False),
    Column("policy", Text, nullable=False),
    Column("disclosure", LargeBinary),
    Column("ended_at", BigInteger),
    Column("end_reason", Text),
)

notices = Table(
    "notices",
    metadata,
    Column("session_ref", Text, primary_key=True),
    Column("handle_hash", Text, nullable=False, unique=True),
    Column("sealed", LargeBinary),
    Column("place", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
    Column("next_at", BigInteger, index=True),
    Column("attempts", Integer, nullable=False),
    Column("spent_at", BigInteger),
)

# A row that is locked by each writer, so that sequences become visible in the order in which they were drawn: a reader
# that has seen N will never find a smaller number later.
news_head = Table(
    "news_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("sequence", BigInteger, nullable=False),
)

news = Table(
    "news",
    metadata,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("ref", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False, index=True),
)

counters = Table(
    "counters",
    metadata,
    Column("key", Text, primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
)

leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)

app_tokens = Table(
    "app_tokens",
    metadata,
    Column("key", Text, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)

keys = Table(
    "keys",
    metadata,
    Column("key_id", Text, primary_key=True),
    Column("purpose", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("activates_at", BigInteger, nullable=False),
    Column("retires_at", BigInteger),
    Column("revoked_at", BigInteger),
    Column("seals", BigInteger, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("node", Text, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False, index=True),
    Column("event", Text, nullable=False),
    Column("mac", Text, nullable=False),
)

directory = Table(
    "directory",
    metadata,
    Column("key", Text, primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("fetched_at", BigInteger, nullable=False),
)
