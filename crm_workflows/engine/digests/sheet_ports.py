"""The port by which a digest becomes a workbook and what came back is read. It must not know a file format."""

from collections.abc import Sequence
from typing import Protocol

from crm_workflows.domain.sheets import FilledSheet, Sheet


class Workbooks(Protocol):
    """Writes and reads workbooks of a kind that people's programs open."""

    def written(self, sheets: Sequence[Sheet], language: str) -> bytes:
        """The bytes of a workbook with these sheets, labels in that language; empty where none can be made here."""
        ...

    def read(self, content: bytes, name: str) -> list[FilledSheet]:
        """Its sheets, formulas not calculated. Raises InvalidInput, naming the file, beyond the limits and for what is
        no workbook."""
        ...


class NoWorkbooks:
    """Neither writes nor reads: digests go without."""

    def written(self, sheets: Sequence[Sheet], language: str) -> bytes:  # noqa: ARG002 - as of the port
        """Nothing."""
        return b""

    def read(self, content: bytes, name: str) -> list[FilledSheet]:  # noqa: ARG002 - as of the port
        """Nothing."""
        return []
