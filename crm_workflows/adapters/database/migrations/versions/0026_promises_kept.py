"""promises kept

The share of promises of callbacks that were kept (CB-4); see 0013. As of here `VIEWS` holds.
"""

revision = "0026"
down_revision = "0025"
VIEWS = "09830fab2a779709"


def upgrade() -> None:
    """The tables stay as they are; `schema.migrate` makes the views."""
