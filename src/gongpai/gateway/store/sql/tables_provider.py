"""The provider's tables. What opens a door is a hash in hex; sets and lists are JSON."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text, UniqueConstraint

from gongpai.gateway.store.sql.tables import metadata

# ``sqlite_with_rowid=False``: small rows that are found by their key alone lie in one tree and not in two.

parties = Table(
    "parties",
    metadata,
    Column("client_id", Text, primary_key=True),
    Column("body", Text, nullable=False),
)

requests = Table(
    "requests",
    metadata,
    Column("handle_hash", Text, primary_key=True),
    Column("client_id", Text, nullable=False),
    Column("redirect_uri", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
    Column("state", Text),
    Column("nonce", Text),
    Column("code_challenge", Text),
    Column("prompt", Text, nullable=False),
    Column("max_age", Text),
    Column("acr_values", Text, nullable=False),
    Column("login_hint", Text),
    Column("hinted_subject", Text),
    Column("ui_locales", Text, nullable=False),
    Column("claims", Text),
    Column("browser_hash", Text),
    Column("spent_at", BigInteger),
    Column("agreed_by", Text),
    Column("response_mode", Text, nullable=False, server_default="query"),
)

grants = Table(
    "grants",
    metadata,
    Column("grant_id", Text, primary_key=True),
    Column("client_id", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("session_ref", Text, nullable=False),
    Column("app", Text, nullable=False),
    Column("sid", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("is_offline", Integer, nullable=False),
    Column("auth_time", BigInteger, nullable=False),
    Column("amr", Text, nullable=False),
    Column("acr", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
    Column("nonce", Text),
    Column("claims", Text),
    Column("username", Text),
    Column("revoked_at", BigInteger),
    Column("revoke_reason", Text),
    # One index for all of a person and all of their session: each more is a page that a new grant writes.
    Index("grants_of_person", "subject", "session_ref"),
)

authorization_codes = Table(
    "authorization_codes",
    metadata,
    Column("code_hash", Text, primary_key=True),
    Column("grant_id", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("redirect_uri", Text, nullable=False),
    Column("code_challenge", Text),
    Column("expires_at", BigInteger, nullable=False, index=True),
    Column("spent_at", BigInteger),
)

access_tokens = Table(
    "access_tokens",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("grant_id", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("audience", Text, nullable=False),
    Column("issued_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
    sqlite_with_rowid=False,
)

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("grant_id", Text, nullable=False),
    Column("issued_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
    Column("first_used_at", BigInteger),
    # The version before writes the last two. What it sealed is said again as long as that lasts.
    Column("sealed_answer", LargeBinary),
    Column("predecessor_hash", Text),
    sqlite_with_rowid=False,
)

# What the last used token of each grant was answered with, until its grace is over (T23). Not in the token's row: that
# lies among others, and if it grew by a kilobyte and a half, they would have to move to another page.
refresh_answers = Table(
    "refresh_answers",
    metadata,
    Column("grant_id", Text, primary_key=True),
    Column("token_hash", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
)

consents = Table(
    "consents",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("client_id", Text, primary_key=True),
    Column("scopes", Text, nullable=False),
    Column("given_at", BigInteger, nullable=False),
)

signing_keys = Table(
    "signing_keys",
    metadata,
    Column("kid", Text, primary_key=True),
    Column("alg", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("sealed_private", LargeBinary, nullable=False),
    Column("public_jwk", Text, nullable=False),
    Column("published_at", BigInteger, nullable=False),
    Column("activates_at", BigInteger, nullable=False),
    Column("retires_at", BigInteger),
    Column("version", BigInteger, nullable=False),
    UniqueConstraint("alg", "number", name="signing_keys_in_turn"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("item_id", Text, primary_key=True),
    Column("client_id", Text, nullable=False, index=True),
    Column("subject", Text, nullable=False),
    Column("sid", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False, index=True),
    Column("next_at", BigInteger, nullable=False, index=True),
    Column("attempts", BigInteger, nullable=False),
)

devices = Table(
    "devices",
    metadata,
    Column("device_code_hash", Text, primary_key=True),
    Column("user_code_hash", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("ip", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
    Column("status", Text, nullable=False),
    Column("grant_id", Text),
    Column("polled_at", BigInteger),
    Index("devices_by_user_code", "user_code_hash", unique=True),
)

replays = Table(
    "replays",
    metadata,
    Column("seen", Text, primary_key=True),
    Column("expires_at", BigInteger, nullable=False, index=True),
)

# A name is never given to anybody else, so nothing here is ever deleted (T12).
reservations = Table(
    "reservations",
    metadata,
    Column("client_id", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("folded", Text, primary_key=True),
    Column("subject", Text, nullable=False),
    sqlite_with_rowid=False,
)
