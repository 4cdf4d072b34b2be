"""Supplier re-evaluation 供应商复评 (SR): what SV-12 asks before a recognition ends. Read `procedure.py`."""

from flows.supplier_reevaluation.procedure import supplier_reevaluation

__all__ = ["supplier_reevaluation"]
