"""The desk at the address for complaints. It must not judge a mail: `complaint_mail` does, imported when one has come.

Most commands of the product take no mail in, and would wait for all that reads mail and knows the register.
"""

from dataclasses import dataclass

from crm_workflows.domain.mail.incoming import IncomingMail
from crm_workflows.domain.records import CaseRow, InboundMail
from crm_workflows.engine.context import Engine
from crm_workflows.engine.ports import Transaction


@dataclass(frozen=True)
class ComplaintDesk:
    """Implements the port `MailDesk`."""

    address: str

    def takes(self, engine: Engine, row: InboundMail, mail: IncomingMail) -> bool:
        """What was sent to the address, and what answers a mail about a complaint."""
        from crm_workflows.business import complaint_mail

        return complaint_mail.takes(engine, self.address, row, mail)

    def take(self, engine: Engine, row: InboundMail, mail: IncomingMail) -> None:
        """Open a case or join one."""
        from crm_workflows.business import complaint_mail

        complaint_mail.take(engine, row, mail)

    def doubts(self, engine: Engine, tx: Transaction, row: InboundMail, mail: IncomingMail) -> str:
        """The service lead reads it, and takes a complaint in by hand where it is one."""
        from crm_workflows.business import complaint_doubt

        return complaint_doubt.tell(engine, tx, row, mail)

    def hears(
        self, engine: Engine, tx: Transaction, case: CaseRow, asked_of: str, row: InboundMail, mail: IncomingMail,
        has_effect: bool,
    ) -> str:  # fmt: skip
        """Whoever is in charge reads what was said about a complaint."""
        from crm_workflows.business import complaint_mail

        return complaint_mail.hears(engine, tx, case, asked_of, row, mail, has_effect)
