"""SQLite keeps access tokens and reserved names in the order of their keys, in one tree each."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Apply the change."""
    if op.get_bind().dialect.name != "sqlite":
        return
    op.create_table(
        "access_tokens_in_order",
        sa.Column("token_hash", sa.Text(), primary_key=True),
        sa.Column("grant_id", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "reservations_in_order",
        sa.Column("client_id", sa.Text(), primary_key=True),
        sa.Column("kind", sa.Text(), primary_key=True),
        sa.Column("folded", sa.Text(), primary_key=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sqlite_with_rowid=False,
    )
    columns = {
        "access_tokens": "token_hash, grant_id, scopes, audience, issued_at, expires_at",
        "reservations": "client_id, kind, folded, subject",
    }
    for table, names in columns.items():
        op.execute(f"INSERT INTO {table}_in_order ({names}) SELECT {names} FROM {table}")  # noqa: S608  # our own names
        op.drop_table(table)
        op.rename_table(f"{table}_in_order", table)
    op.create_index("ix_access_tokens_expires_at", "access_tokens", ["expires_at"])
