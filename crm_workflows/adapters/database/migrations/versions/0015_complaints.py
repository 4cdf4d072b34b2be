"""complaints

What each complaint is about, by which a second one of the same thing joins it (CP-1); people found by address. Frozen.
"""

from typing import Final

from alembic import op

revision = "0015"
down_revision = "0014"

TYPES: Final = {
    "sqlite": {"text": "TEXT", "instant": "VARCHAR(32)"},
    "postgresql": {"text": 'TEXT COLLATE "C"', "instant": "TIMESTAMP WITH TIME ZONE"},
}
TABLES: Final = """
CREATE TABLE complaints (
    "case" {text} NOT NULL, customer {text} NOT NULL, sender {text} NOT NULL, order_number {text} NOT NULL,
    product {text} NOT NULL, part {text} NOT NULL, subject {text} NOT NULL, opened_at {instant} NOT NULL,
    CONSTRAINT pk_complaints PRIMARY KEY ("case")
);
CREATE INDEX ix_complaints_customer_opened_at ON complaints (customer, opened_at);
CREATE INDEX ix_complaints_sender_opened_at ON complaints (sender, opened_at);
CREATE INDEX ix_customer_contacts_email ON customer_contacts (email)
"""


def upgrade() -> None:
    """Create the table and the indexes."""
    connection = op.get_bind()
    for statement in TABLES.format(**TYPES[connection.dialect.name]).split(";"):
        connection.exec_driver_sql(statement.strip())
