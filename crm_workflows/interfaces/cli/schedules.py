"""Commands of recurring rounds (CB-2): list, add, edit, pause, resume, remove, preview. They hold no rules."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crm_workflows.domain.spellings import code_as_kept
from crm_workflows.domain.text import LANGUAGES, bilingual, in_language
from crm_workflows.interfaces.cli.commands import Commands
from crm_workflows.interfaces.cli.language import terminal_language, told
from crm_workflows.interfaces.cli.output import local, name_zone, print_json, print_table, say
from crm_workflows.interfaces.cli.session import AsJson, Session, as_address, command, company_zone

if TYPE_CHECKING:
    from crm_workflows.bootstrap import Office
    from crm_workflows.business.rounds import Preview
    from crm_workflows.domain.records import Round, RoundRun

Code = Annotated[
    str,
    typer.Argument(metavar="ROUND", help="计划编号 / Code of the round", show_default=False, callback=code_as_kept),
]
By = Annotated[
    str,
    typer.Option("--as", metavar="EMAIL", help="以哪位管理员的名义 / In the name of which admin", show_default=False),
]
Title = Annotated[str | None, typer.Option(help="名称 / Name")]
Cron = Annotated[
    str | None,
    typer.Option(help="时间规则：分 时 日 月 星期， 或 workday 09:00 / When, as cron: 0 9 * * 1, or workday 09:00"),
]
Zone = Annotated[str | None, typer.Option(help="时区，默认公司时区 / Time zone; default: the company's")]
Tier = Annotated[str | None, typer.Option(help="客户等级 / Tier of the customers")]
Region = Annotated[str | None, typer.Option(help="地区 / Region")]
Owner = Annotated[str | None, typer.Option(help="客户经理 / Account manager")]
Industry = Annotated[str | None, typer.Option(help="行业 / Industry")]
Tag = Annotated[str | None, typer.Option(help="客户标签 / Tag of the customers")]
Silent = Annotated[int | None, typer.Option(min=0, help="至少多少天未联系 / Days without contact, at least")]
Questions = Annotated[str | None, typer.Option(help="回访问题 / Questions to ask")]
Does = Annotated[str | None, typer.Option(help="由谁回访，默认客户经理 / Who calls; default: the account manager")]
First = Annotated[str | None, typer.Option("--from", metavar="DATE", help="有效期首日 / First day")]
Last = Annotated[str | None, typer.Option("--to", metavar="DATE", help="有效期末日 / Last day")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="只预览，不保存 / Show what it would do; save nothing")]
HEADINGS = (
    "编号 / Round", "名称 / Name", "规则 / Rule", "客户 / Customers", "下次 / Next", "上次 / Last", "状态 / State",
)  # fmt: skip
CHOSEN = {
    "tier": "{} 级 / tier {}",
    "silent_days": "{} 天未联系 / {} days without contact",
    "tag": "标签 {} / tag {}",
}
"""What a round chooses by, where the value alone would not say it."""
NOTHING = ""
"""What takes a restriction away: `--tier ""`."""


def register(app: typer.Typer) -> None:
    """Add the family."""
    title = "定期回访计划 / Recurring rounds of callbacks"
    family = typer.Typer(cls=Commands, help=title, no_args_is_help=True)
    app.add_typer(family, name="schedule")
    command(family, "list", "全部计划 / All rounds")(list_)
    command(family, "add", "新增计划，先显示预览 / Add a round; shows what it will do")(add)
    command(family, "edit", "修改计划 / Change a round")(edit)
    command(family, "pause", "暂停 / Pause")(pause)
    command(family, "resume", "恢复，不补做暂停期间的 / Resume; what was paused is not made up")(resume)
    command(family, "remove", "停用 / Remove")(remove)
    command(family, "preview", "未来 30 天回访谁、每人多少 / Whom it calls in 30 days, and how many per owner")(preview)


def list_(session: Session, as_json: AsJson = False) -> None:
    """Removed ones stay: they explain the callbacks that they opened."""
    from crm_workflows.business import calling
    from crm_workflows.business.rounds import title_in
    from crm_workflows.domain.records import Round

    with session.office() as office:
        with office.store.read() as reader:
            found = reader.find(Round, order="code")
            runs = calling.last_runs(reader, [one.code for one in found])
        zone = company_zone(office)
    if as_json:
        print_json([_plain(one) | {"last_run": _plain(runs[one.code]) if one.code in runs else None} for one in found])
        return
    if not found:
        say("还没有回访计划 / there are no rounds yet")
        return
    rows = [
        (
            o.code,
            title_in(o, terminal_language()),
            _when(o, office),
            _chosen(o),
            local(o.next_at, zone),
            _last(runs.get(o.code)),
            _state(o),
        )
        for o in found
    ]
    print_table(HEADINGS, rows)
    name_zone(zone)


def add(
    session: Session,
    by: By,
    title: Annotated[str, typer.Option(help="名称 / Name", show_default=False)],
    cron: Annotated[
        str,
        typer.Option(
            help="分 时 日 月 星期，或 workday 09:00 / As cron: 0 9 * * 1, or workday 09:00", show_default=False
        ),
    ],
    zone: Zone = None,
    tier: Tier = None,
    region: Region = None,
    owner: Owner = None,
    industry: Industry = None,
    tag: Tag = None,
    silent_days: Silent = None,
    questions: Questions = None,
    does: Does = None,
    first: First = None,
    last: Last = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Shows whom it calls in the next 30 days and how many per owner, and saves it unless told not to."""
    given = _given(title, cron, zone, questions, does, first, last)
    chooses = _choice({}, tier, region, owner, industry, tag, silent_days)
    _keep(session, None, by, given | {"chooses": chooses}, dry_run=dry_run, as_json=as_json)


