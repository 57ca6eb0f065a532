"""Answers to refresh tokens lie in a table of their own; SQLite keeps the tokens in the order of their keys.

While the version before serves, it does not find what is kept here: a token that comes to it a second time, within the
grace of a first time here, ends its grant, and the person signs in again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_KEPT = "token_hash, grant_id, issued_at, expires_at, first_used_at"
# Of the answers that lay with their tokens those are of use that were given just now; no grace is longer.
_ANSWER = "CASE WHEN first_used_at > (strftime('%s', 'now') - 60) * 1000000 THEN sealed_answer END"


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "refresh_answers",
        sa.Column("grant_id", sa.Text(), primary_key=True),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_refresh_answers_expires_at", "refresh_answers", ["expires_at"])
    if op.get_bind().dialect.name == "sqlite":
        _put_tokens_in_order()


def _put_tokens_in_order() -> None:
    op.create_table(
        "refresh_tokens_in_order",
        sa.Column("token_hash", sa.Text(), primary_key=True),
        sa.Column("grant_id", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("first_used_at", sa.BigInteger()),
        sa.Column("sealed_answer", sa.LargeBinary()),
        sa.Column("predecessor_hash", sa.Text()),
        sqlite_with_rowid=False,
    )
    op.execute(
        f"INSERT INTO refresh_tokens_in_order ({_KEPT}, sealed_answer, predecessor_hash)"  # noqa: S608  # our own names
        f" SELECT {_KEPT}, {_ANSWER}, predecessor_hash FROM refresh_tokens"
    )
    op.drop_table("refresh_tokens")
    op.rename_table("refresh_tokens_in_order", "refresh_tokens")
    op.create_index("ix_refresh_tokens_expires_at", "refresh_tokens", ["expires_at"])
