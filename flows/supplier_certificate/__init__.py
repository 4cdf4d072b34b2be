"""Supplier certificate 供应商证书跟踪 (SC): what SV-12 asks of certificates. Read `procedure.py`."""

from flows.supplier_certificate.procedure import supplier_certificate

__all__ = ["supplier_certificate"]
