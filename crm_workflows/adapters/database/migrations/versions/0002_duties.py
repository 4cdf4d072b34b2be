"""duties

What one process of all does at a time, and who does it (engine/running/duties.py). Frozen, as every version is.
"""

from typing import Final

from alembic import op

revision = "0002"
down_revision = "0001"

TEXT: Final = {"sqlite": "TEXT", "postgresql": 'TEXT COLLATE "C"'}
TABLE: Final = """CREATE TABLE duties (
    name {text} NOT NULL, holder {text} NOT NULL, beat BIGINT NOT NULL,
    CONSTRAINT pk_duties PRIMARY KEY (name)
)"""


def upgrade() -> None:
    """Create the table."""
    connection = op.get_bind()
    connection.exec_driver_sql(TABLE.format(text=TEXT[connection.dialect.name]))
