"""clocks

Time limits towards people outside, which stand while a question to them is out (CP-14). Frozen.
"""

from typing import Final

from alembic import op

revision = "0017"
down_revision = "0016"

TYPES: Final = {
    "sqlite": {"text": "TEXT", "instant": "VARCHAR(32)", "json": "TEXT"},
    "postgresql": {"text": 'TEXT COLLATE "C"', "instant": "TIMESTAMP WITH TIME ZONE", "json": "JSON"},
}
TABLES: Final = """
CREATE TABLE clocks (
    "key" {text} NOT NULL, "case" {text} NOT NULL, name {text} NOT NULL, rule {text} NOT NULL, round BIGINT NOT NULL,
    begun_at {instant} NOT NULL, hours BIGINT NOT NULL, due_at {instant} NOT NULL, status {text} NOT NULL,
    next_at {instant}, contact {json}, warned_at {instant}, late_at {instant}, stopped_at {instant},
    paused_seconds BIGINT NOT NULL,
    CONSTRAINT pk_clocks PRIMARY KEY ("key"),
    CONSTRAINT ck_clocks_status CHECK (status IN ('running', 'stopped', 'superseded', 'withdrawn'))
);
CREATE INDEX ix_clocks_case ON clocks ("case");
CREATE INDEX ix_clocks_next_at ON clocks (next_at) WHERE next_at IS NOT NULL
"""


def upgrade() -> None:
    """Create the table and its indexes."""
    connection = op.get_bind()
    for statement in TABLES.format(**TYPES[connection.dialect.name]).split(";"):
        connection.exec_driver_sql(statement.strip())
