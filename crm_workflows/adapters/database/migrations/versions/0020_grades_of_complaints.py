"""grades of complaints

The grade of a complaint is read where it is written, in its follow-up; see 0013. As of here `VIEWS` holds.
"""

revision = "0020"
down_revision = "0019"
VIEWS = "c66266ea1fc05647"


def upgrade() -> None:
    """The tables stay as they are; `schema.migrate` makes the views."""
