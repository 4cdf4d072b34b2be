"""Supplier re-evaluation 供应商复评 (SR): what SV-12 asks before a recognition ends. Read `procedure.py`."""

from flows.supplier_reevaluation.procedure import supplier_reevaluation
from flows.supplier_reevaluation.version_1 import without_complaints

__all__ = ["supplier_reevaluation", "without_complaints"]
