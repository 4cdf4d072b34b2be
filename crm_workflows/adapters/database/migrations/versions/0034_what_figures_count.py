"""what figures count

Each figure leads to what it counts: receipts and orders by their numbers; and the orders of a period, for turnover; see
0013. As of here `VIEWS` holds.
"""

revision = "0034"
down_revision = "0033"
VIEWS = "af1936dacedc3235"


def upgrade() -> None:
    """The tables stay as they are; `schema.migrate` makes the views."""
