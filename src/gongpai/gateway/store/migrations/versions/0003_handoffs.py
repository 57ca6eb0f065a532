"""Consent on a phone for a session at a desk: hand-offs, and the trips to WeCom that they lead to."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "handoffs",
        sa.Column("ref", sa.Text(), primary_key=True),
        sa.Column("session_ref", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("app", sa.Text(), nullable=False),
        sa.Column("party", sa.Text()),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("numbers", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("ip", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("taken_at", sa.BigInteger()),
        sa.Column("outcome", sa.Text()),
    )
    op.create_index("ix_handoffs_expires_at", "handoffs", ["expires_at"])
    op.add_column("attempts", sa.Column("handoff", sa.Text()))
