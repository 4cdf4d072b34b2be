"""Reads the headers of mails in an open folder of an IMAP server. It must not open one, nor mark what it reads."""

import re
from typing import Final

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError

HEAD: Final = 65_536  # bytes of headers that are fetched of a mail over the limit
_NEEDED: Final = (
    "FROM TO CC DELIVERED-TO X-ORIGINAL-TO SUBJECT MESSAGE-ID IN-REPLY-TO REFERENCES RETURN-PATH AUTO-SUBMITTED "
    "PRECEDENCE X-AUTOREPLY X-AUTO-RESPONSE-SUPPRESS CONTENT-TYPE"
)
"""By which is known whom a mail answers, and whether a machine has sent it."""
_LOOKED_AT: Final = 20  # newest mails in which `check` looks for the provider's authentication results
_AUTHENTICATED: Final = "BODY.PEEK[HEADER.FIELDS (AUTHENTICATION-RESULTS)]"


def head_of(client: IMAPClient, uid: int) -> bytes:
    """The headers of a mail, or as much of them as is looked at; of a server that gives no part of them those we need.

    Empty where it refuses these too: what lies behind the mail must still come in.
    """
    for wanted in (f"BODY.PEEK[HEADER]<0.{HEAD}>", f"BODY.PEEK[HEADER.FIELDS ({_NEEDED})]"):
        try:
            content = client.fetch([uid], [wanted]).get(uid, {})
        except IMAPClientAbortError:
            raise
        except IMAPClientError:
            continue
        found = next((value for key, value in content.items() if key.startswith(b"BODY[HEADER")), None)
        if found:
            return bytes(found)[:HEAD]
    return b""


def authentication_sentence(client: IMAPClient) -> str:
    """Whether the provider writes down if a sender is who they say, which decisions by outside mail rest on."""
    newest = sorted(client.search(["ALL"]))[-_LOOKED_AT:]
    servers: dict[str, int] = {}
    for content in (client.fetch(newest, [_AUTHENTICATED]) if newest else {}).values():
        header = next((value for key, value in content.items() if key.startswith(b"BODY[HEADER")), b"") or b""
        found = re.search(rb"authentication-results:\s*([\w.-]{1,200})", header, re.IGNORECASE)
        if found:
            server = found[1].decode()
            servers[server] = servers.get(server, 0) + 1
    if not servers:
        return (
            "最近的邮件没有发件人验证结果，请勿设 CRMW_IMAP_AUTHSERV_ID：由我们验证签名（DKIM） / "
            "The newest mails carry no authentication results; leave CRMW_IMAP_AUTHSERV_ID empty: we check DKIM"
        )
    stated = ", ".join(f"{server} ({count})" for server, count in sorted(servers.items()))
    return (
        f"最近 {len(newest)} 封邮件的发件人验证结果来自：{stated} / "
        f"Of the newest {len(newest)} mails these servers checked the sender: {stated}"
    )
