"""Applies what somebody says to a digest: each item by itself, by the same way as an answer to its own mail (G-10).

An item that is unclear, held out, changed since or decided before keeps back no other. It must not read mails or pages.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from crm_workflows.domain.errors import CrmError, InvalidInput, StoreBusy
from crm_workflows.domain.mail.reading import DigestItem, Reading
from crm_workflows.domain.messages import DigestResult
from crm_workflows.domain.records import Assignee, CaseRow, Decision, Digest, Json, Request
from crm_workflows.domain.rules import carries_out
from crm_workflows.domain.text import bilingual, in_language
from crm_workflows.engine.context import Engine
from crm_workflows.engine.decisions.answered import VERBS, Answer, Answered
from crm_workflows.engine.decisions.answers import answer
from crm_workflows.engine.digests import digest_items
from crm_workflows.engine.mail_in import codes
from crm_workflows.engine.mail_in.intake_reading import with_target
from crm_workflows.engine.mail_in.intake_writer import Asked
from crm_workflows.engine.ports import Reader
from crm_workflows.engine.requests.entitlement import entitled_by_mail

LONGEST_QUOTE = 200
CHANGED_SINCE = bilingual(
    "摘要发出之后内容有变化，请单独打开答复", "it has changed since the digest; open it alone to answer"
)
CODE = bilingual(
    "金额较大，须凭验证码答复：请单独打开，或回复该事项自己的邮件",
    "it needs a code because of its amount: open it alone, or answer its own mail",
)
CHANGED = bilingual(
    "发出之后内容有变化，没有记录您的答复；请看过新内容后再答复",
    "it has changed since the digest, and your answer was not recorded; please look at it again",
)


@dataclass(frozen=True)
class By:
    """Who answers a digest, and by what: `evidence` as of a decision."""

    address: str
    channel: str
    evidence: str
    needs_code: Callable[[Request], bool] = lambda _: False
    """Whether an approval takes a code that was mailed first, which no digest and no link carries (mail.md, Who)."""
    authentication: Json = None
    """What was known of the sender of the mail; None for a page."""


@dataclass(frozen=True)
class Listed:
    """One item of a digest as it stands now; `held` is why no word decides it, from then or from now."""

    number: int
    row: CaseRow
    request: Request
    assignee: Assignee
    held: str
    has_changed: bool

    @property
    def is_open(self) -> bool:
        """Whether the answer of the person asked is still wanted."""
        return self.request.status == "open" and self.assignee.is_active

    def result(self, said: str, *, is_applied: bool = False, unclear: DigestItem | None = None) -> DigestResult:
        """What became of the answer; `said` is a label. `unclear` is what was read, where that decides nothing."""
        return DigestResult(
            number=self.number, title=self.request.title, case=self.row.code, case_title=self.row.title, said=said,
            read=unclear.comment[:LONGEST_QUOTE] if unclear else "", is_applied=is_applied,
            is_unclear=unclear is not None,
        )  # fmt: skip


def listed(engine: Engine, digest: Digest) -> dict[int, Listed]:
    """The items of a digest by number, as they stand now."""
    with engine.store.read() as reader:
        return listed_in(engine, reader, digest)


def listed_in(engine: Engine, reader: Reader, digest: Digest) -> dict[int, Listed]:
    """The same within a transaction."""
    found: dict[int, Listed] = {}
    for number, item in enumerate(digest.items, start=1):
        request = reader.get(Request, item["request"])
        row = reader.get(CaseRow, request.case) if request else None
        assignee = reader.get(Assignee, item["request"], item["person"])
        if request is None or row is None or assignee is None:
            continue
        held = item["held"] or digest_items.held_out(engine, row, request)
        has_changed = item["shown"] != digest_items.shown_by(request)
        found[number] = Listed(number, row, request, assignee, held, has_changed)
    return found


@carries_out("G-2", "G-10")
def apply(engine: Engine, digest: Digest, said: Mapping[int, DigestItem], by: By) -> list[DigestResult]:
    """Take what is said of each number; one result each, in order. Raises StoreBusy; the same again changes nothing."""
    items = listed(engine, digest)
    return [_one(engine, digest, items[number], said[number], by) for number in sorted(said) if number in items]


def _one(engine: Engine, digest: Digest, item: Listed, said: DigestItem, by: By) -> DigestResult:
    if said.kind == "unclear":
        return item.result(said.why, unclear=said)
    try:
        if item.held and item.is_open:
            return item.result(item.held)
        if item.has_changed and item.is_open:
            return item.result(CHANGED)
        with engine.store.read() as reader:
            entitled_by_mail(engine, item.row, item.request, item.assignee, by.address, reader)
        reading = Reading(said.kind, said.target, said.comment, said.why)
        if said.kind == "send_back" and said.target is None:
            reading = with_target(engine, Asked(item.row, item.request, item.assignee), reading)
        if reading.kind == "unclear":
            return item.result(reading.why, unclear=said)
        if reading.kind in codes.DECIDES and item.is_open and by.needs_code(item.request):
            return item.result(CODE)
        given = Answer(
            reading.kind, by.address, by.channel, reading.comment, reading.target, evidence=by.evidence,
            digest=f"{digest.id}/{item.number}", authentication=by.authentication,
        )  # fmt: skip
        return _result(engine, item, answer(engine, item.request.id, given), by)
    except StoreBusy:
        raise
    except CrmError as error:
        return item.result(error.message)


@carries_out("G-10")
def fill_in(
    engine: Engine, digest: Digest, item: Listed, values: Mapping[str, object], by: By
) -> tuple[DigestResult, dict[str, str]]:
    """Hand in the form of one item from a row of a workbook: its result, and what the form does not take, by field."""
    try:
        if item.has_changed and item.is_open:
            return item.result(CHANGED), {}
        with engine.store.read() as reader:
            entitled_by_mail(engine, item.row, item.request, item.assignee, by.address, reader)
        given = Answer(
            "submit", by.address, by.channel, form=dict(values), evidence=by.evidence,
            digest=f"{digest.id}/{item.number}", authentication=by.authentication,
        )  # fmt: skip
        return _result(engine, item, answer(engine, item.request.id, given), by), {}
    except StoreBusy:
        raise
    except InvalidInput as error:
        return item.result(error.message), dict(error.fields or {})
    except CrmError as error:
        return item.result(error.message), {}


@carries_out("CB-4", "G-10")
def fill_in_words(engine: Engine, digest: Digest, said: Mapping[int, str], by: By) -> list[DigestResult]:
    """Hand in the form of each number by the words of its line; what is not wholly understood fills in nothing."""
    items, results = listed(engine, digest), []
    for number in sorted(said):
        item, read = items[number], DigestItem((number,), "unclear", None, f"{number} {said[number]}")
        task = digest_items.form_of(engine, item.row, item.request)
        values = task.form.from_reply(said[number]) if task else None
        if task is None or values is None:
            results.append(
                item.result(task.form.why_not_read(said[number]) if task else digest_items.A_FORM, unclear=read)
            )
            continue
        done, errors = fill_in(engine, digest, item, values, by)
        results.append(item.result(done.said, unclear=read) if errors else done)
    return results


def _result(engine: Engine, item: Listed, done: Answered, by: By) -> DigestResult:
    if done.effective:
        return item.result(done.sentence, is_applied=True)
    with engine.store.read() as reader:
        own = reader.find(Decision, request=item.request.id, evidence=by.evidence, effective=True)
    if own:
        # Applied before this process, or another one, died over the rest of the same mail.
        verb = VERBS.get(own[0].decision, own[0].decision)
        zh, en = in_language(verb, "zh"), in_language(verb, "en")
        return item.result(bilingual(f"已记录：{zh}", f"recorded: {en}"), is_applied=True)
    return item.result(done.sentence)
