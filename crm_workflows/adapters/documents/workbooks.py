"""The workbooks of digests as xlsx; what writes and what reads them is imported when it is wanted, by few commands."""

from collections.abc import Sequence

from crm_workflows.domain.sheets import FilledSheet, Sheet


class XlsxWorkbooks:
    """Implements the port `Workbooks`."""

    def written(self, sheets: Sequence[Sheet], language: str) -> bytes:
        """See the port."""
        from crm_workflows.adapters.documents.workbook_writing import written

        return written(sheets, language)

    def read(self, content: bytes, name: str) -> list[FilledSheet]:
        """See the port."""
        from crm_workflows.adapters.documents.workbook_reading import read

        return read(content, name)
