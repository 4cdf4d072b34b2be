"""causes of complaints

What causes were found, by product and department, and which repeat; see 0013. As of here `VIEWS` holds.
"""

revision = "0025"
down_revision = "0024"
VIEWS = "1f2ca3280c09bc74"


def upgrade() -> None:
    """The tables stay as they are; `schema.migrate` makes the views."""
