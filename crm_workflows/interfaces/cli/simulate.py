"""The command that tries a procedure out while nothing happens: every path, or many cases. It holds no rules.

It reads people, policy and calendar of this installation; cases, mails and Prefect are not touched.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crm_workflows.domain.errors import ConfigurationError, InvalidInput
from crm_workflows.domain.text import bilingual, in_language
from crm_workflows.interfaces.cli import simulate_cases
from crm_workflows.interfaces.cli.cases import Day
from crm_workflows.interfaces.cli.failing import REFUSED
from crm_workflows.interfaces.cli.language import told
from crm_workflows.interfaces.cli.output import print_json, print_table, say, tell_failure
from crm_workflows.interfaces.cli.session import AsJson, Session, as_address, command

if TYPE_CHECKING:
    from crm_workflows.bootstrap import Office
    from crm_workflows.domain.examples import Example
    from crm_workflows.engine.procedure import Procedure
    from crm_workflows.testing.trial.office import TrialStaff

Process = Annotated[str, typer.Argument(metavar="PROCESS", help="流程 / The process", show_default=False)]
AllPaths = Annotated[bool, typer.Option("--all-paths", help="走遍所有路径 / Walk every path")]
Input = Annotated[
    Path | None, typer.Option("--input", metavar="FILE", help="以此申请代替示例 / This application, not the examples")
]
PolicyFile = Annotated[
    Path | None, typer.Option("--policy", metavar="FILE", help="以此政策代替现行政策 / This policy, not that in force")
]
Returns = Annotated[
    int, typer.Option("--returns", min=0, max=3, help="走遍几次退回之后的所有路径 / Returns after which all is walked")
]
With = Annotated[
    Path | None, typer.Option("--with", metavar="FILE", help="JSON、YAML 或 CSV 里的案件 / Cases of JSON, YAML or CSV")
]
Recorded = Annotated[bool, typer.Option("--recorded", help="重演本系统的案件 / Cases of this installation again")]
Draft = Annotated[
    Path | None, typer.Option("--draft", metavar="PACKAGE", help="与流程草案比较 / Compare with a draft of its package")
]
Seed = Annotated[int | None, typer.Option("--seed", help="随机种子 / The seed of chance")]
Owner = Annotated[str | None, typer.Option("--as", metavar="EMAIL", help="示例的负责人 / Who owns the examples")]
BY_A_PERSON = "退回次数用尽，由人决定 / it has gone back as often as it may; a person decides"


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "simulate", "试运行一个流程 / Try a procedure out")(simulate)


def simulate(
    session: Session,
    process: Process,
    all_paths: AllPaths = False,
    with_: With = None,
    recorded: Recorded = False,
    first: Annotated[datetime | None, Day("--from", help="此日及以后立案的 / Opened on this day or later")] = None,
    last: Annotated[datetime | None, Day("--to", help="此日及以前立案的 / Opened on this day or earlier")] = None,
    draft: Draft = None,
    policy: PolicyFile = None,
    seed: Seed = None,
    input_: Input = None,
    returns: Returns = 0,
    owner: Owner = None,
    as_json: AsJson = False,
) -> None:
    """Every path, with exit status 1 where one cannot end; or cases, through today's procedure and a draft."""
    if all_paths + (with_ is not None) + recorded != 1:
        zh, en = "请选一项：--all-paths、--with 文件 或 --recorded", "say one of --all-paths, --with FILE, --recorded"
        raise InvalidInput(bilingual(zh, en))
    from crm_workflows.engine.requests.needs import check_file_has
    from crm_workflows.interfaces.web.forms import check_forms

    with session.office() as office:
        today = _Plan(office.engine.procedure(process), staff_of(office, None))
        drafted = _Plan(draft_of(today.made, draft) if draft else today.made, staff_of(office, policy))
        check_forms(drafted.made)
        if policy:
            check_file_has(drafted.made, drafted.staff.rules, str(policy))
        _check_asks_people(drafted)
        owner = as_address(office, owner) if owner else None
        if all_paths:
            document = _walked(office, drafted, examples_of(today.made, input_, owner), returns)
        else:
            given = (
                simulate_cases.of_file(with_, _example(today.made, owner), today.staff.hours, seed)
                if with_
                else simulate_cases.of_record(office, today.made, first, last, seed)
            )
            document = _run(office, given, [today, drafted] if draft or policy else [today])
    show = _show if all_paths else simulate_cases.show
    print_json(document) if as_json else show(document)
    _fail_where_it_cannot_end(document)


