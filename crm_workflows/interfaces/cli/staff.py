"""Commands people, policy and calendar: checking a file and putting it in force; what is shown: see `staff_shown`.

Files are how these are edited; the database holds what is in force. The rules of the files are the checks' own.
"""

import shlex
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from crm_workflows.domain.errors import NothingInForce, Refused
from crm_workflows.domain.text import bilingual, counted, in_language
from crm_workflows.interfaces.cli.commands import Commands
from crm_workflows.interfaces.cli.doctor import findings_as_json, stranded
from crm_workflows.interfaces.cli.doctor import show as show_findings
from crm_workflows.interfaces.cli.failing import REFUSED, first_of
from crm_workflows.interfaces.cli.language import terminal_language, told
from crm_workflows.interfaces.cli.output import console, print_json, say
from crm_workflows.interfaces.cli.session import AsJson, Session, administrator, command
from crm_workflows.interfaces.cli.staff_shown import history, in_force, show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_workflows.adapters.configuration import config_check
    from crm_workflows.bootstrap import Office
    from crm_workflows.engine.record.doctor import Finding

KINDS: Final = {
    "people": "人员 / The people and their roles",
    "policy": "政策参数 / The policy: numbers, amounts, time limits",
    "calendar": "工作日历 / The working calendar",
}
MAY_NOT: Final = "不能更改人员、政策或日历 / may not change people, policy or calendar"
Given = Annotated[Path, typer.Argument(metavar="FILE", help="YAML 文件 / YAML file", show_default=False)]


def register(app: typer.Typer) -> None:
    """Add the three families, alike in all."""
    for kind, title in KINDS.items():
        family = typer.Typer(cls=Commands, help=title, no_args_is_help=True)
        app.add_typer(family, name=kind)
        command(family, "show", "显示生效的内容 / Show what is in force")(_for(kind, show))
        command(family, "check", "检查文件，不作更改 / Check a file; changes nothing")(_for(kind, check))
        command(family, "apply", "使文件生效 / Put a file in force")(_for(kind, apply))
        command(family, "history", "历次版本 / All versions")(_for(kind, history))


def _for(kind: str, function: Any) -> Any:
    """The function for one kind, with the signature that is left."""
    import inspect

    bound = partial(function, kind)
    _, *rest = inspect.signature(function, eval_str=True).parameters.values()
    bound.__name__ = function.__name__  # type: ignore[attr-defined]
    bound.__signature__ = inspect.Signature(rest)  # type: ignore[attr-defined]
    return bound


def check(kind: str, session: Session, file: Given, as_json: AsJson = False) -> None:
    """Every finding on a line of its own; exit status 1 if one of them is a mistake."""
    from crm_workflows.adapters.configuration.config_files import read_text

    text = read_text(file)
    try:
        with session.office() as office:
            found = _checked(office, kind, text, file)
    except NothingInForce:  # what keeps a company from its first start must still be listed
        found = _checked_alone(kind, text, file)
    if as_json:
        print_json([_finding(f) for f in found])
    else:
        for finding in found:
            sys.stderr.write(told(finding.told()) + "\n")
    if any(f.severity == "error" for f in found):
        raise typer.Exit(REFUSED)
    if not as_json:
        say(bilingual(f"{file} 没有错误", f"{file} has no mistakes"))


