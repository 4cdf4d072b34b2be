"""Reads the people file and finds its mistakes (G-5). It must not say who is asked: `Directory.resolve` does."""

from collections.abc import Mapping
from functools import cache
from typing import Final

from yaml.nodes import Node

from crm_workflows.adapters.configuration.config_check import BOTH_LANGUAGES, Sheet, line_of
from crm_workflows.adapters.configuration.config_check_former import Former
from crm_workflows.adapters.configuration.config_check_links import (
    Entry,
    addresses_are_unique,
    check_links,
)
from crm_workflows.adapters.configuration.config_check_roles import check_required_roles
from crm_workflows.domain.approvers import RoleAsked
from crm_workflows.domain.money import Money
from crm_workflows.domain.people import Deputy, Directory, Person
from crm_workflows.domain.policy import DIGEST_MODES as MODES
from crm_workflows.domain.text import HIDDEN, LANGUAGES, SEPARATOR, Language, bilingual
from crm_workflows.shipped import shipped

TOP: Final = ("company", "departments", "roles", "people")
LONGEST_COMPANY: Final = 120
FIELDS: Final = (
    "email",
    "other_emails",
    "name",
    "name_en",
    "language",
    "roles",
    "department",
    "manager",
    "deputies",
    "approval_limit",
    "active",
    "zone",
    "digest",
)
DEPUTY_FIELDS: Final = ("email", "from", "to")


def read_people(
    text: str, file: str, required_roles: Mapping[str, RoleAsked] | None = None, former: Former | None = None
) -> tuple[Directory | None, Sheet]:
    """The directory a text describes, None where it has errors, and the sheet with what was found.

    `required_roles` are those that the installed procedures ask; each needs somebody who can be asked;
    `former` knows whose the addresses were.
    """
    sheet = Sheet(file)
    root = sheet.root(text, "people")
    if root is None:
        return None, sheet
    top = sheet.fields(root, "人员文件 / the people file", TOP)
    departments = sheet.labels(top.get("departments"), "departments")
    roles = sheet.labels(top.get("roles"), "roles")
    nodes = sheet.items(top.get("people"), "people")
    if not nodes:
        en = "the people file names nobody; list at least one person under `people`"
        sheet.error(top.get("people", root), "人员文件中一个人也没有，请在 people 下至少列一人", en)
    entries = [entry for node in nodes if (entry := _entry(sheet, node, departments, roles))]
    if not addresses_are_unique(sheet, entries):
        return None, sheet
    if former is not None:
        former.check(sheet, entries)
    company = _company(sheet, top.get("company"))
    directory = Directory((entry.person for entry in entries), roles, departments, company)
    check_links(sheet, entries, directory)
    if entries and len(entries) == len(nodes):  # else a role would be missed that somebody holds who was not read
        check_required_roles(sheet, line_of(top.get("roles", root)), directory, required_roles or {}, shipped_roles)
    return None if sheet.has_errors else directory, sheet


@cache
def shipped_roles() -> dict[str, str]:
    """The roles of the people file that came with the product, with their labels: what ours are called."""
    file = shipped("config") / "people.yaml"
    sheet = Sheet(str(file))
    root = sheet.root(file.read_text(encoding="utf-8"), "people")
    return sheet.labels(sheet.fields(root, "", TOP).get("roles"), "roles") if root else {}


def _company(sheet: Sheet, node: Node | None) -> str:
    """The label under which people outside know us; it becomes the sender's name, so on one line and not endless."""
    written = sheet.text(node, "company")
    if written is None or node is None:
        return ""
    parts = [part.strip() for part in written.partition(SEPARATOR)[::2]]
    if not all(parts) or SEPARATOR in parts[1]:
        en = f'company "{written}" is not given in both languages; write it as 中文 / English'
        sheet.error(node, f"company“{written}”须有中英文两种写法：{BOTH_LANGUAGES}", en)
    elif HIDDEN.search(written) or "\n" in written or "\t" in written or len(written) > LONGEST_COMPANY:
        en = f"company must stand on one line of at most {LONGEST_COMPANY} visible characters"
        sheet.error(node, f"company 须写在一行内，不超过 {LONGEST_COMPANY} 个可见字符", en)
    return bilingual(*parts)


