"""due callbacks

Callbacks that are due and wait for room, and how far each round has come through the register (CB-3). Frozen.
"""

from typing import Final

from alembic import op

revision = "0006"
down_revision = "0005"

TYPES: Final = {
    "sqlite": {"text": "TEXT", "instant": "VARCHAR(32)", "json": "TEXT"},
    "postgresql": {"text": 'TEXT COLLATE "C"', "instant": "TIMESTAMP WITH TIME ZONE", "json": "JSON"},
}
TABLES: Final = """
CREATE TABLE due_callbacks (
    customer {text} NOT NULL, owner {text} NOT NULL, priority BIGINT NOT NULL, silent_since {instant} NOT NULL,
    why {text} NOT NULL, round {text} NOT NULL, occurrence {text} NOT NULL, made_at {instant} NOT NULL,
    is_waiting BOOLEAN NOT NULL, handed_at {instant}, opens_at {instant}, "case" {text}, problem {text},
    CONSTRAINT pk_due_callbacks PRIMARY KEY (customer)
);
CREATE INDEX ix_due_callbacks_opens_at ON due_callbacks (opens_at) WHERE opens_at IS NOT NULL;
CREATE TABLE round_runs (
    round {text} NOT NULL, occurrence {text} NOT NULL, began_at {instant} NOT NULL, total BIGINT NOT NULL,
    done_to {text} NOT NULL, looked_at BIGINT NOT NULL, due BIGINT NOT NULL, not_called {json}, ended_at {instant},
    CONSTRAINT pk_round_runs PRIMARY KEY (round, occurrence)
)
"""


def upgrade() -> None:
    """Create the tables and the index."""
    connection = op.get_bind()
    for statement in TABLES.format(**TYPES[connection.dialect.name]).split(";"):
        connection.exec_driver_sql(statement.strip())
