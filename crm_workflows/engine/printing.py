"""What prints reports as PDF and drawings as a picture. It must not contain a printer but one that prints nothing."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from crm_workflows.domain.report import Report


class Printer(Protocol):
    """Prints reports and drawings."""

    def pdf(self, report: Report, at: datetime) -> bytes | None:
        """The same bytes for the same report and instant; None where no PDF can be made here."""
        ...

    def picture(self, drawings: Sequence[str]) -> bytes | None:
        """Drawings (SVG of our own making) as one PNG for mails; None where none can be made here."""
        ...


class NoPrinter:
    """Prints nothing: reports stay pages of HTML, mails are without pictures."""

    def pdf(self, report: Report, at: datetime) -> None:
        """Never a PDF."""

    def picture(self, drawings: Sequence[str]) -> None:
        """Never a picture."""
