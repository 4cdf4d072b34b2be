"""Whether the mail servers of the settings do what we need: each check says what is wrong and what to change."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crm_workflows.interfaces.mail_check.finding import Finding
    from crm_workflows.settings import Settings


def findings_of(settings: "Settings", seconds: float) -> "list[Finding]":
    """Servers first; then, where both ways are open, one mail to ourselves, looked for that many seconds (0: none)."""
    from crm_workflows.interfaces.mail_check import servers
    from crm_workflows.interfaces.mail_check.probe import Probe

    found = [servers.outgoing(settings), *servers.incoming(settings), *servers.links(settings)]
    is_open = all(one.ok for one in found) and not settings.is_local_mail and bool(settings.mailboxes)
    return [*found, *(Probe(settings, seconds).findings() if is_open and seconds else [])]
