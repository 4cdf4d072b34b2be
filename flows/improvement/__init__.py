"""Improvement 改进任务 (IM): what follows from a finding of a survey (CB-8). Read `procedure.py`."""

from flows.improvement.procedure import improvement

__all__ = ["improvement"]
