"""The command that tries a procedure out while nothing happens: every path, with its worst time. It holds no rules.

It reads people, policy and calendar of this installation; cases, mails and Prefect are not touched.
"""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.text import bilingual, in_language
from crm_workflows.interfaces.cli.failing import REFUSED
from crm_workflows.interfaces.cli.language import told
from crm_workflows.interfaces.cli.output import print_json, print_table, say, tell_failure
from crm_workflows.interfaces.cli.session import AsJson, Session, command

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
Owner = Annotated[str | None, typer.Option("--as", metavar="EMAIL", help="示例的负责人 / Who owns the examples")]
ENDS = {"closed": "", "person": "由人决定 / a person decides", "stuck": "无法结束 / cannot end"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "simulate", "试运行一个流程 / Try a procedure out")(simulate)


def simulate(
    session: Session,
    process: Process,
    all_paths: AllPaths = False,
    input_: Input = None,
    policy: PolicyFile = None,
    returns: Returns = 0,
    owner: Owner = None,
    as_json: AsJson = False,
) -> None:
    """Every outcome of every gate and task; exit status 1 where a path cannot end."""
    if not all_paths:
        raise InvalidInput(bilingual("请加 --all-paths", "say --all-paths"))
    from crm_workflows.testing.trial import paths, paths_told
    from crm_workflows.testing.trial.office import TrialOffice

    with session.office() as office:
        made, at = office.engine.procedure(process), office.clock.now()
        staff, versions = staff_of(office, policy), office.engine.versions
    walk = paths.Walk(TrialOffice(versions, staff, at), made, returns)
    walked = walk.from_examples(examples_of(made, input_, owner))
    document = paths_told.told(walked, made, staff.hours, at, returns)
    if as_json:
        print_json(document)
    else:
        _show(document)
    if not document["ends"]:
        for one in document["cannot_end"]:
            tell_failure(_dead_end(one))
        raise typer.Exit(REFUSED)


def staff_of(office: "Office", policy: Path | None) -> "TrialStaff":
    """People, policy and calendar in force, or the policy of a file; raises ConfigurationError for a wrong one."""
    from crm_workflows.adapters.config_files import parse_policy
    from crm_workflows.testing.trial.office import TrialStaff

    rules = parse_policy(policy.read_text(encoding="utf-8")) if policy else office.staff.policy()
    return TrialStaff(office.staff.directory(), rules, office.staff.calendar())


def examples_of(made: "Procedure", input_: Path | None, owner: str | None) -> "list[Example]":
    """The application of a file, else the examples in the package of the process; raises InvalidInput without any."""
    from crm_workflows.domain.examples import Example
    from crm_workflows.interfaces.cli.inputs import read_document

    if input_ is not None:
        found = [Example(str(input_), read_document(input_))]
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
    return [Example(one.title, {**one.subject, **changes}, one.rows) for one in found]


def _show(document: dict[str, Any]) -> None:
    """The outcomes with where they lead, the paths that show them, and what was left out."""
    headings = ("规则 / Rule", "事项 / Element", "答复 / Answer", "通向 / Leads to", "最坏工作日 / Worst working days")
    print_table(headings, (
        (one["rule"], told(one["title"]), told(one["answer"]), "\n".join(one["leads_to"]), one["working_days"])
        for one in document["outcomes"]
    ), title="每种答复通向何处 / Where each answer leads")  # fmt: skip
    print_table(("结果 / Outcome", "原因 / Reason", "步数 / Steps", "最坏工作日 / Worst working days", "路径 / Path"), (
        (path["outcome"], told(path["reason"]) + told(ENDS[path["ends"]]), len(path["steps"]), path["working_days"],
         _line(path)) for path in document["paths"]
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
    turns = [s for s in path["steps"] if in_language(s["answer"], "zh") not in plain]
    return "\n".join(f"{step['rule']} {told(step['title'])}：{told(step['answer'])}" for step in turns)


def _dead_end(one: dict[str, Any]) -> str:
    where = f"{one['rule']} {one['element']}"
    return bilingual(
        f"{where}（{in_language(one['title'], 'zh')}）无法结束：{in_language(one['why'], 'zh')}",
        f"{where} ({in_language(one['title'], 'en')}) cannot end: {in_language(one['why'], 'en')}",
    )
