"""What is shown of digests: what one would list now, the latest that was sent, and one's traces in a dossier (G-10).

It must not change anything, and shows of a digest in a dossier only the item of that case.
"""

from collections.abc import Iterator
from typing import Any

from crm_workflows.domain.errors import NotFound
from crm_workflows.domain.records import AuditEntry, Digest, InboundMail
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.context import Engine
from crm_workflows.engine.digests import digest_items, digests
from crm_workflows.engine.ports import Reader
from crm_workflows.engine.requests.timing import due_of


def digest_view(engine: Engine, address: str) -> dict[str, Any]:
    """How that person gets digests, what one would list now, and the latest that was sent; raises NotFound."""
    person = engine.staff.directory().person(address)
    if person is None:
        zh = f"{address} 不在人员名册中，请核对地址"
        raise NotFound(bilingual(zh, f"{address} is not among the staff; check the address"))
    with engine.store.read() as reader:
        mode = digests.mode_of(engine, reader, person)
        has_stopped = digests.has_stopped(reader, person.email)
        waiting = digest_items.waiting_for(engine, reader, person)
        made = reader.find(Digest, person=person.email, order="day", descending=True, limit=digests.LOOKED_AHEAD)
    following = digests.next_morning(engine, person, engine.clock.now()) if mode != digests.OFF else None
    sent = next((digest for digest in made if digest.items), None)
    return {
        "person": person.email,
        "digest": mode,
        "given": digests.given_mode(engine, person),
        "has_stopped": has_stopped,
        "next_at": following.isoformat() if following else None,
        "waiting": [_item(number, one) for number, one in enumerate(waiting, start=1)],
        "latest": _latest(sent) if sent else None,
    }


def _item(number: int, one: digest_items.Waiting) -> dict[str, Any]:
    due = due_of(one.request)
    return {
        "number": number, "request": one.request.id, "case": one.row.code, "case_title": one.row.title,
        "title": one.request.title, "due_at": due.isoformat() if due else None, "held": one.held,
    }  # fmt: skip


def _latest(digest: Digest) -> dict[str, Any]:
    return {
        "digest": digest.id, "day": digest.day, "made_at": digest.made_at.isoformat(),
        "items": [{"number": n} | item for n, item in enumerate(digest.items, start=1)],
    }  # fmt: skip


def traces(reader: Reader, code: str) -> Iterator[dict[str, Any]]:
    """Each decision of a case that came by a digest: which one, of whose morning, under which number, by which mail.

    The mail itself speaks of other cases too, so that only what proves it is given: its hash and how it was read.
    """
    for entry in reader.find(AuditEntry, case=code, event="decided"):
        named = entry.data.get("digest")
        digest = reader.get(Digest, named.rpartition("/")[0]) if named else None
        if digest is None:
            continue
        number = int(named.rpartition("/")[2])
        mail = reader.get(InboundMail, entry.data.get("evidence"))
        yield {
            "digest": digest.id, "person": digest.person, "day": digest.day, "made_at": digest.made_at.isoformat(),
            "number": number, "request": entry.data["request"], "shown": digest.items[number - 1]["shown"],
            "decision": entry.data["decision"], "by": entry.actor, "at": entry.at.isoformat(),
            "mail": _proof(mail, number) if mail else None,
        }  # fmt: skip


def _proof(mail: InboundMail, number: int) -> dict[str, Any]:
    read = (mail.reading or {}).get("items", {})
    return {
        "id": mail.id, "message_id": mail.message_id, "sender": mail.sender, "sha256": mail.sha256,
        "received_at": mail.received_at.isoformat(), "read": read.get(str(number)),
    }  # fmt: skip
