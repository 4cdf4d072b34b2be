"""figures of complaints

The views of complaints (CP); see 0013. As of here the definitions of `VIEWS` hold.
"""

revision = "0019"
down_revision = "0018"
VIEWS = "3acefd3351a571b8"


def upgrade() -> None:
    """The tables stay as they are; `schema.migrate` makes the views."""