def edit(
    session: Session,
    code: Code,
    by: By,
    title: Title = None,
    cron: Cron = None,
    zone: Zone = None,
    tier: Tier = None,
    region: Region = None,
    owner: Owner = None,
    industry: Industry = None,
    tag: Tag = None,
    silent_days: Silent = None,
    questions: Questions = None,
    does: Does = None,
    first: First = None,
    last: Last = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Only what is named changes; an empty text takes a restriction away."""
    given = _given(title, cron, zone, questions, does, first, last)
    with _rounds(session) as (office, rounds):
        before = rounds.found(office.engine, code)
    chooses = _choice(before.chooses or {}, tier, region, owner, industry, tag, silent_days)
    _keep(session, code, by, given | {"chooses": chooses}, dry_run=dry_run, as_json=as_json)


def pause(session: Session, code: Code, by: By, as_json: AsJson = False) -> None:
    """Nothing is opened until it is resumed."""
    with _rounds(session) as (office, rounds):
        _show(office, rounds.pause(office.engine, code, as_address(office, by)), None, as_json=as_json)


def resume(session: Session, code: Code, by: By, as_json: AsJson = False) -> None:
    """It goes on with the next occurrence from now."""
    with _rounds(session) as (office, rounds):
        _show(office, rounds.resume(office.engine, code, as_address(office, by)), None, as_json=as_json)


def remove(session: Session, code: Code, by: By, as_json: AsJson = False) -> None:
    """For good; its line stays, since it explains the callbacks that it opened."""
    with _rounds(session) as (office, rounds):
        _show(office, rounds.remove(office.engine, code, as_address(office, by)), None, as_json=as_json)


def preview(session: Session, code: Code, as_json: AsJson = False) -> None:
    """Each customer is counted once."""
    with _rounds(session) as (office, rounds):
        one = rounds.found(office.engine, code)
        _show(office, one, rounds.preview(office.engine, one), as_json=as_json)


@contextmanager
def _rounds(session: Session) -> Iterator[tuple["Office", Any]]:
    from crm_workflows.business import rounds

    with session.office() as office:
        yield office, rounds


def _keep(session: Session, code: str | None, by: str, values: dict[str, Any], *, dry_run: bool, as_json: bool) -> None:
    with _rounds(session) as (office, rounds):
        before = rounds.found(office.engine, code) if code else None
        made = rounds.draft(office.engine, as_address(office, by), before, **_by_address(office, values))
        ahead = rounds.preview(office.engine, made)
        kept = made if dry_run else rounds.save(office.engine, made)
        _show(office, kept, ahead, as_json=as_json)


def _by_address(office: "Office", values: dict[str, Any]) -> dict[str, Any]:
    """With the address of whoever is named, as the one who calls or as the account manager to choose by."""
    addressed = {"does": as_address(office, values["does"])} if values.get("does") else {}
    chosen = values["chooses"]
    owner = {"owner": as_address(office, chosen["owner"])} if chosen.get("owner") else {}
    return values | addressed | {"chooses": chosen | owner}


def _given(
    title: str | None,
    cron: str | None,
    zone: str | None,
    questions: str | None,
    does: str | None,
    first: str | None,
    last: str | None,
) -> dict[str, Any]:
    plain = {"title": title, "cron": cron, "zone": zone, "questions": questions, "does": does}
    days = {name: day or None for name, day in (("valid_from", first), ("valid_to", last)) if day is not None}
    return {name: value for name, value in plain.items() if value is not None} | days


def _choice(
    before: dict[str, Any],
    tier: str | None,
    region: str | None,
    owner: str | None,
    industry: str | None,
    tag: str | None,
    silent_days: int | None,
) -> dict[str, Any]:
    asked = {
        "tier": tier, "region": region, "owner": owner, "industry": industry, "tag": tag, "silent_days": silent_days,
    }  # fmt: skip
    merged = before | {name: value for name, value in asked.items() if value is not None}
    return {name: value for name, value in merged.items() if value not in (NOTHING, 0)}


def _show(office: "Office", one: "Round", ahead: "Preview | None", *, as_json: bool) -> None:
    from crm_workflows.business.rounds import title_in

    zone = company_zone(office)
    if as_json:
        print_json(_plain(one) | (_plain_preview(ahead) if ahead else {}))
        return
    title = title_in(one, terminal_language())
    say(f"{one.code or '—'} {title} · {_when(one, office)} · {_chosen(one)} · {_state(one)}")
    if ahead is None:
        return
    zh, en = (in_language(ahead.said, language) for language in LANGUAGES)
    say(bilingual(f"未来 30 天：{zh}", f"in 30 days: {en}"))
    print_table(("回访人 / Who calls", "客户数 / Customers"), ahead.owners.items())
    print_table(("时间 / When",), [(local(at, zone),) for at in ahead.occurrences])
    name_zone(zone)


def _when(one: "Round", office: "Office") -> str:
    """The rule in words, with its zone where that is not the company's."""
    from crm_workflows.domain.recurrence_words import in_words

    return told(in_words(one.cron)) + (f" ({one.zone})" if one.zone != office.staff.calendar().zone else "")


def _last(run: "RoundRun | None") -> str:
    from crm_workflows.business import calling

    return told(calling.said_of(run)) if run else "—"


def _plain(one: "Round | RoundRun") -> dict[str, Any]:
    from dataclasses import asdict
    from datetime import datetime

    plain = asdict(one)
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in plain.items()}


def _plain_preview(ahead: "Preview") -> dict[str, Any]:
    customers = [{"code": code, "name": name} for code, name in ahead.customers]
    occurrences = [at.isoformat() for at in ahead.occurrences]
    return {"preview": {"occurrences": occurrences, "many": ahead.many, "customers": customers, "owners": ahead.owners}}


def _chosen(one: "Round") -> str:
    given = ((name, value) for name, value in (one.chooses or {}).items() if value)
    chosen = (told(CHOSEN.get(name, "{}")).format(value) for name, value in given)
    return " · ".join(chosen) or told("全部客户 / all customers")


def _state(one: "Round") -> str:
    if one.is_removed:
        return told("已停用 / removed")
    if one.is_paused:
        return told("暂停 / paused")
    return told("有效 / active") if one.next_at else told("已过期 / over")
