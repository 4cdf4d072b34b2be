"""wanted reviews

Customers whose limit is nearly used, or that belong to somebody else now, and their owners (ON-12). Frozen.
"""

from typing import Final

from alembic import op

revision = "0028"
down_revision = "0027"

TYPES: Final = {
    "sqlite": {"text": "TEXT", "instant": "VARCHAR(32)"},
    "postgresql": {"text": 'TEXT COLLATE "C"', "instant": "TIMESTAMP WITH TIME ZONE"},
}
STATEMENTS: Final = (
    """CREATE TABLE wanted_reviews (
    customer {text} NOT NULL, why {text} NOT NULL, wanted_at {instant}, remark {text} NOT NULL,
    times BIGINT NOT NULL, review {text},
    CONSTRAINT pk_wanted_reviews PRIMARY KEY (customer, why)
)""",
    "CREATE INDEX ix_wanted_reviews_wanted_at ON wanted_reviews (wanted_at) WHERE wanted_at IS NOT NULL",
    "ALTER TABLE customers ADD COLUMN legal_owner {text}",
)


def upgrade() -> None:
    """A customer whose owner nobody has given has NULL."""
    connection = op.get_bind()
    for statement in STATEMENTS:
        connection.exec_driver_sql(statement.format(**TYPES[connection.dialect.name]))
