"""many at one instant

A morning round makes thousands of cases ready at one instant, and thousands of requests are due at nine: in the order
of the index, each batch of them is found without sorting them all. Frozen.
"""

from typing import Final

from alembic import op
from sqlalchemy import text

revision = "0033"
down_revision = "0032"
INDEXES: Final = {
    "ix_cases_ready_at": ("cases", ["ready_at", "code"]),
    "ix_requests_remind_at": ("requests", ["status", "remind_at", "id"]),
    "ix_requests_escalate_at": ("requests", ["status", "escalate_at", "id"]),
    "ix_requests_lapse_at": ("requests", ["status", "lapse_at", "id"]),
}


def upgrade() -> None:
    """Make the four indexes anew; they hold few rows, those that something waits for."""
    for name, (table, columns) in INDEXES.items():
        is_set = text(f"{columns[-2]} IS NOT NULL")
        op.drop_index(name, table)
        op.create_index(name, table, columns, postgresql_where=is_set, sqlite_where=is_set)
