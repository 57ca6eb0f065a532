"""Messages that tell people of their sign-ins at a desk."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "notices",
        sa.Column("session_ref", sa.Text(), primary_key=True),
        sa.Column("handle_hash", sa.Text(), nullable=False, unique=True),
        sa.Column("sealed", sa.LargeBinary()),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.BigInteger()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("spent_at", sa.BigInteger()),
    )
    op.create_index("ix_notices_expires_at", "notices", ["expires_at"])
    op.create_index("ix_notices_next_at", "notices", ["next_at"])
