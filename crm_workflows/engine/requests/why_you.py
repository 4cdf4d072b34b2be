"""Says to a person why it is they who are asked (G-6), in both languages. It must not decide who is asked."""

from crm_workflows.domain.people import Directory
from crm_workflows.domain.records import Assignee, Request
from crm_workflows.domain.text import bilingual

HELD = {
    "owner": ("是本案负责人", "are the owner of this case"),
    "manager": ("是相关人员的上级", "are the manager of those concerned"),
    "limit": ("有权批准这一金额", "may approve this amount"),
    "field": ("由申请人指定", "are named by the requester"),
    "added": ("由被征询人加签", "are added by somebody who was asked"),
    "question": ("受同事询问", "are the one whom a colleague asks"),
}
"""What follows "you", by the word that names people; every other word is a role."""
CALLED = {
    "owner": ("本案负责人", "owner of this case"),
    "manager": ("上级", "manager"),
    "limit": ("有权批准这一金额者", "who may approve this amount"),
    "field": ("申请人指定的人", "named by the requester"),
    "added": ("加签的审批人", "added as an approver"),
    "question": ("被询问的人", "whom a colleague asks"),
}


def why_you(assignee: Assignee, request: Request, directory: Directory) -> str:
    """The reason as a label: the role and the rule; empty for people outside.

    Whoever stands in, or is asked because the holder of the role requested the case (G-2), does not hold that role:
    they are told in whose place they act.
    """
    if assignee.is_outside:
        return ""
    climbed = climbed_from(request, assignee.person)
    if climbed:
        return _instead_of(climbed["instead_of"], assignee, request, directory)
    if assignee.deputy_for:
        (zh_name, en_name), (zh, en) = _names(assignee.deputy_for, directory), _held(assignee.role, directory)
        return bilingual(f"{zh_name}{zh}（{request.rule}）", f"{en_name} {_third(en)} ({request.rule})")
    zh, en = _held(assignee.role, directory)
    return bilingual(f"您{zh}（{request.rule}）", f"you {en} ({request.rule})")


def climbed_from(request: Request, *people: str | None) -> dict[str, str]:
    """`instead_of`: in whose place the first of these people was asked, because the question climbed; else nothing."""
    climbed = request.shows.get("instead_of", {})
    found = [climbed[address] for address in people if address in climbed]
    return {"instead_of": found[0]} if found else {}


def _instead_of(below: str, assignee: Assignee, request: Request, directory: Directory) -> str:
    """In place of somebody below, who requested the case or filled in what is checked here."""
    zh_name, en_name = _names(below, directory)
    zh_role, en_role = _called(assignee.role, directory)
    zh_you, en_you = ("其上级", "their manager is asked") if assignee.deputy_for else ("其上级您", "you are asked")
    holder = directory.person(below)
    if holder is None or not holder.active:
        zh, en = f"{zh_role}{zh_name}已不在岗，由{zh_you}办理", "who has left"
    elif request.kind == "approval":
        zh, en = f"申请人正是{zh_role}{zh_name}，由{zh_you}代为决定", "who requested the case"
    else:
        zh, en = f"{zh_role}{zh_name}填写了前一步，须由另一人核对，由{zh_you}办理", "who filled in what is checked here"
    return bilingual(f"{zh}（{request.rule}）", f"{en_you} in place of {en_name} ({en_role}), {en} ({request.rule})")


def _held(role: str, directory: Directory) -> tuple[str, str]:
    """What follows "you": the word by which the rule names people, see `approvers`."""
    word = role.partition(":")[0]
    if word in HELD:
        return HELD[word]
    zh, en = _called(role, directory)
    return f"担任{zh}", f"hold the role of {en}"


def _third(en: str) -> str:
    return en.replace("are ", "is ", 1) if en.startswith("are ") else en.replace("hold ", "holds ", 1)


def _called(role: str, directory: Directory) -> tuple[str, str]:
    """The role for a Chinese and for an English reader."""
    word = role.partition(":")[0]
    if word in CALLED:
        return CALLED[word]
    return directory.role_label(role, "zh"), directory.role_label(role, "en")


def _names(address: str, directory: Directory) -> tuple[str, str]:
    who = directory.person(address)
    return (who.name, who.shown_name("en")) if who else (address, address)
