"""A machine that does at random what people, time and power cuts do; after every step the invariants hold.

Answers by the right and the wrong people, twice and too late, by page and by mail; time in leaps; steps that fail;
workers that die holding a case; the process killed at one of the next commits. In the end everything can be finished.
"""

import random
import sys
import zlib
from typing import Any

import pytest
from hypothesis import Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, initialize, precondition, rule, run_state_machine_as_test

from crm_workflows.domain.durations import Duration, Unit
from crm_workflows.domain.errors import NotEntitled
from crm_workflows.domain.records import CaseRow, JournalEntry, Message, Request
from crm_workflows.engine.decisions import answers
from crm_workflows.engine.decisions.answered import Answer
from crm_workflows.engine.mail_in import intake
from crm_workflows.engine.requests import papers
from crm_workflows.engine.requests.files import File
from crm_workflows.engine.running import attention, leases, opening, sweeps, worker
from crm_workflows.engine.running.attempt import plainly
from tests.engine.breaking import Killed
from tests.engine.toys import ADMIN, OWNER, STRANGER
from tests.engine.whole.life import Life
from tests.engine.whole.machine_toys import FILES, WORDS, broken


class OfficeLife(Life):
    """What people, time and machines do with up to four cases."""

    sent = Bundle("sent")

    # -- what people do -----------------------------------------------------------------------------------------

    @initialize(days=st.integers(0, 6))
    def a_case_has_come_some_way(self, days: int) -> None:
        self.start()
        for _ in range(days):
            self.everybody_does_their_work(approving=False)

    @precondition(lambda self: len(self.find(CaseRow)) < 4)
    @rule()
    def start(self) -> None:
        key = f"k{len(self.find(CaseRow))}"
        self.do(
            lambda: opening.start(
                self.office.engine, "toy", {"owner": OWNER}, requester=None, origin="cli", idempotency_key=key
            )
        )

    @precondition(lambda self: self.of_kind("task"))
    @rule(data=st.data(), text=st.sampled_from(["好", "好", "好", "退回", ""]))
    def fill_in_a_form(self, data: st.DataObject, text: str) -> None:
        request, assignee = data.draw(st.sampled_from(self.of_kind("task")))
        given = Answer("submit", assignee.person, "page", form={"text": text})
        self.do(lambda: answers.answer(self.office.engine, request.id, given))

    @precondition(lambda self: self.of_kind("approval"))
    @rule(data=st.data(), decision=st.sampled_from(["approve", "approve", "approve", "reject", "submit"]))
    def decide(self, data: st.DataObject, decision: str) -> None:
        request, assignee = data.draw(st.sampled_from(self.of_kind("approval")))
        given = Answer(decision, assignee.person, "page", comment="因为")
        self.do(lambda: answers.answer(self.office.engine, request.id, given))

    @precondition(lambda self: self.of_kind("approval"))
    @rule(data=st.data(), to=st.sampled_from(["T-1", "T-2", "T-3", "T-6"]))
    def send_back(self, data: st.DataObject, to: str) -> None:
        request, assignee = data.draw(st.sampled_from(self.of_kind("approval")))
        given = Answer("send_back", assignee.person, "page", comment="因为", to=to)
        self.do(lambda: answers.answer(self.office.engine, request.id, given))

    @precondition(lambda self: self.asked("open"))
    @rule(data=st.data(), person=st.sampled_from([STRANGER, OWNER, "li@elsewhere.example"]))
    def answer_by_the_wrong_person(self, data: st.DataObject, person: str) -> None:
        request, _ = data.draw(st.sampled_from(self.asked("open")))
        asked = {a.person for r, a in self.asked("open") if r.id == request.id}
        if person in asked or request.kind == "documents":
            return
        before = dict(self.rows._tables)
        given = Answer("submit" if request.kind == "task" else "approve", person, "link", form={"text": "好"})
        try:
            answers.answer(self.office.engine, request.id, given)
        except NotEntitled:
            assert {k: v for k, v in self.rows._tables.items() if v} == {k: v for k, v in before.items() if v}
        except Killed:
            raise AssertionError("a refused answer came to a commit") from None
        else:
            raise AssertionError(f"{person} decided {request.id}")

    @precondition(lambda self: self.asked("closed"))
    @rule(data=st.data())
    def answer_too_late(self, data: st.DataObject) -> None:
        request, assignee = data.draw(st.sampled_from(self.asked("closed")))
        held = self.find(JournalEntry)
        given = Answer("approve", assignee.person, "link", comment="晚了")
        answered = self.do(lambda: answers.answer(self.office.engine, request.id, given))
        assert answered is None or not answered.effective
        assert self.find(JournalEntry) == held

    @precondition(lambda self: self.of_kind("documents"))
    @rule(data=st.data(), files=st.lists(st.sampled_from(FILES), max_size=3))
    def hand_in(self, data: st.DataObject, files: list[File]) -> None:
        request, assignee = data.draw(st.sampled_from(self.of_kind("documents")))
        how: dict[str, Any] = {"by": assignee.person, "channel": "page"}
        self.do(lambda: papers.hand_in(self.office.engine, request.id, files, **how))

    @precondition(lambda self: self.find(Message, template=["approval_request", "documents_request"]))
    @rule(
        target=sent,
        data=st.data(),
        text=st.sampled_from(WORDS),
        sender=st.sampled_from([None, None, None, STRANGER, "li@elsewhere.example"]),
        n=st.integers(1, 3),
    )
    def reply(self, data: st.DataObject, text: str, sender: str | None, n: int) -> bytes:
        mails = self.find(Message, template=["approval_request", "documents_request"])
        waiting = {r.id for r in self.find(Request, status="open")}
        mails = [m for m in mails if m.request in waiting or n == 3] or mails
        mail = data.draw(st.sampled_from(mails))
        files = FILES[:2] if mail.template == "documents_request" and n == 1 else None
        own = zlib.crc32(f"{text}{sender}{n}".encode())  # another text is another mail
        raw = self.office.reply_bytes(mail, text, sender=sender, files=files, n=own)
        self.do(lambda: intake.take_in(self.office.engine, raw, "machine"))
        return raw

    @rule(raw=sent)
    def delivered_again(self, raw: bytes) -> None:
        self.do(lambda: intake.take_in(self.office.engine, raw, "another mailbox"))

    @rule()
    def take_up_what_was_stored(self) -> None:
        self.do(lambda: intake.process_new(self.office.engine))

    @precondition(lambda self: len(self.find(CaseRow)) == 3)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        code = data.draw(st.sampled_from(self.find(CaseRow))).code
        self.do(lambda: opening.cancel(self.office.engine, code, by=OWNER, reason="不要了"))

    # -- what time and machines do ------------------------------------------------------------------------------

    @rule(unit=st.sampled_from(list(Unit)), amount=st.integers(0, 3))
    def let_time_pass(self, unit: Unit, amount: int) -> None:
        self.office.clock.move_to(self.office.staff.hours.add(self.office.clock.now(), Duration(unit, amount)))

    @rule()
    def work(self) -> None:
        self.do(lambda: worker.work_until_idle(self.office.engine))

    @rule()
    def a_good_day(self) -> None:
        """Everybody does what they are asked but approving, and the machines work."""
        self.do(lambda: self.everybody_does_their_work(approving=False))

    @rule()
    def sweep_only(self) -> None:
        self.do(lambda: sweeps.sweep(self.office.engine))

    @rule()
    def work_tracked(self) -> None:
        self.do(lambda: worker.one_pass(self.office.engine, lambda process, code, body: body(plainly)))

    @rule(data=st.data())
    def a_worker_dies_holding_a_case(self, data: st.DataObject) -> None:
        code = data.draw(st.sampled_from(self.find(CaseRow))).code if self.find(CaseRow) else "TY-2026-99999"
        self.do(lambda: leases.take(self.office.engine, code, "dead"))

    @rule(commit=st.integers(1, 4), after=st.booleans())
    def a_power_cut_is_near(self, commit: int, after: bool) -> None:
        self.store.fail_at(commit, after=after)

    @rule(what=st.sampled_from(["books", "outside"]))
    def something_breaks(self, what: str) -> None:
        broken.add(what)

    @rule()
    def everything_is_repaired(self) -> None:
        broken.clear()
        for found in self.find(CaseRow, status="needs_attention"):
            self.do(lambda code=found.code: attention.retry(self.office.engine, code, ADMIN))  # type: ignore[misc]


def test_whatever_happens_the_office_stays_in_order() -> None:
    """Without shrinking, which takes longer than a test may: `make soak` shrinks."""
    quick = settings(max_examples=60, stateful_step_count=40, deadline=None, phases=[Phase.reuse, Phase.generate])
    run_state_machine_as_test(OfficeLife, settings=quick)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_whatever_happens_for_a_long_time_the_office_stays_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    chosen = random.randrange(2**32)
    with capsys.disabled():
        sys.stdout.write(f"\nseed of the office's life: {chosen}\n")
    machine = seed(chosen)(OfficeLife)
    run_state_machine_as_test(machine, settings=settings(max_examples=2000, stateful_step_count=80, deadline=None))
