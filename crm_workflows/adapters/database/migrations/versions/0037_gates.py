"""gates

What approvals cost and change, by gate: `kpi_gates`, `kpi_gate_in_a_row` and `kpi_gate_mutual`; and in every view how
that which it counts has ended (`result`); see 0013. As of here `VIEWS` holds.
"""

revision = "0037"
down_revision = "0036"
VIEWS = "97dfbc504e4adbf8"


def upgrade() -> None:
    """The tables stay as they are; `schema.migrate` makes the views."""
