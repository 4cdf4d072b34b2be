"""The command doctor: what would get stuck, and what to do. The engine looks; this prints."""

from typing import TYPE_CHECKING, Any

import typer

from crm_workflows.domain.text import bilingual
from crm_workflows.interfaces.cli.failing import REFUSED
from crm_workflows.interfaces.cli.language import terminal_language
from crm_workflows.interfaces.cli.output import print_json, say, tell_failure
from crm_workflows.interfaces.cli.serving_shown import say_who_acts
from crm_workflows.interfaces.cli.session import AsJson, Session, command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_workflows.bootstrap import Office
    from crm_workflows.engine.record.doctor import Finding


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "doctor", "检查所有未结案件：谁会办不下去 / Look at every open case for what would get stuck")(doctor)


def doctor(session: Session, as_json: AsJson = False) -> None:
    """Every gate and task of every open case, as people stand now; exit status 1 where something would get stuck."""
    from crm_workflows.engine.record import doctor as looking

    with session.office(to_work=True) as office:
        found = looking.examine(office.engine)
        settings = office.settings
    if as_json:
        print_json(findings_as_json(found))
    else:
        show(found)
        say_who_acts(settings)
    if found:
        n = len({code for finding in found for code in finding.cases})
        en = "1 case would get stuck, or stands still" if n == 1 else f"{n} cases would get stuck, or stand still"
        tell_failure(bilingual(f"{n} 个案件会办不下去或已停下", en))
        raise typer.Exit(REFUSED)
    if not as_json:
        say("没有发现问题 / nothing would get stuck")


def stranded(office: "Office", kind: str, text: str) -> "list[Finding]":
    """What another people file would make stuck that is not stuck now; of a policy, in cases that begin under it."""
    from crm_workflows.adapters.configuration.config_files import parse_people, parse_policy
    from crm_workflows.adapters.configuration.staff import ProposedStaff
    from crm_workflows.engine.record import doctor as looking

    if kind == "people":
        return looking.new_findings(office.engine, ProposedStaff(office.staff, parse_people(text)))
    return looking.new_findings_of_policy(office.engine, parse_policy(text)) if kind == "policy" else []


def findings_as_json(found: "Sequence[Finding]") -> list[dict[str, Any]]:
    """For scripts."""
    from crm_workflows.engine.record import doctor as looking

    return looking.as_json(found)


def show(found: "Sequence[Finding]") -> None:
    """Each cause with its cases and what mends it, which stands on a line of its own: it is copied."""
    from crm_workflows.engine.record import doctor as looking

    for what, cases, remedy in looking.told(found, terminal_language()):
        say(f"✗ {what}")
        say(bilingual(f"案件：{cases}", f"cases: {cases}"), indent="  ")
        say(f"→ {remedy}", indent="  ")
