"""Every mail that a process may send of its own: read from its elements and from the source of its procedure.

What holds in every process alike (receipts, notices of a decision, the end of a case …) is `EVERYWHERE`. It must not
render, and not guess: whom only the running case knows is called so.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from crm_workflows.domain.approvers import Approver
from crm_workflows.domain.elements import Element, FormTask, Gate, Papers, Stage
from crm_workflows.domain.panels import Decider, Exceeds, FieldIs, Ladder, Panel, approvers_in
from crm_workflows.domain.people import Directory
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.text import LANGUAGES, SEPARATOR, bilingual, in_language
from crm_workflows.engine.procedure import Procedure
from crm_workflows.engine.requests.approver_names import name_of
from crm_workflows.engine.views.diagram import Node, diagram_of

ASKED: Final = "轮到时 / when it is their turn"
OF_THE_CASE: Final = "由案件确定的人 / whom the case names"
OUTSIDE: Final = "外部联系人 / the contact outside"


@dataclass(frozen=True)
class Sent:
    """One kind of mail at one place of a process; all but `rule` and `mail`, the name of the kind, are labels."""

    rule: str
    mail: str
    about: str
    to: str
    when: str
    reminded: str = ""
    """When whoever was asked is reminded; empty for never."""
    escalated: str = ""
    """When and to whom it is taken if it is overdue; empty for never."""

    def kinds(self) -> set[str]:
        """All kinds of mail that it stands for."""
        return {self.mail, *(["reminder"] if self.reminded else []), *(["escalation"] if self.escalated else [])}


COMES: Final = "来信后 / as it comes"
ANSWERED: Final = "写信的人 / whoever wrote it"
EVERYWHERE: Final = (
    Sent("G-1", "case_opened", "新案件 / a new case", "负责人、申请人 / owner, requester", "立案时 / as it opens"),
    Sent(
        "G-2", "start_confirmation", "是否本人发起 / did they start it", "负责人 / owner",
        "从 Prefect 发起时 / if started from Prefect",
    ),
    Sent("G-1", "task_request", "答复询问 / a question", "被问的人 / whoever is asked", "询问时 / as it is asked"),
    Sent("G-2", "receipt", "答复 / an answer", ANSWERED, COMES),
    Sent("G-2", "documents_received", "资料 / papers", ANSWERED, COMES),
    Sent("G-2", "unclear", "不明确的答复 / an unclear answer", ANSWERED, COMES),
    Sent("G-2", "refused", "未生效的答复 / an answer not applied", ANSWERED, COMES),
    Sent(
        "G-2", "decision_notice", "审批结果 / a decision",
        "申请人、负责人、其他被请的人、抄送 / requester, owner, others asked, copies",
        "决定后；随即结案的与结果同一封 / once decided; in one mail with the end where it ends the case",
    ),
    Sent(
        "G-2", "case_closed", "结果 / how it ended", "申请人、负责人、答复过的人 / requester, owner, all who answered",
        "结案时 / as it closes",
    ),
    Sent("G-3", "needs_attention", "停下的案件 / a case that stands still", "管理员 / admins", "停下时 / as it stops"),
    Sent("G-3", "announcement", "待确认的越级决定 / an override", "管理员 / admins", "提出时 / as it is proposed"),
    Sent("G-2", "mail_failed", "未送达的邮件 / a mail not delivered", "管理员 / admins", "退信时 / as it fails"),
    Sent("G-10", "digest", "待办清单 / all that waits", "每个人 / each person", "工作日早晨 / on working mornings"),
)  # fmt: skip
"""What every process sends."""


def mails_of(made: Procedure, directory: Directory, policy: Policy) -> list[Sent]:
    """In the order of the procedure; names from the people file, lengths and limits from the policy."""
    reader = _Reader(directory, policy)
    return list(dict.fromkeys(sent for node in diagram_of(made).nodes for sent in reader.of(made, node)))


@dataclass(frozen=True)
class _Reader:
    directory: Directory
    policy: Policy

    def of(self, made: Procedure, node: Node) -> Iterator[Sent]:
        element = made.elements().get(node.key.partition(":")[2])
        named = self._named(node.hearers) if node.hearers else ""
        if isinstance(element, Gate):
            late = self._reminded(element), self._escalated(element)
            for stage in element.stages():
                for to, when in self._asked(stage):
                    yield Sent(node.rule, "approval_request", node.title, to, when, *late)
        elif isinstance(element, FormTask):
            late = self._reminded(element), self._escalated(element)
            to = self._named([element.by]) if element.by else OUTSIDE
            yield Sent(node.rule, "task_request", node.title, to, ASKED, *late)
        elif isinstance(element, Papers):
            late = self._reminded(element), self._escalated(element)
            yield Sent(node.rule, "documents_request", node.title, named or OUTSIDE, ASKED, *late)
        elif node.sends:
            to = named or (OF_THE_CASE if node.sends == "announcement" else OUTSIDE)
            yield Sent(node.rule, node.sends, node.title, to, ASKED)

    def _asked(self, stage: Stage) -> Iterator[tuple[str, str]]:
        """Whom a stage asks, and when; each band of a ladder by itself."""
        decider = stage.approver
        if isinstance(decider, Ladder):
            low = ""
            for rung in decider.rungs:
                band = self._band(low, rung.limit)
                yield self._named(list(approvers_in(rung.decider))), band
                low = rung.limit or ""
            return
        yield self._named(list(approvers_in(decider)), decider), self._condition(stage)

    def _band(self, low: str, high: str | None) -> str:
        above = self._limit("超过", "above", low) if low else ""
        up_to = self._limit("不超过", "up to", high) if high else ""
        zh, en = ([in_language(part, language) for part in (above, up_to) if part] for language in LANGUAGES)
        return bilingual("，".join(zh), " and ".join(en))

    def _condition(self, stage: Stage) -> str:
        if isinstance(stage.when, Exceeds):
            return self._limit("金额超过", "for amounts above", stage.when.limit)
        if isinstance(stage.when, FieldIs):
            values = ", ".join(map(str, stage.when.values))
            return bilingual(f"{stage.when.field} 为 {values} 时", f"where {stage.when.field} is {values}")
        return ASKED

    def _limit(self, chinese: str, english: str, key: str) -> str:
        amount = self.policy.amount(key)
        return bilingual(f"{chinese} {amount.shown('zh')}", f"{english} {amount.shown('en')}")

    def _reminded(self, element: Element) -> str:
        given = element.remind if isinstance(element.remind, tuple) else (element.remind,)
        lengths = [duration.resolve(self.policy).label() for duration in given if duration is not None]
        zh, en = ([in_language(length, language) for length in lengths] for language in LANGUAGES)
        return bilingual("、".join(zh) + "后", f"after {', '.join(en)}") if lengths else ""

    def _escalated(self, element: Element) -> str:
        if element.due is None or element.escalate_to is None:
            return ""
        (zh, en), (to_zh, to_en) = (
            [in_language(label, language) for language in LANGUAGES]
            for label in (element.due.resolve(self.policy).label(), self._named([element.escalate_to]))
        )
        return bilingual(f"{zh}后：{to_zh}", f"after {en}: {to_en}")

    def _named(self, approvers: Sequence[Approver], decider: Decider | None = None) -> str:
        names = (name_of(one, self.directory, "zh").replace(SEPARATOR, "或") for one in approvers)
        zh = "、".join(dict.fromkeys(names))
        en = ", ".join(dict.fromkeys(name_of(one, self.directory, "en") for one in approvers))
        several = isinstance(decider, Panel)
        return bilingual(zh + ("（多人）" if several else ""), en + (" (several)" if several else ""))
