"""shorter silence

Why less silence is allowed with a customer, and until when (ON-12, CB-1). Frozen.
"""

from typing import Final

from alembic import op

revision = "0031"
down_revision = "0030"

INSTANT: Final = {"sqlite": "VARCHAR(32)", "postgresql": "TIMESTAMP WITH TIME ZONE"}
COLUMNS: Final = ("overdue_since", "complaint_until")
OWING: Final = """UPDATE customers SET overdue_since = (
    SELECT MIN(i.due_at) FROM customer_invoices i
    WHERE i.customer = customers.code AND i.paid_at IS NULL AND i.review IS NOT NULL
) WHERE code IN (SELECT i.customer FROM customer_invoices i WHERE i.paid_at IS NULL AND i.review IS NOT NULL)"""


def upgrade() -> None:
    """Who owes what has brought a review already is called sooner from now on."""
    connection = op.get_bind()
    for column in COLUMNS:
        connection.exec_driver_sql(f"ALTER TABLE customers ADD COLUMN {column} {INSTANT[connection.dialect.name]}")
    connection.exec_driver_sql(OWING)
