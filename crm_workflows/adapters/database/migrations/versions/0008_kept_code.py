"""kept code

The sources on which cases began, and what a case had before it was moved to another (G-8). Frozen.
"""

from typing import Final

from alembic import op

revision = "0008"
down_revision = "0007"

TYPES: Final = {
    "sqlite": {"text": "TEXT", "instant": "VARCHAR(32)", "json": "TEXT"},
    "postgresql": {"text": 'TEXT COLLATE "C"', "instant": "TIMESTAMP WITH TIME ZONE", "json": "JSON"},
}
TABLES: Final = """
CREATE TABLE procedure_sources (
    source_hash {text} NOT NULL, files {json}, seal {text} NOT NULL, kept_at {instant} NOT NULL,
    CONSTRAINT pk_procedure_sources PRIMARY KEY (source_hash)
);
CREATE TABLE moves (
    "case" {text} NOT NULL, n BIGINT NOT NULL, at {instant} NOT NULL, "by" {text} NOT NULL,
    "before" {json}, "after" {json},
    journal_length BIGINT NOT NULL, journal_hash {text} NOT NULL, undone_at {instant},
    CONSTRAINT pk_moves PRIMARY KEY ("case", n)
)
"""


def upgrade() -> None:
    """Create the tables."""
    connection = op.get_bind()
    for statement in TABLES.format(**TYPES[connection.dialect.name]).split(";"):
        connection.exec_driver_sql(statement.strip())
