"""Corrective action 纠正措施 (CA): what follows from a grave or repeated complaint (CP-12). Read `procedure.py`."""

from flows.corrective_action.procedure import corrective_action

__all__ = ["corrective_action"]
