"""Complaint resolution 投诉处理 (CP). Read `procedure.py`: it is the rule book, in its order."""

from flows.complaint_resolution.procedure import complaint_resolution

__all__ = ["complaint_resolution"]
