"""senders

What was known of the sender of a mail that came in. Frozen.
"""

from typing import Final

from alembic import op

revision = "0016"
down_revision = "0015"

JSON: Final = {"sqlite": "TEXT", "postgresql": "JSON"}


def upgrade() -> None:
    """Add the column."""
    connection = op.get_bind()
    connection.exec_driver_sql(f"ALTER TABLE inbound_mails ADD COLUMN authentication {JSON[connection.dialect.name]}")