def _entry(sheet: Sheet, node: Node, departments: dict[str, str], roles: dict[str, str]) -> Entry | None:
    fields = sheet.fields(node, "人员 / a person", FIELDS)
    email = sheet.email(fields.get("email"), "email")
    name = sheet.text(fields.get("name"), "name")
    department = sheet.text(fields.get("department"), "department")
    for field in ("email", "name", "department"):
        if field not in fields or sheet.is_null(fields[field]):
            zh, en = name or email or "此人", name or email or "this person"
            sheet.error(fields.get(field, node), f"{zh} 缺少 {field}，请补上", f"{en} has no {field}; give one")
    if department is not None:
        sheet.known(department, fields["department"], "部门 / department", departments)
    if email is None or name is None or department is None:
        return None
    deputies = _deputies(sheet, fields.get("deputies"), name)
    person = Person(
        email=email,
        name=name,
        department=department,
        name_en=sheet.text(fields.get("name_en"), "name_en") or "",
        language=_language(sheet, fields.get("language")),
        roles=_roles(sheet, fields.get("roles"), roles),
        other_emails=_emails(sheet, fields.get("other_emails")),
        manager=sheet.email(fields.get("manager"), "manager"),
        deputies=tuple(deputies),
        approval_limit=_limit(sheet, fields.get("approval_limit")),
        active=sheet.flag(fields.get("active"), "active") is not False,
        zone=sheet.zone(fields.get("zone"), "zone"),
        digest=_digest(sheet, fields.get("digest")),
    )
    return Entry(person, node, fields, tuple(deputies.values()))


def _digest(sheet: Sheet, node: Node | None) -> str:
    written = sheet.text(node, "digest")
    if written is not None and node is not None and written not in MODES:
        en = f'digest "{written}" is no way to get digests; give {", ".join(MODES)}'
        sheet.error(node, f"digest“{written}”不是汇总邮件的方式，请写 {'、'.join(MODES)} 之一", en)
    return written or ""


def _limit(sheet: Sheet, node: Node | None) -> Money | None:
    limit = sheet.money(node, "approval_limit")
    if limit is not None and node is not None and limit.amount < 0:
        en = f"approval_limit {limit} is negative; give an amount from 0 up"
        sheet.error(node, f"approval_limit {limit} 是负数，请写 0 或以上的金额", en)
    return limit


def _language(sheet: Sheet, node: Node | None) -> Language:
    written = sheet.text(node, "language")
    if written is not None and node is not None and written not in LANGUAGES:
        en = f'language "{written}" is not one that mails are written in; give zh or en'
        sheet.error(node, f"language“{written}”没有对应的邮件文字，请写 zh 或 en", en)
    return "en" if written == "en" else "zh"


def _roles(sheet: Sheet, node: Node | None, known: dict[str, str]) -> tuple[str, ...]:
    found: list[str] = []
    for item in sheet.items(node, "roles"):
        name = sheet.text(item, "角色 / role")
        if name is not None and name in found:
            sheet.error(item, f"角色“{name}”写了两次，请只保留一处", f'role "{name}" is given twice; keep one')
        elif name is not None and sheet.known(name, item, "角色 / role", known):
            found.append(name)
    return tuple(found)


def _emails(sheet: Sheet, node: Node | None) -> tuple[str, ...]:
    found = (sheet.email(item, "地址 / address") for item in sheet.items(node, "other_emails"))
    return tuple(address for address in found if address)


def _deputies(sheet: Sheet, node: Node | None, of: str) -> dict[Deputy, int]:
    """The deputies and the line of each."""
    found: dict[Deputy, int] = {}
    for item in sheet.items(node, "deputies"):
        fields = sheet.fields(item, "代理人 / a deputy", DEPUTY_FIELDS)
        email = sheet.email(fields.get("email"), "代理人 / deputy")
        begins = sheet.day(fields.get("from"), "from")
        ends = sheet.day(fields.get("to"), "to")
        for field in ("email", "from"):
            if field not in fields or sheet.is_null(fields[field]):
                zh = f"{of} 的一位代理人缺少 {field}，请补上"
                sheet.error(item, zh, f"a deputy of {of} has no `{field}`; give one")
        if begins and ends and ends < begins:
            en = f"this deputy of {of} ends ({ends}) before it begins ({begins}); swap the dates"
            sheet.error(fields["to"], f"{of} 的这项代理结束（{ends}）早于开始（{begins}），请对调日期", en)
        elif email and begins:
            found[Deputy(email, begins, ends)] = line_of(item)
    return found
