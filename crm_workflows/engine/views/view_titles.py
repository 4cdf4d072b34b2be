"""What steps, gates and kinds of paper are called, where lists would show names of code. It must not read rows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from crm_workflows.domain.elements import Papers
from crm_workflows.domain.errors import AuthorMistake
from crm_workflows.domain.records import CaseRow
from crm_workflows.domain.text import bilingual, in_language
from crm_workflows.engine.context import Engine
from crm_workflows.engine.procedure import Procedure
from crm_workflows.engine.running.opening import BROUGHT

TOLD = "tell_"
BY_ENGINE = {
    "book": ("预约后续案件：{}", "booked: {}"),
    "clock": ("开始计时：{}", "{}: begun"),
    "stop": ("停止计时：{}", "{}: stopped"),
}
"""What the engine itself does is no element of the procedure: the word that stands before what it is done to."""
RELATIONS: Final = {
    "first_callback": "首次回访 / first callback",
    "review": "客户复核 / review",
    "next_review": "下次复核 / next review",
    "changed_data": "资料变更复核 / review of changed data",
    "promise": "承诺 / promise",
    "promised_again": "改期的承诺 / promise put on another day",
    "complaint": "投诉 / complaint",
    "follow_up": "投诉回访 / follow-up",
    "corrective_action": "纠正措施 / corrective action",
    "improvement": "改进措施 / improvement",
    "certificate": "资质证书 / certificate",
    "next_certificate": "下次证书更新 / next certificate",
    "reevaluation": "复评 / re-evaluation",
    "next_reevaluation": "下次复评 / next re-evaluation",
    "next_retiering": "下季度重新分级 / next quarter's re-tiering",
    "next_survey": "下次调查 / next survey",
    "unhappy": "不满意回访 / call after an unhappy answer",
    "plan": "客户计划 / plan",
    "plan_review": "计划复核 / review of the plan",
    "joined_to": "本案已并入 / this one was joined to it",
    "from_joined_to": "已并入本案 / it was joined to this one",
}
"""What a case that was opened by another is to it; the word of a company's own process stands for itself."""
BROUGHT_TITLE = "随申请附上 / Brought with the request"


@dataclass(frozen=True)
class Titles:
    """Labels of one version of a process; where its code is not installed, names stand in for them."""

    elements: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)
    processes: Callable[[], Mapping[str, Procedure]] = dict
    """Asked only where a case has been booked: for one case the procedures of all others need not be imported."""

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
            title = self.elements.get(of) or self._process(of)
            chinese, english = BY_ENGINE[word]
            return bilingual(chinese.format(in_language(title, "zh")), english.format(in_language(title, "en")))
        chinese = "发出通知" if name.startswith(TOLD) else plain
        return self.elements.get(name) or mail or bilingual(chinese, plain)

    def _process(self, name: str) -> str:
        made = self.processes().get(name)
        return made.title if made else name

    def kind(self, kind: str) -> str:
        """The label of a kind of paper; empty for a file of no kind."""
        return BROUGHT_TITLE if kind == BROUGHT else self.kinds.get(kind, "")


def relation_title(relation: str) -> str:
    """What the linked case is to this one: the one that it opened, or (`from_…`) the one that it comes from."""
    word = relation.removeprefix("from_")
    plain = word.replace("_", " ")
    title = RELATIONS.get(relation) or RELATIONS.get(word, bilingual(plain, plain))
    if word == relation or relation in RELATIONS:
        return title
    return bilingual(f"本案由其发起：{in_language(title, 'zh')}", f"opened this one: {in_language(title, 'en')}")


def titles_of(engine: Engine, row: CaseRow) -> Titles:
    """The labels in the version of the process on which the case runs (G-8)."""
    try:
        elements = engine.procedure_of(row).elements()
    except AuthorMistake:
        return Titles()
    papers = [paper for element in elements.values() if isinstance(element, Papers) for paper in element.kinds]
    named = {name: e.title for name, e in elements.items()}
    return Titles(named, {paper.kind: paper.title for paper in papers}, lambda: engine.procedures)
