"""The record verifies, as an auditor's `crmw audit verify` finds it."""

from collections.abc import Iterator, Sequence

from crm_workflows.adapters.keys import ServerKey
from crm_workflows.domain import audit, checkpoints
from crm_workflows.domain.records import Checkpoint
from crm_workflows.engine.record import agreement
from tests.invariants.rows import Rows

ANY_KEY = ServerKey(b"k" * 32)
"""Checks signatures of whichever key: who signed is not the question here."""


def verifies(rows: Rows) -> Iterator[str]:
    """Chains, their seals, and what the case shows; a chain without its case as well."""
    sealed = rows.reader.find(Checkpoint, order="n")
    if sealed and (fault := checkpoints.first_fault(sealed, sealed[0].public_key, ANY_KEY.is_seal)):
        yield fault
    for row in rows.cases.values():
        entries = rows.audit.get(row.code, [])
        found = audit.first_fault(row.code, entries, row.audit_length, row.audit_head)
        found = found or agreement.first_disagreement(rows.reader, row, entries)
        if found:
            yield found
    for code in rows.audit.keys() - rows.cases.keys():
        yield f"{code} is not there, only its record"
    yield from _seals(rows, sealed)


def _seals(rows: Rows, sealed: Sequence[Checkpoint]) -> Iterator[str]:
    for checkpoint in sealed:
        for code, length, head in checkpoint.heads:
            chain = rows.audit.get(code, [])
            if len(chain) < length or chain[length - 1].hash != head:
                yield f"the record of {code} is not the one that checkpoint {checkpoint.n} has sealed"
