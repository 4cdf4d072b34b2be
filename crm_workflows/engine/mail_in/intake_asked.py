"""Which request or digest a mail answers, by the secret that it carries. It must not judge who wrote it."""

from crm_workflows.domain.mail.incoming import IncomingMail
from crm_workflows.domain.records import Assignee, CaseRow, Digest, Request
from crm_workflows.domain.secret_hash import hash_of_secret
from crm_workflows.engine.context import Engine
from crm_workflows.engine.mail_in import intake_requester
from crm_workflows.engine.mail_in.intake_writer import Asked


def asked_in(engine: Engine, mail: IncomingMail) -> Asked | Digest | None:
    """The request and person, or the digest, whose secret the mail carries; None for no or an unknown secret."""
    with engine.store.read() as reader:
        for secret in mail.secrets:
            digest = hash_of_secret(secret.lower())
            found = reader.find(Assignee, token_hash=digest, limit=1)
            if found:
                row, request = reader.get(CaseRow, found[0].case), reader.get(Request, found[0].request)
                if row is not None and request is not None:
                    return Asked(row, request, found[0])
                return intake_requester.asked_at_door(reader, found[0])
            listed = reader.find(Digest, token_hash=digest, limit=1)
            if listed:
                return listed[0]
    return None
