"""Supplier vetting 供应商认定 (SV). Read `procedure.py`: it is the rule book, in its order."""

from flows.supplier_vetting.procedure import supplier_vetting

__all__ = ["supplier_vetting"]
