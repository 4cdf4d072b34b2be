"""tags

Words by which rounds choose customers (CB-2). Frozen.
"""

from typing import Final

from alembic import op

revision = "0027"
down_revision = "0026"

TEXT: Final = {"sqlite": "TEXT", "postgresql": 'TEXT COLLATE "C"'}


def upgrade() -> None:
    """A customer without any has NULL."""
    connection = op.get_bind()
    connection.exec_driver_sql(f"ALTER TABLE customers ADD COLUMN tags {TEXT[connection.dialect.name]}")
