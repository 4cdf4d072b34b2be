"""Nobody reads the words of the machine: every page of a case of each process, and every list, in both languages.

A value such as `forming` or `2026-11-22` may stand in a field, an address or a code; as text it is said in words.
"""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib import import_module
from typing import Any, Final

import pytest

from crm_workflows.adapters.configuration.processes import load_processes
from crm_workflows.domain.durations import working_hours
from crm_workflows.domain.elements import FormTask
from crm_workflows.domain.records import Customer, Supplier
from crm_workflows.domain.text import in_language
from crm_workflows.domain.verbs import VERBS
from crm_workflows.engine.procedure import Procedure
from crm_workflows.engine.requests import forecast
from crm_workflows.engine.requests.files import File
from crm_workflows.interfaces.cli.words import MAIL_STATUSES
from crm_workflows.interfaces.web import words
from crm_workflows.interfaces.web.forms import each_field, fields_of
from crm_workflows.interfaces.web.timeline import kind_titles
from tests.flows.complaints import RECEIPT
from tests.interfaces.web.world import World, text_of

NOT_READ: Final = ("style", "script", "code", "textarea")
ISO: Final = re.compile(r"\b20\d\d-[01]\d-[0-3]\d(?!\d)")
SNAKE: Final = re.compile(r"\b[a-z]+_[a-z_]+\b")
BETWEEN: Final = re.compile(r"[·、，,：:；;（）()→\n]")
LISTS: Final = {
    "supplier-vetting": ("suppliers",),
    "customer-onboarding": ("customers", "callbacks", "report"),
    "complaint-resolution": ("", "cases", "inbox", "schedules", "admin", "import"),
}
"""Each list where the case of that process gives it something to show."""
BESIDES: Final = {
    "complaint-resolution": {
        "received_at": "2026-03-01T23:30:00+00:00", "happened_on": "2026-02-27", "source": "<1.2@linhai.example>",
    }
}  # fmt: skip
"""Values that the engine itself writes where no person typed them."""
MOST_STEPS: Final = 80