def apply(
    kind: str,
    session: Session,
    file: Given,
    by: Annotated[str | None, typer.Option("--as", metavar="EMAIL", help="由谁更改 / Who changes it")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="不再询问 / Do not ask")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the difference, ask where there is a terminal to ask at, then put the file in force. Records who did it."""
    from crm_workflows.adapters.configuration.config_files import difference, read_text
    from crm_workflows.adapters.configuration.staff import put_in_force

    text = read_text(file)
    with session.office() as office:
        mistakes = [f.told() for f in _checked(office, kind, text, file) if f.severity == "error"]
        if mistakes:
            raise Refused(first_of(mistakes, shlex.join(["crmw", kind, "check", str(file)])))
        who = administrator(office, by, MAY_NOT)
        held = in_force(office, kind)
        changes = difference(held.content, text, kind)  # type: ignore[arg-type]
        warnings = _departures(office, text) if changes and kind == "people" else []
        stuck = stranded(office, kind, text) if changes else []
        if not as_json:
            _show_changes(difference(held.content, text, kind, terminal_language()))  # type: ignore[arg-type]
            for warning in warnings:
                say(warning["message"])
            show_findings(stuck)
        if changes and not yes:
            _agree(file, kind, stuck, asks=sys.stdin.isatty() and not as_json)
        version, moved = held.version, 0
        if changes:
            version = put_in_force(office.store, kind, text, changes, who, office.clock.now())
            moved = _follow(office) if kind == "calendar" else _move(office)
    done = {"kind": kind, "version": version, "changes": changes, "applied_by": who, "warnings": warnings}
    if as_json:
        print_json(done | {"moved": moved, "stuck": findings_as_json(stuck)})
    elif changes:
        say(bilingual(f"第 {version} 版已生效", f"version {version} is in force"))
        _say_moved(kind, moved)


def _say_moved(kind: str, moved: int) -> None:
    if moved and kind == "calendar":
        en = f"the times of {counted(moved, 'open request', 'open requests')} were moved"
        say(bilingual(f"{moved} 项未完事项的期限已按新日历重算", en))
    elif moved:
        en = counted(moved, "request of who has left was moved", "requests of who has left were moved")
        say(bilingual(f"离职人员的 {moved} 项待答复事项已转交", en))


def _agree(file: Path, kind: str, stuck: "Sequence[Finding]", *, asks: bool) -> None:
    """Ask at the terminal, raising Refused for a no; elsewhere refuse only what would strand cases."""
    if not asks and stuck:
        n = len({code for finding in stuck for code in finding.cases})
        zh, en = f" {n} 个案件", counted(n, "case", "cases")
        if kind == "policy":
            zh, en = f"与 {n} 个未结案件同类的新案件", f"new cases such as {n} that {'is' if n == 1 else 'are'} open"
        zh = f"{file} 会使{zh}办不下去（{in_language(stuck[0].what, 'zh')}），未生效；确要生效请加 --yes"
        en = f"{file} would strand {en} ({in_language(stuck[0].what, 'en')}) and is not in force; --yes puts it in"
        raise Refused(bilingual(zh, f"{en} force all the same"))
    if asks and not typer.confirm(told("使其生效？ / Put it in force?")):
        raise Refused(bilingual(f"{file} 未生效，一切照旧", f"{file} is not in force; nothing was changed"))


def _checked(office: "Office", kind: str, text: str, file: Path) -> "list[config_check.Finding]":
    from crm_workflows.bootstrap import check as check_text
    from crm_workflows.domain.records import ConfigVersion

    today = office.engine.today(office.clock.now())
    with office.store.read() as reader:
        former = [v.content for v in reader.find(ConfigVersion, kind=kind, order="version")]
    return check_text(kind, text, str(file), office.engine.versions, today, former)


def _checked_alone(kind: str, text: str, file: Path) -> "list[config_check.Finding]":
    """Before anything is in force: held against the procedures only."""
    from crm_workflows.adapters.clock import real_now
    from crm_workflows.adapters.configuration.processes import Processes
    from crm_workflows.bootstrap import check as check_text

    return check_text(kind, text, str(file), Processes(), real_now().date())


def _departures(office: "Office", text: str) -> list[dict[str, Any]]:
    """Who would be gone while something is open for them: told, not refused."""
    from crm_workflows.adapters.configuration.config_files import parse_people
    from crm_workflows.adapters.configuration.staff import ProposedStaff
    from crm_workflows.engine.decisions.departures import departures

    found = departures(office.engine, ProposedStaff(office.staff, parse_people(text)))
    return [
        {
            "email": one.person.email,
            "open_requests": one.requests,
            "unanswerable": one.stuck,
            "open_cases": one.owned,
            "cases": list(one.cases),
            "can_answer": [person.email for person in one.can_answer],
            "message": one.sentence,
        }
        for one in found
    ]


def _move(office: "Office") -> int:
    """Sign those out who are gone now, and give what they are asked to others; returns how many requests."""
    from crm_workflows.engine.access.passes import end_of_leavers
    from crm_workflows.engine.decisions import leavers

    office.staff.forget()
    end_of_leavers(office.engine)
    return leavers.move_on(office.engine)


def _follow(office: "Office") -> int:
    """Move the times of what is open to the calendar just put in force; returns of how many requests."""
    from crm_workflows.engine.requests import retiming

    office.staff.forget()
    return retiming.follow(office.engine)


def _show_changes(changes: list[str]) -> None:
    if not changes:
        say("与生效的内容相同 / nothing differs from what is in force")
    for change in changes:
        console().print(f"  {change}", soft_wrap=True)


def _finding(finding: "config_check.Finding") -> dict[str, Any]:
    return {
        "file": finding.file,
        "line": finding.line,
        "severity": finding.severity,
        "message": finding.message,
        "message_zh": finding.message_zh,
    }
