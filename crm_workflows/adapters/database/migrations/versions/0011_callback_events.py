"""callback events

Deliveries, closed complaints and ends of contracts, after or before which a customer is called (CB-1). Frozen.
"""

from typing import Final

from alembic import op

revision = "0011"
down_revision = "0010"

TYPES: Final = {
    "sqlite": {"text": "TEXT", "instant": "VARCHAR(32)"},
    "postgresql": {"text": 'TEXT COLLATE "C"', "instant": "TIMESTAMP WITH TIME ZONE"},
}
TABLES: Final = """
CREATE TABLE callback_events (
    customer {text} NOT NULL, why {text} NOT NULL, reference {text} NOT NULL,
    due_at {instant}, settled_at {instant}, outcome {text} NOT NULL,
    CONSTRAINT pk_callback_events PRIMARY KEY (customer, why, reference)
);
CREATE INDEX ix_callback_events_due_at ON callback_events (due_at) WHERE due_at IS NOT NULL
"""


def upgrade() -> None:
    """Create the table and its index."""
    connection = op.get_bind()
    for statement in TABLES.format(**TYPES[connection.dialect.name]).split(";"):
        connection.exec_driver_sql(statement.strip())
