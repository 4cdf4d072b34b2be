"""A case goes on as it began when the files of its procedure have changed; it is moved deliberately, and back (G-8)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from textwrap import dedent
from typing import Any

import pytest

from crm_workflows.adapters.configuration.kept_code import StoredCode, load
from crm_workflows.adapters.keys import ServerKey
from crm_workflows.domain.errors import InvalidInput, ProcedureChanged, Refused
from crm_workflows.domain.records import AuditEntry, JournalEntry, ProcedureSource
from crm_workflows.engine.ports import Store, Transaction
from crm_workflows.engine.procedure import Procedure, registered
from crm_workflows.engine.record import auditing, keeping, upgrading
from crm_workflows.engine.record.sources import hash_of
from tests.engine.toys import ADMIN, OWNER, row
from tests.office import Office

FORMS = """
from pydantic import Field
from crm_workflows import Form, FormTask, Subject, owner, working_days

class Thing(Subject):
    @property
    def case_title(self): return "物"

class Note(Form):
    text: str = Field(title="文字 / Text", examples=["好"])

FIRST = FormTask("first", "一 / First", rule="K-1", form=Note, by=owner, due=working_days(2))
SECOND = FormTask("second", "二 / Second", rule="K-2", form=Note, by=owner, due=working_days(2))
THIRD = FormTask("third", "三 / Third", rule="K-3", form=Note, by=owner, due=working_days(2))
"""
STORY = """
from prefect import flow
from crm_workflows import Case, procedure, step
from flows.kept_toy.forms import FIRST, SECOND, THIRD, Thing

@step(rule="K-1", title="数 / count")
def count() -> int:
    return 1

