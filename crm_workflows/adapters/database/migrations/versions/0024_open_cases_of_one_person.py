"""open cases of one person

Counted for each complaint that comes in, to give it to whoever has the fewest (CP-2). Frozen.
"""

from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """Create the index."""
    op.create_index("ix_cases_owner_process_status", "cases", ["owner", "process", "status"])
