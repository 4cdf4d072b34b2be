"""The audit chain of a case: each entry's hash covers its content and the hash before. It must not store anything."""

import hashlib
import json
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from crm_workflows.domain.instants import stamp
from crm_workflows.domain.json_text import writer
from crm_workflows.domain.records import AuditEntry, Json
from crm_workflows.domain.text import bilingual

CANONICAL: Final = writer(sort_keys=True)
"""Built once: every step of every case comes by here."""
PLACE: Final = re.compile(r"erased-([0-9a-f]{16})@erased\.example")
"""In the place of the address of who was erased (domain/erasing.py): nobody can have it (RFC 2606 §2)."""
ERASED: Final = "erased"
"""The bytes of a mail, whose time was over."""
BY_LAW: Final = "erased_person"
"""Somebody was taken out of the case by law: mails and files are gone, and what was said has another hash since."""


def chained(case: str, n: int, at: datetime, event: str, actor: str, data: Json, previous: str) -> AuditEntry:
    """The next link: SHA-256 over a canonical JSON list of all fields, times in UTC with microseconds."""
    content = CANONICAL([case, n, stamp(at), event, actor, data, previous])
    return AuditEntry(case, n, at, event, actor, data, previous, hashlib.sha256(content.encode()).hexdigest())


def said_hash(comment: str, answer: Json) -> str:
    """What somebody wrote with a decision, or filled in, as the record holds it: its hash, since it may be personal."""
    return hashlib.sha256(CANONICAL([comment, answer]).encode()).hexdigest()


def subject_hash(subject: Json) -> str:
    """What a case is about, as the record holds it when the case is opened and amended: its hash."""
    return hashlib.sha256(json.dumps(subject, sort_keys=True).encode()).hexdigest()


def vouched(authentication: Json) -> Json:
    """What was known of the sender of a deciding mail, as the record holds it: how, by whom, and whether it held."""
    return {name: authentication[name] for name in ("method", "passed", "by")}


def person_id(address: str) -> str:
    """As which somebody outside stands on record: a hash, so that they can be erased without breaking it (G-7).

    The address in their place stands for the same.
    """
    if erased := PLACE.fullmatch(address):
        return f"sha256:{erased[1]}"
    return "sha256:" + hashlib.sha256(address.lower().encode()).hexdigest()[:16]


def gone(entries: Iterable[AuditEntry], what: str) -> set[str]:
    """Of `mails` (ids) or `files` (hashes) those whose bytes were erased, as the record says."""
    found: set[str] = set()
    for entry in entries:
        if entry.event == BY_LAW:
            found |= set(entry.data[what])
        elif entry.event == ERASED and what == "mails":
            found.add(entry.data["evidence"])
    return found


def said_now(entries: Iterable[AuditEntry]) -> dict[str, str]:
    """The hash of what was said once, or of a subject -> its hash since somebody was erased; for all but today's."""
    now: dict[str, str] = {}
    for entry in entries:
        for before, after in entry.data["said"] if entry.event == BY_LAW else ():
            now = {first: after if last == before else last for first, last in now.items()} | {before: after}
    return now


def first_fault(case: str, entries: Iterable[AuditEntry], length: int, head: str) -> str | None:
    """One sentence naming the first link that does not hold, None when the whole chain does.

    `length` and `head` are what the case row says; a chain cut short at its end is found by them.
    """
    previous, count = "", 0
    for count, entry in enumerate(entries, start=1):
        expected = chained(entry.case, count - 1, entry.at, entry.event, entry.actor, entry.data, previous)
        if (entry.n, entry.previous, entry.hash) != (count - 1, previous, expected.hash):
            return bilingual(
                f"案件 {case} 的审计记录 {count - 1}（{entry.event}）与审计链不符，已被改动",
                f"audit entry {count - 1} of case {case} ({entry.event}) does not fit the chain; it was altered",
            )
        previous = entry.hash
    if count != length or previous != head:
        return bilingual(
            f"案件 {case} 的审计链有 {count} 条记录，而案件应有 {length} 条，记录缺失或被改动",
            f"the audit chain of case {case} has {count} entries where the case says {length}; entries are missing",
        )
    return None
