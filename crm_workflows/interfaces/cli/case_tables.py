"""Cases as tables for people. It must not look anything up: it is handed the documents of the contract."""

from collections.abc import Callable, Mapping
from datetime import tzinfo
from typing import Any, Final

from rich.text import Text

from crm_workflows.domain.money import Money
from crm_workflows.domain.text import bilingual, shown_in, size_in_words
from crm_workflows.interfaces.cli.language import terminal_language, told
from crm_workflows.interfaces.cli.output import console, local, name_zone, print_table, say
from crm_workflows.interfaces.cli.words import CHANNELS, CLOCKS, KINDS, MAIL_STATUSES, OUTCOMES, ROWS, STATUSES

Names = Callable[[str, str], str]
"""(address, name on record) -> the name of somebody of the staff in the terminal's language, else the one on record."""
Labels = Mapping[str, Mapping[str, str]]
"""By the dotted path of a field, the labels of its choices by value."""
COLOURS: Final = {
    "running": "cyan",
    "waiting": "yellow",
    "closed": "green",
    "needs_attention": "bold red",
    "cancelled": "dim",
}
NOTHING: Final = "没有符合条件的案件 / no case fits"


def show_cases(found: list[dict[str, Any]], zone: tzinfo, names: Names) -> None:
    """The list of cases, or a line that says that there is none."""
    if not found:
        say(NOTHING)
        return
    headings = (
        "编号 / Code",
        "名称 / Title",
        "状态 / Status",
        "现在等谁 / Waiting for",
        "负责人 / Owner",
        "立案 / Opened",
    )
    rows = [
        (c["case"], c["title"], status_of(c), _now(c, names), c["owner"], local(c["opened_at"], zone)) for c in found
    ]
    print_table(headings, rows)
    name_zone(zone)


def _now(case: Mapping[str, Any], names: Names) -> str:
    """What the case waits for and whom, a line each."""
    lines = [
        (told(item["title"]), _comma().join(names(one["email"], one["name"]) for one in item["who"]))
        for item in case["now"]
    ]
    return "\n".join(" · ".join(part for part in line if part) for line in lines)


def _comma() -> str:
    return "、" if terminal_language() == "zh" else ", "


def show_case(case: dict[str, Any], zone: tzinfo, names: Names, labels: Labels) -> None:
    """One case: what it is, what it waits for, what was done."""
    head = Text.assemble((case["case"], "bold"), "  ", case["title"], "  ", status_of(case))
    console().print(head)
    opened, closed = local(case["opened_at"], zone), local(case["closed_at"], zone)
    facts = f"{case['owner']}  {opened}{f' → {closed}' if closed else ''}"
    console().print(Text(f"{told(case['process_title'])} v{case['version']}  {facts}", style="dim"))
    if case["attention"]:
        say(case["attention"])
    _ending(case, names)
    show_waiting(case["waiting_for"], zone, names, title="等待 / Waits for")
    _clocks(case, zone)
    _decisions(case, zone)
    _steps(case, zone)
    _documents(case, zone)
    _mails(case, zone)
    _replies(case, zone)
    _rows(case, zone, labels)
    _linked(case)
    name_zone(zone)


def _ending(case: dict[str, Any], names: Names) -> None:
    """Why the case ended: our reason, then what was written and by whom."""
    ending = case["ending"]
    if not ending:
        return
    said = [told(ending["reason"]), ending["comment"], names(by, by) if (by := ending["by"]) else ""]
    console().print(Text(" · ".join(part for part in said if part)), soft_wrap=True)


def status_of(case: Mapping[str, Any]) -> Text:
    """Status and outcome in words."""
    said = told(STATUSES[case["status"]])
    if case["outcome"]:
        said += f" · {told(OUTCOMES[case['outcome']])}"
    return Text(said, style=COLOURS[case["status"]])


def show_waiting(items: list[dict[str, Any]], zone: tzinfo, names: Names, *, title: str | None = None) -> None:
    """What is asked of whom; with the case where the items carry it."""
    headings = ["编号 / Id", "事项 / What", "种类 / Kind", "规则 / Rule", "办理人 / Who", "截止 / Due", "缺 / Missing"]
    rows = [
        [
            item["id"], told(item["title"]), told(KINDS[item["kind"]]), item["rule"], _who(item["assignee"], names),
            local(item["due_at"], zone), _comma().join(told(title) for title in item.get("missing_titles", ())),
        ]
        for item in items
    ]  # fmt: skip
    if any(item.get("forecast") for item in items):
        headings.append("预测，非承诺 / Forecast, no promise")
        for row, item in zip(rows, items, strict=True):
            row.append(_forecast(item.get("forecast"), zone))
    if items and "case_title" in items[0]:
        headings.insert(2, "案件 / Case")
        for row, item in zip(rows, items, strict=True):
            row.insert(2, item["case_title"])
    print_table(headings, rows, title)


def _forecast(forecast: dict[str, Any] | None, zone: tzinfo) -> str:
    """Marked as one by the heading; the later of the two instants, which is seldom exceeded."""
    if forecast is None:
        return ""
    return local(forecast["mostly_at"], zone) if forecast["mostly_at"] else told(forecast["why"])


def _who(assignee: dict[str, Any] | None, names: Names) -> str:
    if assignee is None:
        return ""
    deputy = f" ({told(bilingual('代', 'for'))} {assignee['deputy_for']})" if assignee["deputy_for"] else ""
    return f"{names(assignee['email'], assignee['name'])} <{assignee['email']}>{deputy}"


