"""Periodic callbacks 客户回访 (CB): one case per callback. Read `procedure.py`."""

from flows.periodic_callbacks.procedure import periodic_callbacks

__all__ = ["periodic_callbacks"]
