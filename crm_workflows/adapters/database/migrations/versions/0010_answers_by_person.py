"""answers by person

Finds what somebody has answered lately, from which is forecast when they will answer (0018). Frozen.
"""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Create the index."""
    op.get_bind().exec_driver_sql('CREATE INDEX ix_decisions_by_at ON decisions ("by", at)')
