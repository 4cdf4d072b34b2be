"""returned addresses

From which addresses mail came back, so that people see it before they write there again. Frozen.
"""

from typing import Final

from alembic import op

revision = "0012"
down_revision = "0011"

TYPES: Final = {
    "sqlite": {"text": "TEXT", "instant": "VARCHAR(32)"},
    "postgresql": {"text": 'TEXT COLLATE "C"', "instant": "TIMESTAMP WITH TIME ZONE"},
}
TABLES: Final = """
CREATE TABLE returned_addresses (
    address {text} NOT NULL, since {instant}, why {text} NOT NULL, mail {text} NOT NULL,
    CONSTRAINT pk_returned_addresses PRIMARY KEY (address)
);
CREATE INDEX ix_returned_addresses_since ON returned_addresses (since) WHERE since IS NOT NULL
"""


def upgrade() -> None:
    """Create the table and its index."""
    connection = op.get_bind()
    for statement in TABLES.format(**TYPES[connection.dialect.name]).split(";"):
        connection.exec_driver_sql(statement.strip())