def _clocks(case: dict[str, Any], zone: tzinfo) -> None:
    """Time limits towards people outside, with every pause."""
    headings = ("时限 / Time limit", "轮次 / Round", "截止 / Due", "已计小时 / Hours", "状态 / State", "暂停 / Paused")
    rows = []
    for clock in case["clocks"]:
        state = "paused" if clock["is_paused"] else clock["status"]
        if clock["is_kept"] is not None and clock["status"] == "stopped":
            state = "kept" if clock["is_kept"] else "late"
        pauses = "\n".join(f"{local(p['since'], zone)} – {local(p['until'], zone)}" for p in clock["pauses"])
        hours = f"{clock['spent_hours']} / {clock['hours']}"
        named = (told(clock["title"]), str(clock["round"]))
        rows.append((*named, local(clock["due_at"], zone), hours, told(CLOCKS[state]), pauses))
    print_table(headings, rows, "对外时限 / Time limits")


def _decisions(case: dict[str, Any], zone: tzinfo) -> None:
    headings = ("时间 / At", "事项 / Request", "决定 / Decision", "谁 / By", "途径 / Channel", "说明 / Comment")
    titles = {request["id"]: f"{told(request['title'])}  {request['id']}" for request in case["requests"]}
    rows = []
    for d in case["decisions"]:
        by = f"{d['by']} ← {d['on_behalf_of']}" if d["on_behalf_of"] else d["by"]
        said = told(d["label"]) if d["effective"] else f"({told(d['label'])})"
        channel = " ".join(filter(None, (told(CHANNELS.get(d["channel"], d["channel"])), d.get("digest"))))
        rows.append((local(d["at"], zone), titles.get(d["request"], d["request"]), said, by, channel, d["comment"]))
    print_table(headings, rows, "决定 / Decisions")


def _steps(case: dict[str, Any], zone: tzinfo) -> None:
    headings = ("时间 / At", "规则 / Rule", "步骤 / Step", "轮次 / Round")
    rows = [(local(s["at"], zone), s["rule"], told(s["title"]), s["round"]) for s in case["steps"]]
    print_table(headings, rows, "步骤 / Steps")


def _documents(case: dict[str, Any], zone: tzinfo) -> None:
    headings = ("时间 / At", "种类 / Kind", "文件 / File", "大小 / Size", "问题 / Problem")
    rows = [
        (
            local(d["at"], zone), told(d["title"]), d["filename"], size_in_words(d["size"]),
            told(d["problem"]) if d["problem"] else "",
        )
        for d in case["documents"]
    ]  # fmt: skip
    print_table(headings, rows, "文件 / Documents")


def _mails(case: dict[str, Any], zone: tzinfo) -> None:
    headings = ("时间 / At", "邮件 / Mail", "收件人 / To", "状态 / Status", "编号 / Id")
    rows = [
        (local(m["at"], zone), told(m["title"]), m["to"], told(MAIL_STATUSES[m["status"]]), m["id"])
        for m in case["mails"]
    ]
    print_table(headings, rows, "邮件 / Mails")


def _replies(case: dict[str, Any], zone: tzinfo) -> None:
    headings = ("时间 / At", "发件人 / From", "状态 / Status", "已追问 / Asked back", "说明 / Why", "编号 / Id")
    rows = [
        (
            local(r["at"], zone), r["from"], told(MAIL_STATUSES[r["status"]]),
            told(bilingual("是", "yes")) if r["asked_back"] else "", told(r["why"]), r["mail"],
        )
        for r in case["replies"]
    ]  # fmt: skip
    print_table(headings, rows, "来信 / Mail received")


def _rows(case: dict[str, Any], zone: tzinfo, labels: Labels) -> None:
    by_name = {path.rpartition(".")[2]: chosen for path, chosen in labels.items()}
    rows = [
        (told(ROWS.get(name, name)), row_in_words(name, value, zone, by_name)) for name, value in case["rows"].items()
    ]
    print_table(("名称 / Name", "内容 / Value"), rows, "登记 / Rows")


def row_in_words(name: str, value: Any, zone: tzinfo, labels: Labels) -> str:
    """What stands in a row: an instant in the company's zone, a choice by its label, money as money."""
    from crm_workflows.interfaces.web.words import CUSTOMER_STATES, SUPPLIER_STATES  # a list of cases has no rows

    states = {"customer_status": CUSTOMER_STATES, "supplier_status": SUPPLIER_STATES}
    if name.endswith("_at") and value:
        return local(value, zone)
    if name == "cause_found":
        return " · ".join(told(value[part]) for part in ("cause", "department"))
    return _value(name, value, states | dict(labels))


def _value(name: str, value: Any, labels: Labels) -> str:
    """What a procedure wrote, on a line; hashes are for scripts."""
    if isinstance(value, list):
        return "; ".join(_value(name, item, labels) for item in value)
    if isinstance(value, dict) and set(value) == {"amount", "currency"}:
        return Money.model_validate(value).shown(terminal_language())
    if isinstance(value, dict):
        given = ((key, item) for key, item in value.items() if key != "sha256" and item not in (None, ""))
        return ", ".join(_value(key, item, labels) for key, item in given)
    if isinstance(value, bool):
        return shown_in(value, terminal_language())
    label = labels.get(name, {}).get(str(value))
    return told(label) if label else str(value)


def _linked(case: dict[str, Any]) -> None:
    rows = [(link["case"], told(link["title"])) for link in case["linked"]]
    print_table(("案件 / Case", "关系 / Relation"), rows, "关联 / Linked")
