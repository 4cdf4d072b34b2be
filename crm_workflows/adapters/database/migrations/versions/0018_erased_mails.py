"""erased mails

When the bytes of a mail that came in were erased (G-7). Frozen.
"""

from typing import Final

from alembic import op

revision = "0018"
down_revision = "0017"

INSTANT: Final = {"sqlite": "VARCHAR(32)", "postgresql": "TIMESTAMP WITH TIME ZONE"}


def upgrade() -> None:
    """Add the column."""
    connection = op.get_bind()
    connection.exec_driver_sql(f"ALTER TABLE inbound_mails ADD COLUMN erased_at {INSTANT[connection.dialect.name]}")
