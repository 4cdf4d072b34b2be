"""Letters with a link of their own, which a step sends to people outside: no request waits for them (CB-8).

It must not know what the link is for.
"""

from typing import Any

from crm_workflows.domain.message_parts import Mail
from crm_workflows.domain.secret_hash import hash_of_secret
from crm_workflows.engine.mail_out import mails
from crm_workflows.engine.requests.asking import Contact
from crm_workflows.engine.running.attempt import current_or_refuse
from crm_workflows.engine.steps import Books


def secret_for(identity: str, person: str) -> tuple[str, str]:
    """A fresh nonce for somebody's link, and the hash by which the link is found; the link itself is not kept."""
    secrets = current_or_refuse("a letter with a link").engine.secrets
    nonce = secrets.nonce()
    return nonce, hash_of_secret(secrets.token(identity, person, 1, nonce))


def letter(books: Books, to: Contact, model: type[Mail], *, identity: str, **values: Any) -> None:
    """Queue the mail in the transaction of the step; `identity` names the invitation that its link belongs to."""
    attempt = current_or_refuse("a letter with a link")
    part = mails.case_part(attempt.row, attempt.procedure, outside=True)
    books.tx.insert(
        mails.mail_of(
            attempt.row.code, to.email, to.language, model(case=part, to_name=to.name, **values), books.now,
            mail_domain=attempt.engine.mail_domain, key=identity, request=identity,
        )
    )  # fmt: skip
