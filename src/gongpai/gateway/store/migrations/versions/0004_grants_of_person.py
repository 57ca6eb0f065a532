"""One index for a person's grants and for those of one of their sessions, in place of two.

While the version before serves, it finds the grants of a session that ends without an index: slowly, and all of them.
"""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Apply the change."""
    op.create_index("grants_of_person", "grants", ["subject", "session_ref"])
    op.drop_index("ix_grants_subject", "grants")
    op.drop_index("ix_grants_session_ref", "grants")
