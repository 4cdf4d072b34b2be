"""What somebody handed in leaves a case, and what was printed about them, and every mail that passed it on (G-7).

Bytes are kept once for all cases: they go with the last that they leave. It must not change what a file says.
"""

from collections.abc import Collection, Iterator

from crm_workflows.domain.erasing import Traces, place_of
from crm_workflows.domain.errors import NotFound
from crm_workflows.domain.file_words import words_in
from crm_workflows.domain.mail.incoming import UnreadableMail
from crm_workflows.domain.records import Blob, Document, InboundMail, JournalEntry, Json, Message
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.context import Engine
from crm_workflows.engine.erasing.finding import Found, gone_by_law
from crm_workflows.engine.erasing.noting import Order
from crm_workflows.engine.ports import Reader, Transaction


def leaving(reader: Reader, code: str, known: Traces, order: Order) -> list[str]:
    """The files by hash that are to leave a case: those of others that were ordered to go, and, unless files are kept,
    their own, which nobody else handed in, and our reports that name them.
    """
    documents = reader.find(Document, case=code)
    ordered = [one.sha256 for one in documents if one.sha256 in order.files]
    if order.keeps_files:
        return list(dict.fromkeys(ordered))
    theirs = known.addresses | {place_of(address) for address in known.addresses}
    others = {one.sha256 for one in documents if one.by.lower() not in theirs}
    own = [one.sha256 for one in documents if one.sha256 not in others]
    return list(dict.fromkeys([*ordered, *own, *_printed(reader, code, known)]))


def of_others(engine: Engine, found: Found) -> tuple[list[Document], list[Document]]:
    """Files of others in their cases that name the person, and those that could not be looked into; each once."""
    known, named, closed = found.traces, [], []
    with engine.store.read() as reader:
        handed_in = {
            one.sha256: one for code in (*found.cases, *found.held) for one in reader.find(Document, case=code)
        }
        for one in handed_in.values():
            blob = reader.get(Blob, one.sha256) if one.by.lower() not in known.addresses else None
            if blob is None or not blob.content:
                continue
            words = _words(engine, blob.content)
            if words is None:
                closed.append(one)
            elif known.are_in(words):
                named.append(one)
    return named, closed


def _words(engine: Engine, content: bytes) -> str | None:
    try:
        return engine.apart(words_in, content)
    except UnreadableMail:  # too heavy to be looked into
        return None


def content_of(reader: Reader, code: str, sha256: str) -> bytes | None:
    """A file of a case, None where there is none; NotFound where it has left the case by law."""
    if sha256 in _left(reader, code):
        raise NotFound(bilingual("这个文件已依法删除", "this file was erased by law"))
    blob = reader.get(Blob, sha256)
    return blob.content if blob else None


def _printed(reader: Reader, code: str, known: Traces) -> Iterator[str]:
    """Reports made by steps whose results name the person: what a result says, its report says."""
    for entry in reader.find(JournalEntry, case=code, kind="step"):
        if known.out_of_json(entry.value) != entry.value:
            for one in _hashes_in(entry.value):
                if not (reader.count(Document, sha256=one) or reader.count(InboundMail, sha256=one)):
                    yield one


def _hashes_in(value: Json) -> Iterator[str]:
    """Of all files of which the value tells."""
    if isinstance(value, dict):
        if isinstance(value.get("sha256"), str):
            yield value["sha256"]
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _hashes_in(one)


def passing_on(reader: Reader, code: str, files: Collection[str]) -> Iterator[Message]:
    """The mails of a case to which one of the files was attached, as it is for who has to judge it."""
    for message in reader.find(Message, case=code) if files else ():
        if any(one["sha256"] in files for one in message.attachments or ()):
            yield message


def out_of_files(tx: Transaction, code: str, files: Collection[str]) -> list[str]:
    """Take the files out of the case and its mails; returns those that had not left it before."""
    for message in passing_on(tx, code, files):
        tx.update(Message, (message.id,), content=None)
    before = _left(tx, code)
    gone = [sha256 for sha256 in files if sha256 not in before]
    for sha256 in gone:
        _empty_unless_held(tx, sha256, leaving_now=code)
    return gone


def empty_files(engine: Engine, cases: Collection[str]) -> None:
    """Once more for all cases: of two who erase at once, each may have seen the file still held by the other's."""
    with engine.store.write() as tx:
        for sha256 in {one for code in cases for one in _left(tx, code)}:
            _empty_unless_held(tx, sha256)


def _empty_unless_held(tx: Transaction, sha256: str, leaving_now: str = "") -> None:
    """Drop the bytes of a file that has left every case, or is about to leave the last."""
    cases = {one.case for one in tx.find(Document, sha256=sha256)}
    if all(sha256 in _left(tx, code) for code in cases - {leaving_now}):
        tx.update(Blob, (sha256,), content=b"")


def _left(reader: Reader, code: str) -> set[str]:
    """The files that have left a case."""
    return set(gone_by_law(reader, code))
