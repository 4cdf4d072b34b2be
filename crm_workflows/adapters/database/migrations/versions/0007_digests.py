"""digests

What waited for each person each morning, by the numbers they answer with (G-10). Frozen.
"""

from typing import Final

from alembic import op

revision = "0007"
down_revision = "0006"

TYPES: Final = {
    "sqlite": {"text": "TEXT", "instant": "VARCHAR(32)", "json": "TEXT"},
    "postgresql": {"text": 'TEXT COLLATE "C"', "instant": "TIMESTAMP WITH TIME ZONE", "json": "JSON"},
}
TABLES: Final = """
CREATE TABLE digests (
    id {text} NOT NULL, person {text} NOT NULL, day {text} NOT NULL, made_at {instant} NOT NULL, items {json},
    nonce {text} NOT NULL, token_hash {text},
    CONSTRAINT pk_digests PRIMARY KEY (id), CONSTRAINT uq_digests_token_hash UNIQUE (token_hash)
);
CREATE INDEX ix_digests_person_day ON digests (person, day)
"""


def upgrade() -> None:
    """Create the table and its index."""
    connection = op.get_bind()
    for statement in TABLES.format(**TYPES[connection.dialect.name]).split(";"):
        connection.exec_driver_sql(statement.strip())
