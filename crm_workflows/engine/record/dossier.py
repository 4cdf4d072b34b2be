"""One case as files that an outsider can read and check without this program (G-7). It must not write files itself."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, Final

from crm_workflows.domain.audit import CANONICAL, said_hash
from crm_workflows.domain.instants import stamp
from crm_workflows.domain.records import (
    OVER,
    Assignee,
    AuditEntry,
    Blob,
    CaseRow,
    Checkpoint,
    Decision,
    Document,
    InboundMail,
    Link,
    Message,
    Request,
)
from crm_workflows.domain.rules import carries_out
from crm_workflows.domain.text import HIDDEN
from crm_workflows.engine.context import Engine
from crm_workflows.engine.decisions.requesting import door_id, door_request
from crm_workflows.engine.digests import view_digests
from crm_workflows.engine.erasing.finding import gone_by_law
from crm_workflows.engine.ports import Reader
from crm_workflows.engine.requests.files import sha256_of
from crm_workflows.engine.views import views

File = tuple[str, bytes]
"""(path inside the dossier, content)"""
FOR_NO_FILE: Final = re.compile(r'[\t\n<>:"|?*]')
LONGEST_NAME: Final = 200
"""Bytes: of 255, some go to the hash in front."""
CHECKERS = ("check.py", "evidence.py", "ed25519.py")
OF_OTHERS = (
    "此邮件以一封回复答复了多个案件，不随单个案件导出；其哈希和对本案的答复见 digests.json。\n"
    "This mail answers several cases at once and is not part of one; digests.json has its hash and what it says here.\n"
)
GONE = (
    "此邮件的原文已按保存期限删除（{at}）；其 SHA-256 为 {sha256}。\n"
    "The bytes of this mail were erased when the time for keeping them was over ({at}); their SHA-256 was {sha256}.\n"
)
GONE_BY_LAW = (
    "原文已依法删除（{at}）；其 SHA-256 为 {sha256}。\n"
    "The bytes were erased by law ({at}); their SHA-256 was {sha256}.\n"
)
WITHHELD = (
    "此邮件带有仍然有效的答复凭证，事项办结后再导出。\n"
    "This mail carries a secret that still decides; export again once it is decided.\n"
)


@carries_out("G-7")
def dossier(engine: Engine, code: str, shipped: Callable[[str], str]) -> Iterator[File]:
    """All files of the case's dossier; `shipped` gives the text of a file that belongs to every dossier.

    The last is the manifest, which signs the hashes of all others. Raises NotFound. Holds personal data: it is for
    whoever may see all of the case.
    """
    hashes: dict[str, str] = {}
    for name, content in _files(engine, code, shipped):
        hashes[name] = sha256_of(content)
        yield name, content
    yield "manifest.json", _manifest(engine, code, hashes)


def _manifest(engine: Engine, code: str, hashes: dict[str, str]) -> bytes:
    content = [code, stamp(engine.clock.now()), hashes, engine.secrets.public_key()]
    return _json([content, engine.secrets.seal(CANONICAL(content).encode())])


def _files(engine: Engine, code: str, shipped: Callable[[str], str]) -> Iterator[File]:
    shown = views.case_view(engine, code)
    with engine.store.read() as reader:
        _as_on_record(shown, reader, code)
        links = [_link(entry) for entry in reader.find(AuditEntry, case=code, order="n")]
        sealed = [_checkpoint(c) for c in reader.find(Checkpoint, order="n") if any(h[0] == code for h in c.heads)]
        yield "README.txt", shipped("README.txt").format(code=code).encode()
        yield from ((name, shipped(name).encode()) for name in CHECKERS)
        yield "case.json", _json(shown)
        yield "audit.json", _json(links)
        yield "checkpoints.json", _json(sealed)
        yield from _digests(reader, code)
        erased = gone_by_law(reader, code)
        yield from _documents(reader, code, erased)
        yield from _mails(engine, reader, code, erased)


def _digests(reader: Reader, code: str) -> Iterator[File]:
    """What came by digests: of each answer only what it says of this case."""
    found = list(view_digests.traces(reader, code))
    if found:
        yield "digests.json", _json(found)
    for mail in dict.fromkeys(trace["mail"]["id"] for trace in found if trace["mail"]):
        yield f"received/{mail}.withheld.txt", OF_OTHERS.encode()


def _link(entry: AuditEntry) -> list[Any]:
    data = [entry.case, entry.n, stamp(entry.at), entry.event, entry.actor, entry.data]
    return [*data, entry.previous, entry.hash]


def _checkpoint(c: Checkpoint) -> list[Any]:
    return [[c.n, stamp(c.at), c.heads, c.previous, c.public_key], c.signature]


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode()


def _documents(reader: Reader, code: str, erased: dict[str, datetime]) -> Iterator[File]:
    """Each content once, under a name that cannot leave the folder."""
    found = {d.sha256: d.filename for d in reader.find(Document, case=code)}
    messages = reader.find(Message, case=code, order=("queued_at", "id"))
    attached = {file["sha256"]: file["filename"] for message in messages for file in message.attachments}
    for sha256 in [one for one in found | attached if one in erased]:
        yield f"erased/{sha256[:16]}.txt", GONE_BY_LAW.format(sha256=sha256, at=stamp(erased[sha256])).encode()
    for folder, files in (("documents", found), ("attachments", attached)):
        for sha256 in [one for one in files if one not in erased]:
            yield from _blob(reader, sha256, f"{folder}/{sha256[:16]}-{_plain(files[sha256])}")


def _mails(engine: Engine, reader: Reader, code: str, erased: dict[str, datetime]) -> Iterator[File]:
    for message in reader.find(Message, case=code, order=("queued_at", "id")):
        if message.content is not None and message.status in ("sent", "failed"):  # before that it shows the secret
            yield f"mails/{message.id}.eml", message.content
    still_open = _still_open(reader, code)
    for mail in reader.find(InboundMail, case=code, order=("received_at", "id")):
        if not mail.sha256:
            continue  # too large to be fetched: it stands in the mailbox only
        if mail.erased_at is not None:
            said = GONE_BY_LAW if mail.id in erased else GONE
            yield f"received/{mail.id}.erased.txt", said.format(sha256=mail.sha256, at=stamp(mail.erased_at)).encode()
        elif _may_still_decide(engine, mail, still_open):
            yield f"received/{mail.id}.withheld.txt", WITHHELD.encode()
        else:
            yield from _blob(reader, mail.sha256, f"received/{mail.id}.eml")


def _still_open(reader: Reader, code: str) -> list[Request]:
    """The open requests of the case and of those linked with it, whose mails its people answer.

    With them the doors by which requesters remind and recall: each works as long as its case is open.
    """
    links = (*reader.find(Link, case=code), *reader.find(Link, other=code))
    cases = sorted({code, *(link.case for link in links), *(link.other for link in links)})
    doors = {door.request for door in reader.find(Assignee, request=[door_id(case) for case in cases])}
    rows = [row for row in reader.find(CaseRow, code=cases) if row.status not in OVER]
    asked = reader.find(Request, case=cases, status="open")
    return [*asked, *(door_request(row) for row in rows if door_id(row.code) in doors)]


def _may_still_decide(engine: Engine, mail: InboundMail, still_open: list[Request]) -> bool:
    """Whether a mail can carry the secret of an open request: the one it answers, else any that was asked before it.

    Staff hold secrets of other cases and of digests as well.
    """
    if mail.request is not None:
        return any(request.id == mail.request for request in still_open)
    if engine.staff.directory().person(mail.sender) is not None:
        return True
    return any(request.opened_at < mail.received_at for request in still_open)


def _as_on_record(shown: dict[str, Any], reader: Reader, code: str) -> None:
    """Make what is shown comparable with the record, and mask what must not leave the house.

    A Message-ID carries the secret by which its reader answers: here it stands as the outbox keeps it, without. Of an
    answer that is masked its hash is told, by which it can be compared all the same.
    """
    kept = {message.id: message.message_id for message in reader.find(Message, case=code)}
    for mail in shown["mails"]:
        mail["message_id"] = kept[mail["id"]]
    names = ("request", "decision", "by", "effective", "comment")
    rows = {(*(getattr(d, name) for name in names), d.at.isoformat()): d for d in reader.find(Decision, case=code)}
    for decision in shown["decisions"]:
        row = rows[*(decision[name] for name in names), decision["at"]]
        decision["at"] = stamp(row.at)
        if decision["answer"] != row.answer:
            decision["said"] = said_hash(row.comment, row.answer)


def _blob(reader: Reader, sha256: str, name: str) -> Iterator[File]:
    blob = reader.get(Blob, sha256)
    if blob is not None:
        yield name, blob.content


def _plain(filename: str) -> str:
    """A name that every system unpacks: not too long for a file, and without the signs that one keeps to itself."""
    name = FOR_NO_FILE.sub("_", HIDDEN.sub("", PurePosixPath(filename.replace("\\", "/")).name)).rstrip(". ")
    return name.encode()[-LONGEST_NAME:].decode(errors="ignore") or "file"
