"""imports

Who had which table taken in, and what became of its rows. Frozen.
"""

from typing import Final

from alembic import op

revision = "0023"
down_revision = "0022"

TYPES: Final = {
    "sqlite": {"text": "TEXT", "instant": "VARCHAR(32)"},
    "postgresql": {"text": 'TEXT COLLATE "C"', "instant": "TIMESTAMP WITH TIME ZONE"},
}
TABLES: Final = """
CREATE TABLE import_runs (
    code {text} NOT NULL, kind {text} NOT NULL, file {text} NOT NULL, sha256 {text} NOT NULL, "by" {text} NOT NULL,
    channel {text} NOT NULL, began_at {instant} NOT NULL, seen_at {instant} NOT NULL, rows BIGINT NOT NULL,
    added BIGINT NOT NULL, changed BIGINT NOT NULL, unchanged BIGINT NOT NULL, bad BIGINT NOT NULL,
    is_written BOOLEAN NOT NULL, problem {text} NOT NULL, ended_at {instant},
    CONSTRAINT pk_import_runs PRIMARY KEY (code)
);
CREATE INDEX ix_import_runs_began_at ON import_runs (began_at)
"""


def upgrade() -> None:
    """Create the table and its index."""
    connection = op.get_bind()
    for statement in TABLES.format(**TYPES[connection.dialect.name]).split(";"):
        connection.exec_driver_sql(statement.strip())
