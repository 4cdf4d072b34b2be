"""What steps, gates and kinds of paper are called, where lists would show names of code. It must not read rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from crm_workflows.domain.elements import Papers
from crm_workflows.domain.errors import AuthorMistake
from crm_workflows.domain.records import CaseRow
from crm_workflows.domain.text import bilingual, in_language
from crm_workflows.engine.context import Engine
from crm_workflows.engine.running.opening import BROUGHT

TOLD = "tell_"
BY_ENGINE = {
    "book": ("预约后续案件：{}", "booked: {}"),
    "clock": ("开始计时：{}", "{}: begun"),
    "stop": ("停止计时：{}", "{}: stopped"),
}
"""What the engine itself does is no element of the procedure: the word that stands before what it is done to."""
BROUGHT_TITLE = "随申请附上 / Brought with the request"


@dataclass(frozen=True)
class Titles:
    """Labels of one version of a process; where its code is not installed, names stand in for them."""

    elements: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)
    processes: Mapping[str, str] = field(default_factory=dict)

    def step(self, key: str, mail: str = "") -> str:
        """The label of a step by its key in the journal, such as `SV-10:assign_supplier_code#2`.

        `mail` is the title of the mail by which the step told somebody, where it did.
        """
        name = key.partition(":")[2].partition("#")[0]
        plain = name.replace("_", " ")
        if not self.elements:
            return bilingual(plain, plain)
        word, _, of = name.partition(" ")
        if of and word in BY_ENGINE:
            title = self.elements.get(of) or self.processes.get(of) or of
            chinese, english = BY_ENGINE[word]
            return bilingual(chinese.format(in_language(title, "zh")), english.format(in_language(title, "en")))
        chinese = "发出通知" if name.startswith(TOLD) else plain
        return self.elements.get(name) or mail or bilingual(chinese, plain)

    def kind(self, kind: str) -> str:
        """The label of a kind of paper; empty for a file of no kind."""
        return BROUGHT_TITLE if kind == BROUGHT else self.kinds.get(kind, "")


def titles_of(engine: Engine, row: CaseRow) -> Titles:
    """The labels in the version of the process on which the case runs (G-8)."""
    try:
        elements = engine.procedure_of(row).elements()
    except AuthorMistake:
        return Titles()
    papers = [paper for element in elements.values() if isinstance(element, Papers) for paper in element.kinds]
    named = {name: e.title for name, e in elements.items()}
    booked = {name: made.title for name, made in engine.procedures.items()}
    return Titles(named, {paper.kind: paper.title for paper in papers}, booked)
