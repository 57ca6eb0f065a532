"""The username that was reserved for whom a grant is of: no later request need look for its reservation.

The version before writes none, and for its grants the reservation is looked up.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Apply the change."""
    op.add_column("grants", sa.Column("username", sa.Text()))