@flow(name="kept-toy")
@procedure(code="KT", version=1, title="玩具 / Toy")
def kept_toy(case: Case[Thing]):
{body}
"""
AS_IT_BEGAN = "count()\ncase.task(FIRST)\ncase.task(SECOND)\nreturn case.approve()"
COMPATIBLE = "count()\ncase.task(FIRST)\ncase.task(SECOND)\ncase.task(THIRD)\nreturn case.approve()"
DIFFERING = "count()\ncase.task(THIRD)\ncase.task(SECOND)\nreturn case.approve()"
WITHOUT_THE_STEP = "case.task(FIRST)\ncase.task(SECOND)\nreturn case.approve()"


def source(body: str) -> dict[str, str]:
    story = STORY.format(body="\n".join(f"    {line}" for line in dedent(body).splitlines()))
    return {"kept_toy/__init__.py": "", "kept_toy/forms.py": FORMS, "kept_toy/procedure.py": story}


def made(body: str) -> Procedure:
    (found,) = load(source(body))
    return found


def restarted(store: Store, body: str, before: Office | None = None, key: bytes = b"k" * 32) -> Office:
    """The program of a day: what its files say is installed, what they said before is kept."""
    now = made(body)
    office = Office(store, versions={(now.name, now.version): now})
    office.engine = replace(office.engine, kept_code=StoredCode(store, ServerKey(key)))
    if before is not None:
        office.clock.move_to(before.clock.now())
    keeping.keep(office.engine)
    return office


def start(office: Office) -> str:
    return office.start({"owner": OWNER}, process="kept-toy")


def ended(office: Office, code: str) -> list[str]:
    """Answer all that is asked; what was asked, in order."""
    asked = []
    while office.view(code)["status"] == "waiting":
        asked.append(office.waiting(code)["gate"])
        office.submit(code)
    assert office.view(code)["outcome"] == "approved"
    return asked


def moved_all(office: Office, codes: list[str]) -> list[str]:
    return [upgrading.move(office.engine, code, None, by=ADMIN).plan for code in codes]


def journal(store: Store, code: str) -> list[JournalEntry]:
    with store.read() as reader:
        return reader.find(JournalEntry, case=code, order="n")


def test_a_case_goes_on_with_the_code_on_which_it_began_and_a_new_one_with_what_the_files_say(store: Store) -> None:
    office = restarted(store, AS_IT_BEGAN)
    old = start(office)
    office.submit(old)
    office = restarted(store, DIFFERING, office)
    new = start(office)
    assert ended(office, old) == ["second"]
    assert ended(office, new) == ["third", "second"]
    assert row(office, old).source_hash != row(office, new).source_hash
    assert auditing.verify(office.engine) == []


def test_what_is_loaded_from_a_kept_source_replaces_nothing_that_is_installed() -> None:
    before = registered()
    first, second = made(AS_IT_BEGAN), made(DIFFERING)
    assert registered() == before
    assert first.module != second.module
    assert first.source_hash == hash_of(source(AS_IT_BEGAN))
    assert set(first.elements()) == {"first", "second", "third", "count", "confirm_start"}
    assert first.element("first") is not second.element("first")
    assert first.element("first").where.startswith("flows/kept_toy/forms.py@")


@pytest.mark.parametrize("harm", ["files", "seal", "key"])
def test_a_source_that_was_altered_or_sealed_by_another_key_is_not_run(store: Store, harm: str) -> None:
    office = restarted(store, AS_IT_BEGAN)
    code = start(office)
    with store.write() as tx:
        known_by = row(office, code).source_hash
        if harm == "files":
            tx.update(ProcedureSource, (known_by,), files=source(AS_IT_BEGAN) | {"kept_toy/__init__.py": "x = 1"})
        if harm == "seal":
            tx.update(ProcedureSource, (known_by,), seal="forged")
    office = restarted(store, DIFFERING, office, key=b"o" * 32 if harm == "key" else b"k" * 32)
    with pytest.raises(ProcedureChanged, match="not as it was kept"):
        office.engine.procedure_of(row(office, code))
    with pytest.raises(Refused, match="stands still"):
        office.answer(code, "submit", form={"text": "好"})
    assert "not as it was kept" in str(row(office, code).attention)


def test_a_kept_source_that_no_longer_loads_stops_the_case_with_the_reason(store: Store) -> None:
    office = restarted(store, AS_IT_BEGAN)
    code = start(office)
    broken = source(AS_IT_BEGAN) | {"kept_toy/forms.py": "from crm_workflows import word_of_an_old_release\n"}
    known_by = hash_of(broken)
    with store.write() as tx:
        sealed = keeping.seal(office.engine.secrets, broken)
        tx.insert(ProcedureSource(known_by, broken, sealed, office.clock.now()))
    with pytest.raises(ProcedureChanged, match=f"kept code of case {code} does not load.*word_of_an_old_release"):
        office.engine.procedure_of(replace(row(office, code), source_hash=known_by))


def test_a_case_of_before_sources_were_kept_goes_on_with_its_version(store: Store) -> None:
    office = restarted(store, AS_IT_BEGAN)
    code = start(office)
    unknown = replace(row(office, code), source_hash="0" * 16)
    assert office.engine.procedure_of(unknown) is office.engine.versions["kept-toy", 1]


@pytest.mark.parametrize(
    ("body", "plan", "why"),
    [
        (COMPATIBLE, "moves", ""),
        (DIFFERING, "blocked", "went through K-1:first where the procedure now has K-3:third"),
        (WITHOUT_THE_STEP, "blocked", "went through K-1:count where the procedure now has K-1:first"),
        (AS_IT_BEGAN, "stays", "already"),
    ],
)
def test_the_plan_says_for_each_case_what_would_become_of_it_and_the_move_does_just_that(
    store: Store, body: str, plan: str, why: str
) -> None:
    office = restarted(store, AS_IT_BEGAN)
    code = start(office)
    office.submit(code)
    office = restarted(store, body, office)
    before = row(office, code)
    planned = upgrading.plan(office.engine, code)
    assert (planned.plan, why in planned.why) == (plan, True), planned
    assert row(office, code) == before, "a plan changes nothing"
    held = journal(store, code)
    assert upgrading.move(office.engine, code, None, by=ADMIN) == planned
    assert journal(store, code) == held, "moving runs nothing"
    assert ended(office, code) == (["second", "third"] if plan == "moves" else ["second"])


def test_a_move_is_undone_with_the_journal_as_it_was_and_policy_and_code_as_before(store: Store) -> None:
    office = restarted(store, AS_IT_BEGAN)
    code = start(office)
    office.submit(code)
    before, held = row(office, code), journal(store, code)
    office = restarted(store, COMPATIBLE, office)
    upgrading.move(office.engine, code, None, by=ADMIN)
    assert row(office, code).source_hash != before.source_hash
    assert upgrading.cases_of(office.engine, "kept-toy", moved=True) == [code]
    assert upgrading.undo(office.engine, code, by=ADMIN).plan == "moves"
    after = row(office, code)
    assert journal(store, code) == held
    assert (after.version, after.source_hash, after.policy) == (before.version, before.source_hash, before.policy)
    with pytest.raises(InvalidInput, match="that has been undone"):
        upgrading.undo(office.engine, code, by=ADMIN)
    assert upgrading.cases_of(office.engine, "kept-toy", moved=True) == []
    assert ended(office, code) == ["second"]
    with store.read() as reader:
        events = [e.event for e in reader.find(AuditEntry, case=code, order="n")]
    assert events.index("moved_to_version") < events.index("move_undone")
    assert auditing.verify(office.engine) == []


def test_a_case_that_has_gone_on_since_goes_back_only_where_the_code_of_before_fits_that_too(store: Store) -> None:
    office = restarted(store, AS_IT_BEGAN)
    both, far = start(office), start(office)
    office = restarted(store, COMPATIBLE, office)
    for code in (both, far):
        upgrading.move(office.engine, code, None, by=ADMIN)
        office.submit(code)
    office.submit(far)
    assert upgrading.undo(office.engine, both, by=ADMIN).plan == "moves", "up to there both are the same"
    refused = upgrading.undo(office.engine, far, by=ADMIN)
    assert refused.plan == "blocked"
    assert "K-3:third" in refused.why
    assert ended(office, both) == ["second"]
    assert ended(office, far) == ["third"]


def test_a_journal_altered_since_the_move_is_not_taken_for_what_it_was(store: Store) -> None:
    office = restarted(store, AS_IT_BEGAN)
    code = start(office)
    office = restarted(store, COMPATIBLE, office)
    upgrading.move(office.engine, code, None, by=ADMIN)
    with store.write() as tx:
        tx.update(JournalEntry, (code, 0), value={"result": 2, "once": False})
    assert "was altered" in upgrading.undo(office.engine, code, by=ADMIN).why


def test_a_crash_in_the_middle_leaves_each_case_wholly_on_one_side_and_the_rest_is_moved_later(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = restarted(store, AS_IT_BEGAN)
    codes = [start(office) for _ in range(3)]
    office = restarted(store, COMPATIBLE, office)
    newest = office.engine.versions["kept-toy", 1].source_hash
    with monkeypatch.context() as patched:
        patched.setattr(type(store), "write", _dying_at_commit(type(store).write, 2))
        with pytest.raises(KeyboardInterrupt):
            moved_all(office, codes)
    assert [row(office, code).source_hash == newest for code in codes] == [True, False, False]
    assert auditing.verify(office.engine) == []
    again = moved_all(office, codes)
    assert again == ["stays", "moves", "moves"]
    assert [ended(office, code) for code in codes] == [["first", "second", "third"]] * 3


def _dying_at_commit(write: Any, at: int) -> Any:
    """A store whose process dies just before the commit of that number."""
    commits = 0

    @contextmanager
    def dying(self: Store) -> Iterator[Transaction]:
        nonlocal commits
        with write(self) as tx:
            yield tx
            commits += 1
            if commits == at:
                raise KeyboardInterrupt

    return dying
