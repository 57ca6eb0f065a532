"""How the answer to a request goes back to its party.

While the version before serves, it answers by the query what a party asked here to be answered by a form.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Apply the change."""
    op.add_column("requests", sa.Column("response_mode", sa.Text(), nullable=False, server_default="query"))
