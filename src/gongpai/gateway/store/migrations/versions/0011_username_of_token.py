"""The username that was reserved for whom an access token is about: userinfo need not look for its reservation.

The version before writes none, and for its tokens the reservation is looked up.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Apply the change."""
    op.add_column("access_tokens", sa.Column("username", sa.Text()))
