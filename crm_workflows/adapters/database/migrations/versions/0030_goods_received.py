"""goods received

What suppliers delivered, and where each stood when, for purchases from those who were not recognised (SV-12).
What is known of the past: recognised since they were entered, on hold or barred since a case has written so. Frozen.
"""

from typing import Final

from alembic import op

revision = "0030"
down_revision = "0029"
VIEWS = "fbc0fb597baef1c8"

TYPES: Final = {
    "sqlite": {
        "text": "TEXT", "instant": "VARCHAR(32)",
        "ends": "date(s.details ->> 'valid_until', '+1 day') || 'T00:00:00.000000+00:00'",
    },
    "postgresql": {
        "text": 'TEXT COLLATE "C"', "instant": "TIMESTAMP WITH TIME ZONE",
        "ends": "((s.details ->> 'valid_until')::date + 1)::timestamp AT TIME ZONE 'UTC'",
    },
}  # fmt: skip
"""Of the last day the midnight of UTC serves every zone near enough: goods are received at noon."""
TABLES: Final = """
CREATE TABLE supplier_standings (
    supplier {text} NOT NULL, since {instant} NOT NULL, status {text} NOT NULL, ends_at {instant},
    CONSTRAINT pk_supplier_standings PRIMARY KEY (supplier, since)
);
CREATE TABLE goods_received (
    supplier {text} NOT NULL, received_at {instant} NOT NULL, number {text} NOT NULL, order_number {text} NOT NULL,
    goods {text} NOT NULL, amount {text} NOT NULL, quantity {text}, rejected {text}, promised_at {instant},
    CONSTRAINT pk_goods_received PRIMARY KEY (supplier, received_at, number, order_number, goods)
);
CREATE INDEX ix_goods_received_received_at ON goods_received (received_at);
INSERT INTO supplier_standings (supplier, since, status, ends_at)
SELECT s.code, s.registered_at, CASE WHEN s.changed_at IS NULL THEN s.status ELSE 'recognised' END, {ends} FROM {known};
INSERT INTO supplier_standings (supplier, since, status, ends_at)
SELECT s.code, s.changed_at, s.status, {ends} FROM {known} WHERE s.changed_at IS NOT NULL
"""
KNOWN: Final = """(
    SELECT t.code, t.registered_at, t.status, t.details, (
        SELECT MAX(b.at) FROM business_rows b JOIN cases c ON c.code = b."case"
        WHERE t.status <> 'recognised' AND b.at > t.registered_at AND b.name = 'supplier_status'
        AND TRIM(CAST(b.value AS TEXT), '"') = t.status AND c.subject ->> 'supplier' = t.code
    ) AS changed_at FROM suppliers t
) s"""


def upgrade() -> None:
    """Create the tables, and fill the standings as far as they are known."""
    connection = op.get_bind()
    for statement in TABLES.format(known=KNOWN, **TYPES[connection.dialect.name]).split(";"):
        connection.exec_driver_sql(statement.strip())
