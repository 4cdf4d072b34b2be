"""customer invoices

What customers owe and when they paid, for the reviews that an overdue payment brings (ON-12). Frozen.
"""

from typing import Final

from alembic import op

revision = "0022"
down_revision = "0021"

TYPES: Final = {
    "sqlite": {"text": "TEXT", "instant": "VARCHAR(32)"},
    "postgresql": {"text": 'TEXT COLLATE "C"', "instant": "TIMESTAMP WITH TIME ZONE"},
}
TABLES: Final = """
CREATE TABLE customer_invoices (
    customer {text} NOT NULL, number {text} NOT NULL, due_at {instant} NOT NULL, amount {text} NOT NULL,
    paid_at {instant}, overdue_at {instant}, review {text},
    CONSTRAINT pk_customer_invoices PRIMARY KEY (customer, number)
);
CREATE INDEX ix_customer_invoices_overdue_at ON customer_invoices (overdue_at) WHERE overdue_at IS NOT NULL
"""


def upgrade() -> None:
    """Create the table and its index."""
    connection = op.get_bind()
    for statement in TABLES.format(**TYPES[connection.dialect.name]).split(";"):
        connection.exec_driver_sql(statement.strip())
