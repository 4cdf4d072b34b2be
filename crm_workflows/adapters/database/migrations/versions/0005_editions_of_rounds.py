"""editions of rounds

A round counts its changes, is removed for good, and notes that it could not be carried out. Frozen.

The table is written anew, since a column that is added to a filled one needs a default, which none of ours has.
"""

from typing import Final

from alembic import op

revision = "0005"
down_revision = "0004"

TYPES: Final = {
    "sqlite": {"text": "TEXT", "instant": "VARCHAR(32)", "json": "TEXT"},
    "postgresql": {"text": 'TEXT COLLATE "C"', "instant": "TIMESTAMP WITH TIME ZONE", "json": "JSON"},
}
STATEMENTS: Final = (
    "CREATE TABLE rounds_before AS SELECT * FROM rounds",
    "DROP TABLE rounds",
    """CREATE TABLE rounds (
    code {text} NOT NULL, title {text} NOT NULL, cron {text} NOT NULL, zone {text} NOT NULL, chooses {json},
    questions {text} NOT NULL, does {text} NOT NULL, valid_from {text}, valid_to {text}, is_paused BOOLEAN NOT NULL,
    next_at {instant}, fired_at {instant}, changed_at {instant} NOT NULL, changed_by {text} NOT NULL,
    edition BIGINT NOT NULL, is_removed BOOLEAN NOT NULL, retry_at {instant},
    CONSTRAINT pk_rounds PRIMARY KEY (code)
)""",
    "INSERT INTO rounds SELECT b.*, 1, false, NULL FROM rounds_before b",
    "DROP TABLE rounds_before",
    "CREATE INDEX ix_rounds_next_at ON rounds (next_at) WHERE next_at IS NOT NULL",
)


def upgrade() -> None:
    """Copy the rounds; one that was removed before stays paused and over."""
    connection = op.get_bind()
    for statement in STATEMENTS:
        connection.exec_driver_sql(statement.format(**TYPES[connection.dialect.name]))
