"""Finds the roles that procedures ask and that nobody could answer for (G-5). It must not say who is asked.

Told in the reader's words: the title of the role, and the processes and steps that need it. Only a role without
a title, here as in the file that came with the product, is a slip of whoever wrote the procedure, told with its line.
"""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Final

from crm_workflows.adapters.configuration.config_check import Sheet
from crm_workflows.domain.approvers import RoleAsked
from crm_workflows.domain.people import Directory
from crm_workflows.domain.text import in_language

Labels = Mapping[str, str]
MOST_TITLES: Final = 3
"""So many steps of one process are named; more would bury what is to be done."""


def check_required_roles(
    sheet: Sheet, line: int, directory: Directory, required: Mapping[str, RoleAsked], shipped: Callable[[], Labels]
) -> None:
    """Note each role in `required` that nobody could answer for; `shipped` gives the labels of the product's own."""
    held = {role: directory.with_role(role) for role in sorted(required)}
    missing = [role for role, holders in held.items() if not holders]
    example = _example(missing, directory)
    for role in missing:
        labels = {**shipped(), **directory.roles}
        if role in labels:
            _nobody(sheet, line, directory, role, labels[role], required[role], example)
            example = "", ""  # once is enough
        else:
            _misspelt(sheet, line, directory, role, required[role])
    for role, holders in held.items():
        if holders and not any(p.active or any(d.to_date is None for d in p.deputies) for p in holders):
            zh, en = (_called(role, directory.roles.get(role, role), language) for language in ("zh", "en"))
            names = [p.name for p in holders]
            en = f"everybody with the role {en} has left ({', '.join(names)}); give it to somebody here"
            sheet.error(line, f"担任角色 {zh}的人都已离职（{'、'.join(names)}），请指定一位在职人员", en)


def _nobody(
    sheet: Sheet, line: int, directory: Directory, role: str, label: str, asked: RoleAsked, example: tuple[str, str]
) -> None:
    """`example` says, after the first of them, that one person may hold several."""
    zh, en = (_called(role, label, language) for language in ("zh", "en"))
    listed = role in directory.roles
    do_zh = "请指定一人" if listed else "请在 roles 中登记，并指定一人"
    do_en = "give it to somebody" if listed else "list it under roles and give it to somebody"
    needed_zh, needed_en = _needed(asked, "zh"), _needed(asked, "en")
    sheet.error(
        line,
        f"没有人担任 {zh}，{needed_zh}需要此角色；{do_zh}{example[0]}",
        f"nobody holds the role {en}, needed by {needed_en}; {do_en}{example[1]}",
    )


def _misspelt(sheet: Sheet, line: int, directory: Directory, role: str, asked: RoleAsked) -> None:
    close = get_close_matches(role, directory.roles, n=1)
    zh = f"没有人担任 {asked.where} 所需的角色“{role}”，请指定一人"
    en = f'nobody has the role "{role}", which {asked.where} asks; give it to somebody'
    if close:
        zh, en = f"{zh}，或者那里是否指“{close[0]}”？", f'{en}, or did you mean "{close[0]}" there?'
    sheet.error(line, zh, en)


def _example(missing: list[str], directory: Directory) -> tuple[str, str]:
    roles = ", ".join(list(dict.fromkeys((*missing, *directory.roles)))[:2])
    return f"（一人可兼任多个角色，如 roles: [{roles}]）", f" (one person may hold several: roles: [{roles}])"


def _called(role: str, label: str, language: str) -> str:
    title = in_language(label, language)
    if title == role:
        return role
    return f"{role}（{title}）" if language == "zh" else f"{role} ({title})"


def _needed(asked: RoleAsked, language: str) -> str:
    """流程“新客户建档”（高风险客户审查）、“供应商认定”（…）"""
    told = []
    for process, steps in asked.by.items():
        names = [in_language(step, language) for step in steps]
        if language == "zh":
            more = "等" if len(names) > MOST_TITLES else ""
            told.append(f"“{in_language(process, language)}”（{'、'.join(names[:MOST_TITLES])}{more}）")
        else:
            more = ", …" if len(names) > MOST_TITLES else ""
            told.append(f'"{in_language(process, language)}" ({", ".join(names[:MOST_TITLES])}{more})')
    return f"流程{'、'.join(told)}" if language == "zh" else ", ".join(told)
