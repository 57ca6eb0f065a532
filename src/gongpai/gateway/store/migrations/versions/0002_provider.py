"""The provider's tables: parties, consents, signing keys; requests, devices, the outbox; grants and their tokens."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Apply the change."""
    op.create_index("people_by_userid", "people", ["userid"])
    _create_parties()
    _create_signing_keys()
    _create_requests()
    _create_devices()
    _create_grants()
    _create_tokens()
    _create_outbox()


def _create_parties() -> None:
    op.create_table(
        "parties",
        sa.Column("client_id", sa.Text(), primary_key=True),
        sa.Column("body", sa.Text(), nullable=False),
    )
    op.create_table(
        "consents",
        sa.Column("subject", sa.Text(), primary_key=True),
        sa.Column("client_id", sa.Text(), primary_key=True),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("given_at", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "reservations",
        sa.Column("client_id", sa.Text(), primary_key=True),
        sa.Column("kind", sa.Text(), primary_key=True),
        sa.Column("folded", sa.Text(), primary_key=True),
        sa.Column("subject", sa.Text(), nullable=False),
    )


def _create_signing_keys() -> None:
    op.create_table(
        "signing_keys",
        sa.Column("kid", sa.Text(), primary_key=True),
        sa.Column("alg", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("sealed_private", sa.LargeBinary(), nullable=False),
        sa.Column("public_jwk", sa.Text(), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=False),
        sa.Column("activates_at", sa.BigInteger(), nullable=False),
        sa.Column("retires_at", sa.BigInteger()),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint("alg", "number", name="signing_keys_in_turn"),
    )


def _create_requests() -> None:
    op.create_table(
        "requests",
        sa.Column("handle_hash", sa.Text(), primary_key=True),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text()),
        sa.Column("nonce", sa.Text()),
        sa.Column("code_challenge", sa.Text()),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("max_age", sa.Text()),
        sa.Column("acr_values", sa.Text(), nullable=False),
        sa.Column("login_hint", sa.Text()),
        sa.Column("hinted_subject", sa.Text()),
        sa.Column("ui_locales", sa.Text(), nullable=False),
        sa.Column("claims", sa.Text()),
        sa.Column("browser_hash", sa.Text()),
        sa.Column("spent_at", sa.BigInteger()),
    )
    op.create_index("ix_requests_expires_at", "requests", ["expires_at"])
    op.create_table(
        "replays",
        sa.Column("seen", sa.Text(), primary_key=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_replays_expires_at", "replays", ["expires_at"])


def _create_devices() -> None:
    op.create_table(
        "devices",
        sa.Column("device_code_hash", sa.Text(), primary_key=True),
        sa.Column("user_code_hash", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("ip", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("grant_id", sa.Text()),
        sa.Column("polled_at", sa.BigInteger()),
    )
    op.create_index("devices_by_user_code", "devices", ["user_code_hash"], unique=True)
    op.create_index("ix_devices_expires_at", "devices", ["expires_at"])


def _create_grants() -> None:
    op.create_table(
        "grants",
        sa.Column("grant_id", sa.Text(), primary_key=True),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("session_ref", sa.Text(), nullable=False),
        sa.Column("app", sa.Text(), nullable=False),
        sa.Column("sid", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("is_offline", sa.Integer(), nullable=False),
        sa.Column("auth_time", sa.BigInteger(), nullable=False),
        sa.Column("amr", sa.Text(), nullable=False),
        sa.Column("acr", sa.Text()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("nonce", sa.Text()),
        sa.Column("claims", sa.Text()),
        sa.Column("revoked_at", sa.BigInteger()),
        sa.Column("revoke_reason", sa.Text()),
    )
    op.create_index("ix_grants_expires_at", "grants", ["expires_at"])
    op.create_index("ix_grants_session_ref", "grants", ["session_ref"])
    op.create_index("ix_grants_subject", "grants", ["subject"])
    op.create_table(
        "authorization_codes",
        sa.Column("code_hash", sa.Text(), primary_key=True),
        sa.Column("grant_id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        sa.Column("code_challenge", sa.Text()),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("spent_at", sa.BigInteger()),
    )
    op.create_index("ix_authorization_codes_expires_at", "authorization_codes", ["expires_at"])


def _create_tokens() -> None:
    op.create_table(
        "access_tokens",
        sa.Column("token_hash", sa.Text(), primary_key=True),
        sa.Column("grant_id", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_access_tokens_expires_at", "access_tokens", ["expires_at"])
    op.create_table(
        "refresh_tokens",
        sa.Column("token_hash", sa.Text(), primary_key=True),
        sa.Column("grant_id", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("first_used_at", sa.BigInteger()),
        sa.Column("sealed_answer", sa.LargeBinary()),
        sa.Column("predecessor_hash", sa.Text()),
    )
    op.create_index("ix_refresh_tokens_expires_at", "refresh_tokens", ["expires_at"])


def _create_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("item_id", sa.Text(), primary_key=True),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("sid", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_outbox_client_id", "outbox", ["client_id"])
    op.create_index("ix_outbox_created_at", "outbox", ["created_at"])
    op.create_index("ix_outbox_next_at", "outbox", ["next_at"])
