"""Who answered what a request asks of a person, so that somebody else is asked themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Apply the change."""
    op.add_column("requests", sa.Column("agreed_by", sa.Text()))
