"""Opens and cancels cases. It must not choose what a case does: a new one is ready, and its first stretch is run by a
worker or, where nobody watches it in Prefect, in the same commit."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from crm_workflows.domain.approvers import manager, person
from crm_workflows.domain.audit import CANONICAL, subject_hash
from crm_workflows.domain.errors import InvalidInput, NotEntitled
from crm_workflows.domain.forms import Subject, read_form
from crm_workflows.domain.papers import problem_with
from crm_workflows.domain.people import NobodyToAsk, Person
from crm_workflows.domain.records import OVER, Blob, Booking, CaseRow, Document, Link
from crm_workflows.domain.rules import carries_out
from crm_workflows.domain.text import bilingual, in_language
from crm_workflows.engine.context import Engine
from crm_workflows.engine.decisions.requesting import door_of
from crm_workflows.engine.digests import digests
from crm_workflows.engine.mail_out import notices
from crm_workflows.engine.ports import Duplicate, StretchSummary, Transaction
from crm_workflows.engine.procedure import Procedure
from crm_workflows.engine.requests.choosing import check_chosen
from crm_workflows.engine.requests.files import File, sha256_of
from crm_workflows.engine.requests.needs import check_policy_has
from crm_workflows.engine.requests.registered import check_registered
from crm_workflows.engine.running.applications import read_application
from crm_workflows.engine.running.cancelling import withdraw
from crm_workflows.engine.running.ledger import Ledger
from crm_workflows.engine.running.locking import no_case
from crm_workflows.engine.running.reopening import REOPENS, open_again
from crm_workflows.engine.running.stretch import run_inline
from crm_workflows.engine.running.trusting import kept
from crm_workflows.engine.running.waiting import CANCELLED, told_to_listener

BROUGHT = "brought"
LONGEST_KEY = 200


@dataclass(frozen=True)
class Started:
    """A case as it was opened; `created` is False when an idempotency key led to an earlier one."""

    code: str
    status: str
    created: bool


def start(
    engine: Engine,
    process: str,
    input_: Any,
    *,
    requester: str | None,
    origin: str,
    idempotency_key: str | None = None,
    attachments: Sequence[File] = (),
    evidence: str | None = None,
) -> Started:
    """Open a case. `requester` is an address of staff, by default the subject's owner; `origin` says by which way.

    `evidence` is the operating-system account for origin `cli`.

    Raises NotFound (process), InvalidInput (the form, an attachment, a used idempotency key with other input) or
    NotEntitled (requester or owner is not of the staff); nothing is written then.
    """
    procedure = engine.procedure(process)
    subject = read_application(engine, procedure, input_)
    owner = _staff(engine, subject.owner, "负责人 / owner")
    who = _staff(engine, requester or subject.owner, "申请人 / requester")
    check_chosen(engine, procedure, subject)
    check_registered(engine, subject)
    digest = _digest_of(process, subject, who, attachments)
    _check_key(idempotency_key)

    def begin(tx: Transaction) -> Started | tuple[CaseRow, StretchSummary | None]:
        earlier = _earlier(tx, idempotency_key, digest)
        if earlier is not None:
            return earlier
        ledger = new_case(engine, tx, procedure, subject, owner, who, origin, idempotency_key, digest, evidence)
        _bring(tx, ledger, attachments, who)
        return _begin(engine, tx, ledger)

    try:
        begun = kept(engine.store, begin)
    except Duplicate:
        with engine.store.write() as tx:
            earlier = _earlier(tx, idempotency_key, digest)
        if earlier is None:
            raise
        return earlier
    if isinstance(begun, Started):
        return begun
    engine.store.wake()
    engine.tell(*begun)
    return Started(begun[0].code, begun[0].status, created=True)


def _begin(engine: Engine, tx: Transaction, ledger: Ledger) -> tuple[CaseRow, StretchSummary | None]:
    """Write the new case, together with its first stretch unless a worker is to run that where Prefect shows it."""
    if not engine.begins_at_once():
        return ledger.flush(tx, ledger.row), None
    ran = run_inline(engine, tx, ledger)
    return ran.row, told_to_listener(engine, tx, ran)


@carries_out("G-8", "G-9")
def new_case(
    engine: Engine,
    tx: Transaction,
    procedure: Procedure,
    subject: Subject,
    owner: Person,
    requester: Person,
    origin: str,
    idempotency_key: str | None = None,
    digest: str = "",
    evidence: str | None = None,
) -> Ledger:
    """The case with the next code of its year, ready for its first stretch, policy frozen (G-8); not yet written.

    The owner is told (G-1), also where somebody else named them or they opened it themselves: no channel but a mail of
    their own proves who did. A start from Prefect asks them to confirm instead, and a callback of a round is told by
    the digest of the morning. The requester is told by which words
    they can remind and recall; what no person has requested, such as a booked case, has none.
    """
    now, policy = engine.clock.now(), engine.staff.policy()
    check_policy_has(procedure, policy)
    year = engine.today(now).year
    code = f"{procedure.code}-{year}-{tx.next_number(f'case/{procedure.code}/{year}', gaps=True):05d}"
    plain = subject.model_dump(mode="json")
    row = CaseRow(
        code=code, process=procedure.name, version=procedure.version, source_hash=procedure.source_hash,
        status="running", subject=plain, title=subject.case_title, owner=owner.email, requester=requester.email,
        origin=origin, language=subject.language_hint, policy=policy.as_text, opened_at=now,
        idempotency_key=idempotency_key, input_hash=digest, ready_at=now,
        search=search_text(code, subject, owner),
    )  # fmt: skip
    ledger = Ledger(row, is_new=True)
    ledger.audit(
        "opened_case", requester.email, now, process=row.process, version=row.version, source=row.source_hash,
        origin=origin, evidence=evidence, subject=subject_hash(plain), policy=sha256_of(row.policy.encode()),
    )  # fmt: skip
    if origin != "prefect" and not digests.lists_today(engine, row, owner, now):
        ledger.add(*notices.of_opening(engine, row, procedure, subject, owner, requester, now))
    if origin not in ("prefect", "case"):
        ledger.add(door_of(row, requester, engine.secrets, now))
    return ledger


def cancel(
    engine: Engine, code: str, *, by: str, reason: str, channel: str = "page", evidence: str | None = None
) -> None:
    """End a case without an outcome of its procedure; by its owner, requester or an admin, with a reason.

    Everyone involved is told, and booked cases are withdrawn. Raises NotFound, NotEntitled, or InvalidInput when it is
    over already or no reason is given.
    """
    who = _staff(engine, by, "办理人 / person")
    if not reason.strip():
        raise InvalidInput(bilingual("取消案件须写明原因", "cancelling a case needs a reason"))
    with engine.store.write() as tx:
        row = _cancellable(tx, code, who)
        withdraw(engine, tx, Ledger(row), row, who, reason.strip(), channel=channel, evidence=evidence)
    engine.store.wake()
    engine.tell(row, StretchSummary("Cancelled", CANCELLED, ()))


def _cancellable(tx: Transaction, code: str, who: Person) -> CaseRow:
    row = tx.lock_case(code)
    if row is None:
        raise no_case(code)
    if row.status in OVER:
        raise InvalidInput(bilingual(f"案件 {code} 已结束，无法取消", f"case {code} is over and cannot be cancelled"))
    if not {row.owner, row.requester} & set(who.emails) and "admin" not in who.roles:
        zh = f"只有案件 {code} 的负责人、申请人或管理员可以取消"
        raise NotEntitled(bilingual(zh, f"only the owner, the requester or an admin can cancel case {code}"))
    return row


def open_booked(engine: Engine, booking: Booking) -> None:
    """Open a booked case and link it to the one that booked it, if one has; once, however many workers try."""
    if booking.relation == REOPENS:
        open_again(engine, booking)
        return
    procedure = engine.procedure(booking.process)
    subject = read_form(procedure.subject, booking.input, procedure.title)
    owner = keeper(engine, subject.owner)
    subject = subject.model_copy(update={"owner": owner.email})
    with engine.store.write() as tx:
        fresh = tx.get(Booking, booking.key)
        if fresh is None or not fresh.is_open:
            return
        if not tx.update(Booking, (booking.key,), {"is_open": True}, is_open=False):
            return
        ledger = new_case(engine, tx, procedure, subject, owner, owner, "case")
        code = ledger.row.code
        tx.update(Booking, (booking.key,), opened=code)
        if tx.get(CaseRow, booking.case) is not None:
            ledger.add(Link(booking.case, code, booking.relation), Link(code, booking.case, f"from_{booking.relation}"))
        begun, summary = _begin(engine, tx, ledger)
    engine.store.wake()
    engine.tell(begun, summary)


def keeper(engine: Engine, address: str) -> Person:
    """Who keeps a case for this address now: the person; after they have left their deputy, else their manager.

    Raises NobodyToAsk.
    """
    directory = engine.staff.directory()
    someone = directory.person(address)
    if someone is not None and someone.active:
        return someone
    today = engine.today(engine.clock.now())
    try:
        return directory.resolve(person(address), on=today)[0].person
    except NobodyToAsk:
        return directory.resolve(manager, on=today, assignee=address)[0].person


def _check_key(key: str | None) -> None:
    if key is not None and not 0 < len(key) <= LONGEST_KEY:
        zh = f"幂等键须为 1 到 {LONGEST_KEY} 个字符，请换一个"
        raise InvalidInput(bilingual(zh, f"an idempotency key has 1 to {LONGEST_KEY} characters; use another"))


def _digest_of(process: str, subject: Subject, who: Person, attachments: Sequence[File]) -> str:
    """Of all that is asked for, to know the same request again."""
    plain = subject.model_dump(mode="json")
    asked_for = [process, plain, who.email, sorted(sha256_of(file.content) for file in attachments)]
    return hashlib.sha256(CANONICAL(asked_for).encode()).hexdigest()


def _earlier(tx: Transaction, key: str | None, digest: str) -> Started | None:
    found = tx.find(CaseRow, idempotency_key=key, limit=1) if key is not None else []
    if not found:
        return None
    if found[0].input_hash != digest:
        zh = f"幂等键 {key} 已用于案件 {found[0].code} 的另一份申请，请换一个"
        en = f"idempotency key {key} was used for case {found[0].code} with other input; use another key"
        raise InvalidInput(bilingual(zh, en))
    return Started(found[0].code, found[0].status, created=False)


def _staff(engine: Engine, address: str, what: str) -> Person:
    person = engine.staff.directory().person(address)
    if person is None or not person.active:
        zh = f"{in_language(what, 'zh')} {address} 不在人员名册中，请核对地址，或用 crmw people 添加"
        en = (
            f"{in_language(what, 'en')} {address} is not among the staff; check the address, or add it with crmw people"
        )
        raise NotEntitled(bilingual(zh, en))
    return person


def _bring(tx: Transaction, ledger: Ledger, files: Sequence[File], who: Person) -> None:
    """Keep the files that came with the application, and put them on record."""
    if not files:
        return
    row, taken = ledger.row, []
    now = row.opened_at
    for n, file in enumerate(files, start=1):
        problem = problem_with(file.filename, file.content)
        if problem is not None:
            name = file.filename
            zh, en = in_language(problem, "zh"), in_language(problem, "en")
            raise InvalidInput(bilingual(f"附件“{name}”：{zh}", f"attachment {name}: {en}"))
        digest = sha256_of(file.content)
        tx.put(Blob(digest, file.content))  # the same may have been here and been erased
        taken.append([BROUGHT, digest, True])
        ledger.add(
            Document(
                f"{row.code}-R0", n, row.code, BROUGHT, file.filename, file.media_type, len(file.content), digest,
                now, who.email, "start",
            )
        )  # fmt: skip
    ledger.audit("documents", who.email, now, request=f"{row.code}-R0", files=taken, evidence=None)


def search_text(code: str, subject: Subject, owner: Person) -> str:
    """What a case is found by (G-9)."""
    texts = _texts(subject.model_dump(mode="json"))
    return " ".join([code, subject.case_title, owner.email, owner.name, *texts]).lower()


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for part in value.values() for text in _texts(part)]
    if isinstance(value, list):
        return [text for part in value for text in _texts(part)]
    return [value] if isinstance(value, str) else []
