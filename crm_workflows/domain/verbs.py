"""What people can say to a request, and who may: the one list behind every channel, word and test of a verb.

It must not know what a verb does (`engine.answers`, `engine.asides`).
"""

from dataclasses import dataclass
from typing import Final, Literal

Speaker = Literal["asked", "decided", "requester"]
"""Whoever is asked, whoever has decided, whoever requested the case."""


@dataclass(frozen=True, slots=True)
class Verb:
    """A word of the contract: how it is offered, told once done, and named in a sentence (labels), and who says it."""

    word: str
    choose: str
    done: str
    said: str
    by: Speaker = "asked"


VERBS: Final = {
    verb.word: verb
    for verb in (
        Verb("approve", "同意 / Approve", "已同意 / Approved", "同意 / approved"),
        Verb(
            "change", "改批同意 / Approve a lower value", "已改批同意 / Approved a lower value", "改批 / approved lower"
        ),
        Verb("reject", "驳回 / Reject", "已驳回 / Rejected", "驳回 / rejected"),
        Verb("send_back", "退回 / Send back", "已退回 / Sent back", "退回 / sent back"),
        Verb("ask", "询问 / Ask", "已询问 / Asked", "询问 / question asked"),
        Verb("delegate", "转交 / Delegate", "已转交 / Passed on", "转交 / passed on"),
        Verb("add_approver", "加签 / Add an approver", "已加签 / Approver added", "加签 / approver added"),
        Verb("copy", "抄送 / Copy", "已抄送 / Copied", "抄送 / copied"),
        Verb("undo", "撤销 / Undo", "已撤销 / Undone", "撤销 / undone", by="decided"),
        Verb("remind", "催办 / Remind", "已催办 / Reminded", "催办 / reminded", by="requester"),
        Verb("recall", "撤回 / Recall", "已撤回 / Recalled", "撤回 / recalled", by="requester"),
    )
}
"""Every verb by its word, in the order in which they are offered."""
