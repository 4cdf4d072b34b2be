"""Tells a call of the API that is made again, by its idempotency key, from another call under the same key.

The audit chain remembers what was done under a key. It must not do anything again.
"""

from collections.abc import Collection
from typing import Final

from crm_workflows.domain.audit import said_hash
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.records import AuditEntry, Json
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.ports import Reader

OTHER_ANSWER: Final = bilingual(
    "这个幂等键已用于另一个答复，请换一个", "this idempotency key was used for another answer; use a new one"
)


def made_before(
    reader: Reader, case: str, request: str, channel: str, evidence: str | None, events: Collection[str]
) -> AuditEntry | None:
    """The entry of a call that has been made before on this request; None for a new one, and by other channels."""
    if channel != "api" or evidence is None:
        return None
    found = (entry for entry in reader.find(AuditEntry, case=case, order="n") if entry.event in events)
    return next((e for e in found if e.data.get("request") == request and e.data.get("evidence") == evidence), None)


def check_same(entry: AuditEntry, by: str, comment: str, **data: Json) -> None:
    """Raise InvalidInput where what was done under this key was said by another, of others or in other words."""
    same = all(entry.data.get(name) == value for name, value in data.items())
    if not same or (entry.actor, entry.data.get("said")) != (by, said_hash(comment, None)):
        raise InvalidInput(OTHER_ANSWER)