@dataclass(frozen=True)
class _Plan:
    """A procedure and the staff, policy and calendar under which it is tried."""

    made: "Procedure"
    staff: "TrialStaff"


def _check_asks_people(plan: _Plan) -> None:
    """Whoever is asked must be there: a misspelt role is told with file, line and the role that was meant."""
    from crm_workflows.engine.requests.gate_check import faults_by_people

    made = plan.made
    found = faults_by_people({(made.name, made.version): made}, plan.staff.directory(), plan.staff.policy())
    findings = [fault.told() for fault in found]
    if findings:
        raise ConfigurationError(findings)


def _walked(office: "Office", plan: _Plan, examples: "list[Example]", returns: int) -> dict[str, Any]:
    from crm_workflows.testing.trial import paths, paths_told
    from crm_workflows.testing.trial.cases import installed
    from crm_workflows.testing.trial.office import TrialOffice

    at, versions = office.clock.now(), installed(office.engine.versions, plan.made)
    walked = paths.Walk(TrialOffice(versions, plan.staff, at), plan.made, returns).from_examples(examples)
    return paths_told.told(walked, plan.made, plan.staff.hours, at, returns)


def _run(office: "Office", given: "simulate_cases.Cases", plans: list[_Plan]) -> dict[str, Any]:
    from crm_workflows.testing.trial import cases, cases_told

    runs = []
    for plan, (name, name_zh) in zip(plans, (("today", "现行"), ("draft", "草案")), strict=False):
        ran = cases.run(office.engine.versions, plan.made, plan.staff, given.cases, given.behaviour)
        runs.append({"name": name, "name_zh": name_zh, **cases_told.told(ran, plan.staff.hours)})
    return simulate_cases.document_of(plans[0].made.name, given, runs)


def _example(made: "Procedure", owner: str | None) -> "Example | None":
    """What a case of a file leaves out is taken from it; a process without examples tells all."""
    try:
        return examples_of(made, None, owner)[0]
    except InvalidInput:
        return None


def draft_of(made: "Procedure", package: Path) -> "Procedure":
    """The procedure of a package that is not installed; raises ConfigurationError where it is none or does not load."""
    from crm_workflows.adapters.configuration.kept_code import load
    from crm_workflows.engine.record import sources

    source = sources.draft_of(package.resolve(), sources.installed())
    try:
        found = next((one for one in load(source) if one.name == made.name), None)
    except Exception as error:  # whatever a draft raises is told to its author
        said = f"{type(error).__name__}: {error}"
        zh = f"{package} 无法加载（{said}），请改正"
        raise ConfigurationError([bilingual(zh, f"{package} does not load ({said}); correct it")]) from error
    if found is None:
        zh = f"{package} 中没有流程 {made.name}，请指定它的软件包"
        en = f"{package} has no procedure of the process {made.name}; give its package"
        raise ConfigurationError([bilingual(zh, en)])
    return found


def _fail_where_it_cannot_end(document: dict[str, Any]) -> None:
    for one in document.get("cannot_end", ()):
        tell_failure(_dead_end(one))
    if document.get("cannot_end"):
        raise typer.Exit(REFUSED)


def staff_of(office: "Office", policy: Path | None) -> "TrialStaff":
    """People, policy and calendar in force, or the policy of a file; raises ConfigurationError for a wrong one."""
    from crm_workflows.adapters.configuration.config_files import parse_policy
    from crm_workflows.testing.trial.office import TrialStaff

    rules = parse_policy(simulate_cases.text_of(policy)) if policy else office.staff.policy()
    return TrialStaff(office.staff.directory(), rules, office.staff.calendar())


