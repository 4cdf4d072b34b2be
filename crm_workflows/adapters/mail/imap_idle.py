"""Says when something may have come to an IMAP folder, by IDLE (RFC 2177), so that nobody waits for the next look.

It is a hint and nothing more: servers forget to tell, and lines go dead unnoticed, so whoever uses it looks at fixed
times all the same. It must not fetch mails.
"""

import select
import threading
from collections.abc import Callable
from typing import Final

from crm_workflows.adapters.mail.imap_mailbox import ImapMailbox

_SLICE: Final = 1.0
"""Seconds between two looks whether to stop."""
_RENEWED_AFTER: Final = 600
"""Slices; servers may hang up after half an hour (RFC 2177), and networks that translate addresses much sooner."""


def listen(mailbox: ImapMailbox, stop: threading.Event, heard: Callable[[], None]) -> bool:
    """Call `heard` once listening has begun, and for all that comes from then on, until told to stop.

    False at once where the server has no IDLE. Raises MailTrouble when the connection breaks off.
    """
    with mailbox.opened() as (client, _):
        if not client.has_capability("IDLE"):
            return False
        client.idle()
        heard()
        quiet = 0
        while not stop.is_set():
            told = client.idle_check(_SLICE)
            if any(answer[-1] in (b"EXISTS", b"RECENT") for answer in told):
                heard()
            elif not told and select.select([client.socket()], [], [], 0)[0]:
                # The library takes the end of a connection for silence, and would be asked again without pause.
                raise mailbox.trouble("断开了连接", "it hung up")
            quiet += 1
            if quiet % _RENEWED_AFTER == 0:
                client.idle_done()
                client.idle()
        client.idle_done()
        return True
