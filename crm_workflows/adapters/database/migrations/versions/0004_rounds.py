"""rounds

The recurring rounds of callbacks that an administrator sets (CB-2). Frozen.
"""

from typing import Final

from alembic import op

revision = "0004"
down_revision = "0003"

TYPES: Final = {
    "sqlite": {"text": "TEXT", "instant": "VARCHAR(32)", "json": "TEXT"},
    "postgresql": {"text": 'TEXT COLLATE "C"', "instant": "TIMESTAMP WITH TIME ZONE", "json": "JSON"},
}
TABLES: Final = """
CREATE TABLE rounds (
    code {text} NOT NULL, title {text} NOT NULL, cron {text} NOT NULL, zone {text} NOT NULL, chooses {json},
    questions {text} NOT NULL, does {text} NOT NULL, valid_from {text}, valid_to {text}, is_paused BOOLEAN NOT NULL,
    next_at {instant}, fired_at {instant}, changed_at {instant} NOT NULL, changed_by {text} NOT NULL,
    CONSTRAINT pk_rounds PRIMARY KEY (code)
);
CREATE INDEX ix_rounds_next_at ON rounds (next_at) WHERE next_at IS NOT NULL
"""


def upgrade() -> None:
    """Create the table and its index."""
    connection = op.get_bind()
    for statement in TABLES.format(**TYPES[connection.dialect.name]).split(";"):
        connection.exec_driver_sql(statement.strip())