def examples_of(made: "Procedure", input_: Path | None, owner: str | None) -> "list[Example]":
    """The application of a file, else the examples in the package of the process; raises InvalidInput without any."""
    from crm_workflows.domain.examples import Example
    from crm_workflows.interfaces.cli.inputs import read_document

    if input_ is not None:
        document = read_document(input_)
        if not isinstance(document, dict):
            zh, en = f"{input_} 应是一组字段", f"{input_} must be a set of fields"
            raise InvalidInput(bilingual(f'{zh}，例如 {{"goods": "…"}}', f'{en}, such as {{"goods": "…"}}'))
        found = [Example(str(input_), document)]
    else:
        name = f"{made.module.rpartition('.')[0]}.examples"
        try:
            found = list(import_module(name).EXAMPLES)
        except ModuleNotFoundError as error:
            if error.name != name:
                raise
            zh, en = f"流程 {made.name} 没有示例申请", f"the process {made.name} has no examples"
            raise InvalidInput(
                bilingual(f"{zh}，请用 --input 指定一份", f"{en}; give an application with --input")
            ) from None
    changes = {"owner": owner} if owner else {}
    return [replace(one, subject={**one.subject, **changes}) for one in found]


def _show(document: dict[str, Any]) -> None:
    """The outcomes with where they lead, the paths that show them, and what was left out."""
    ended = simulate_cases.ended
    headings = ("规则 / Rule", "事项 / Element", "答复 / Answer", "通向 / Leads to", "最坏工作日 / Worst working days")
    print_table(headings, (
        (one["rule"], told(one["title"]), told(one["answer"]), "\n".join(map(ended, one["leads_to"])),
         one["working_days"]) for one in document["outcomes"]
    ), title="每种答复通向何处 / Where each answer leads")  # fmt: skip
    print_table(("结果 / Outcome", "原因 / Reason", "步数 / Steps", "最坏工作日 / Worst working days", "路径 / Path"), (
        (ended(path["outcome"]), told(BY_A_PERSON if path["ends"] == "person" else path["reason"]), len(path["steps"]),
         path["working_days"], _line(path)) for path in document["paths"]
    ), title="覆盖所有答复的路径 / Paths on which every answer lies")  # fmt: skip
    paths, states, days = (document[name] for name in ("paths_in_all", "states", "worst_working_days"))
    zh = f"共 {paths} 条路径，{states} 个状态，最长 {days} 个工作日"
    en = f"{paths} paths over {states} states, at worst {days} working days"
    say(bilingual(zh, en))
    for sentence in document["bounded"]:
        say(sentence)
    if document["not_reached"]:
        names = ", ".join(document["not_reached"])
        say(bilingual(f"示例走不到的事项：{names}", f"no example comes by: {names}"))


def _line(path: dict[str, Any]) -> str:
    """Only what differs from saying yes and filling in as in the example."""
    plain = ("同意", "按示例填写", "资料齐全", "到时")
    turns = [s for s in path["steps"] if s["element"] and in_language(s["answer"], "zh") not in plain]
    return "\n".join(f"{step['rule']} {told(_answered(step))}" for step in turns)


def _answered(step: dict[str, Any]) -> str:
    (zh, zh_answer), (en, en_answer) = (
        [in_language(step[part], language) for part in ("title", "answer")] for language in ("zh", "en")
    )
    return bilingual(f"{zh}：{zh_answer}", f"{en}: {en_answer}")


def _dead_end(one: dict[str, Any]) -> str:
    where = f"{one['rule']} {one['element']}"
    return bilingual(
        f"{where}（{in_language(one['title'], 'zh')}）无法结束：{in_language(one['why'], 'zh')}",
        f"{where} ({in_language(one['title'], 'en')}) cannot end: {in_language(one['why'], 'en')}",
    )