class _Read(HTMLParser):
    """What one reads on a page, piece by piece; what may be told to a screen reader counts too."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in NOT_READ
        self.pieces += [value for name, value in attributes if value and name in ("aria-label", "title", "alt")]

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in NOT_READ

    def handle_data(self, data: str) -> None:
        if not self._hidden and data.strip():
            self.pieces.append(data.strip())


def for_machines(html: str, values: frozenset[str]) -> list[str]:
    """The pieces of a page that hold a value as it is kept, an instant as it is kept, or a name of the code."""
    reader = _Read()
    reader.feed(html)
    return [piece for piece in reader.pieces if _is_raw(piece, values)]


def _is_raw(piece: str, values: frozenset[str]) -> bool:
    parts = {part.strip() for part in BETWEEN.split(piece)}
    return bool(parts & values or ISO.search(piece) or SNAKE.search(piece))


def kept_values(procedures: Iterator[Procedure]) -> frozenset[str]:
    """Every value of a choice of every form, and the words in which states and decisions are kept."""
    found = {*words.STATUSES, *words.OUTCOMES, *words.KINDS, *words.CHANNELS, *words.MAIL_STATES, *VERBS}
    for made in procedures:
        models = [made.subject, *(e.form for e in made.elements().values() if isinstance(e, FormTask))]
        for model in models:
            found |= {value for field in each_field(fields_of(model)) for value, _ in field.choices}
    return frozenset(value for value in found if (value.isalpha() and len(value) > 1) or "_" in value)


class Looking:
    """Walks through the pages and notes what is for machines."""

    def __init__(self, world: World) -> None:
        self.world, self.office = world, world.office
        self.client = world.browser()
        self.values = kept_values(iter(world.office.engine.procedures.values()))
        self.found: dict[str, list[str]] = {}
        self.seen: set[tuple[str, str]] = set()

    def page(self, path: str) -> None:
        address = f"{path}{'&' if '?' in path else '?'}lang=zh"
        answer = self.client.get(address)
        assert answer.status_code == 200, address
        raw = for_machines(answer.text, self.values)
        if raw:
            self.found[address] = raw

    def through(self, process: str, subject: dict[str, Any]) -> None:
        """One case from its start to its end, each request looked at when it is first asked."""
        self.page(f"/start/{process}")
        code = self.office.start(subject, process=process)
        for _ in range(MOST_STEPS):
            if self.office.view(code)["status"] != "waiting":
                break
            self.answer(process, code)
        assert self.office.view(code)["status"] == "closed", code
        self.page(f"/cases/{code}")

    def answer(self, process: str, code: str) -> None:
        item = self.office.waiting(code)
        if item["kind"] != "timer" and (process, item["gate"]) not in self.seen:
            self.seen.add((process, item["gate"]))
            who = self.office.view(code)["owner"] if item["kind"] == "documents" else item["assignee"]["email"]
            self.page(f"/inbox/{item['id']}?as={who}")
        if item["kind"] == "timer":
            self.office.move_to(self.office.clock.now().fromisoformat(item["due_at"]))
        elif item["kind"] == "documents":
            self.office.hand_in(code, None if process == "supplier-vetting" else self._papers(item["missing"]))
        elif item["kind"] == "task":
            self.office.submit(code, gate=item["gate"])
        else:
            self.office.answer(code, "approve", gate=item["gate"])

    def _papers(self, missing: list[str]) -> list[File]:
        """One of each kind that is asked for, named as people name such a file."""
        titles = [kind_titles(made).get(kind) for made in self.office.engine.procedures.values() for kind in missing]
        named = (f"{in_language(title, 'zh')}.pdf" for title in titles if title)
        return [File(name, "application/pdf", RECEIPT.content) for name in named]


def begin(world: World, process: str) -> dict[str, Any]:
    """The subject of a process's first example, its rows in the registers."""
    made = world.office.engine.procedures[process]
    example = import_module(f"{made.module.rpartition('.')[0]}.examples").EXAMPLES[0]
    with world.office.engine.store.write() as tx:
        tx.put(*example.rows)
    return dict(example.subject) | BESIDES.get(process, {})


@pytest.mark.parametrize("process", sorted({name for name, _ in load_processes()}))
def test_a_case_of_each_process_is_said_in_words(world: World, process: str) -> None:
    look = Looking(world)
    look.through(process, begin(world, process))
    look.page(f"/dashboard/{process}")
    for path in LISTS.get(process, ()):
        look.page(f"/{path}")
    with world.office.engine.store.read() as reader:
        pages = [f"/customers/{row.code}" for row in reader.find(Customer)]
        pages += [f"/suppliers/{row.code}" for row in reader.find(Supplier)]
    for path in pages:
        look.page(path)
    assert look.found == {}, "\n".join(f"{a}: {r}" for a, r in look.found.items())


def test_a_forecast_is_marked_as_one_that_promises_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forecast, "ENOUGH", 2)
    office = world.office
    code = office.until("management_talk")
    address = f"/cases/{code}?lang="
    assert "Forecast" not in world.browser().get(f"{address}en").text, "nothing is known of who is asked"
    for task in ("management_talk", "technical_talk", "overall_judgement"):
        office.clock.move_to(office.staff.hours.add(office.clock.now(), working_hours(1)))
        office.submit(code, gate=task)
    chinese, english = (text_of(world.browser().get(address + language).text) for language in ("zh", "en"))
    assert re.search(r"预测，非承诺：通常 .*月.*日 .* 前答复(，慢的话 .* 前)?；按本人此前 2 次答复的用时", chinese), (
        chinese
    )
    assert re.search(r"Forecast, no promise: usually answered by [^;]*; from 2 ans", english), english


def test_a_mail_is_called_alike_on_pages_and_in_the_terminal() -> None:
    told = {state: MAIL_STATUSES[state].lower() for state in words.MAIL_STATES}
    assert told == {state: label.lower() for state, label in words.MAIL_STATES.items()}
