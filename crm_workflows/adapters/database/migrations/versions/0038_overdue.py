"""overdue

Cases of which something is overdue are found without reading every request that was ever made. Frozen.
"""

from alembic import op
from sqlalchemy import text

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    """Make the index; it holds what is open."""
    is_open = text("status = 'open' AND due_at IS NOT NULL")
    op.create_index("ix_requests_open_due_at", "requests", ["due_at"], postgresql_where=is_open, sqlite_where=is_open)
