"""Leave room in PostgreSQL's pages of sessions, so that one that is seen again stays where it is.

A row is rewritten once a minute for as long as its session is used. Without room in its page it moves to another one,
and each index of it gets a new entry. Only pages that are filled from now on have it; the version before may go on.
"""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Apply the change."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE sessions SET (fillfactor = 80)")
