"""The ways out of a request that waits: each decision, each answer to a form worth trying, silence, a timer that rings.

It must not judge which ways lead to the same (see `paths`).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from crm_workflows.domain.elements import FormTask, Gate, Papers
from crm_workflows.domain.records import Assignee, CaseRow, Request
from crm_workflows.domain.text import bilingual, in_language
from crm_workflows.engine.decisions import answers
from crm_workflows.engine.decisions.answered import Answer
from crm_workflows.engine.requests import papers
from crm_workflows.engine.requests.files import File
from crm_workflows.engine.running import sweeps
from crm_workflows.engine.views import views
from crm_workflows.testing.trial.form_answers import AS_IN_THE_EXAMPLE, Tried
from crm_workflows.testing.trial.office import TrialOffice

APPROVE: Final = "同意 / approve"
REJECT: Final = "驳回 / reject"
COMPLETE: Final = "资料齐全 / all papers"
REQUIRED_ONLY: Final = "只交必需的资料 / required papers only"
SILENCE: Final = "无人答复 / silence"
RINGS: Final = "到时 / time is up"
WHY: Final = "试运行 / tried out"
JUST_BEFORE: Final = timedelta(minutes=1)


@dataclass(frozen=True)
class Way:
    """One way out; `at` is the last moment for it, None where nothing says by when."""

    label: str
    at: datetime | None
    take: Callable[[], object] = field(compare=False)


def asked_now(waiting: Sequence[Request]) -> str:
    """What a case waits for, by rule and title."""
    zh, en = (" · ".join(f"{one.rule} {in_language(one.title, to)}" for one in waiting) for to in ("zh", "en"))
    return bilingual(zh, en)


class Waiting:
    """An open request of a trial, and what can be done with it."""

    def __init__(self, office: TrialOffice, request: Request) -> None:
        self.office, self.request = office, request
        with office.store.read() as reader:
            self._asked = reader.find(Assignee, request=request.id, is_active=True, order="asked_at")

    def default(self, element: object) -> Way:
        """What lets the case go on as the flow's author had it in mind: yes, the form's example, all the papers."""
        if isinstance(element, Gate):
            return self._decision(APPROVE, "approve")
        if isinstance(element, FormTask):
            return self.form(Tried(AS_IN_THE_EXAMPLE, {}))
        if isinstance(element, Papers):
            return self._papers(COMPLETE, element, required_only=False)
        return self._lapse(RINGS)

    def ways(self, element: object, tried: Sequence[Tried]) -> Iterator[Way]:
        """All ways; `tried` are the answers to try where it asks for a form."""
        if isinstance(element, Gate):
            yield self._decision(APPROVE, "approve")
            yield self._decision(REJECT, "reject")
            for to in element.send_back:
                yield self._decision(bilingual(f"退回 {to}", f"send back to {to}"), "send_back", to)
        elif isinstance(element, FormTask):
            yield from map(self.form, tried)
        elif isinstance(element, Papers):
            yield self._papers(COMPLETE, element, required_only=False)
            if not all(paper.required for paper in element.asked(self.request.shows)):
                yield self._papers(REQUIRED_ONLY, element, required_only=True)
        if self.request.lapse_at is not None:
            yield self._lapse(RINGS if self.request.kind == "timer" else SILENCE)

    @property
    def is_forgotten(self) -> bool:
        """Whether nobody would ever hear of it again if nobody answers."""
        request = self.request
        return all(at is None for at in (request.due_at, request.remind_at, request.escalate_at, request.lapse_at))

    def form(self, tried: Tried) -> Way:
        """Fill in the form as its example says, with changes."""

        def take() -> object:
            example = views.task_view(self.office.engine, self.request.id)["example"]
            return self._answer(Answer("submit", self._by, "page", form=example | dict(tried.changes)))

        return Way(tried.label, self._in_time, take)

    def _decision(self, label: str, decision: str, to: str | None = None) -> Way:
        comment = "" if decision == "approve" else WHY
        given = Answer(decision, self._by, "page", comment=comment, to=to)
        return Way(label, self._in_time, lambda: self._answer(given))

    def _papers(self, label: str, papers_asked: Papers, *, required_only: bool) -> Way:
        asked = papers_asked.asked(self.request.shows)
        kinds = [paper.kind for paper in asked if paper.required or not required_only]
        files = [File(f"{kind}.pdf", "application/pdf", b"%PDF-1.4 " + kind.encode(), kind) for kind in kinds]
        engine, identity = self.office.engine, self.request.id
        return Way(label, self._in_time, lambda: papers.hand_in(engine, identity, files, by=self._by, channel="page"))

    def _lapse(self, label: str) -> Way:
        engine = self.office.engine

        def take() -> object:
            with engine.store.write() as tx:
                (row,), (request,) = tx.find(CaseRow, code=self.request.case), tx.find(Request, id=self.request.id)
                return sweeps.lapse(engine, tx, row, request, engine.clock.now())

        return Way(label, self.request.lapse_at, take)

    def _answer(self, given: Answer) -> object:
        return answers.answer(self.office.engine, self.request.id, given)

    @property
    def _by(self) -> str:
        return self._asked[0].person

    @property
    def _in_time(self) -> datetime | None:
        lapse = self.request.lapse_at
        return self.request.due_at or (lapse - JUST_BEFORE if lapse else None)
