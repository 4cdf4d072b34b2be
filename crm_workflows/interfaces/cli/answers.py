"""Commands by which people answer: inbox, task, decide, submit, upload. Entitlement is the engine's, never theirs."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from crm_workflows.domain.spellings import code_as_kept
from crm_workflows.domain.text import bilingual
from crm_workflows.interfaces.cli.cases import By
from crm_workflows.interfaces.cli.failing import REFUSED
from crm_workflows.interfaces.cli.given import must_be_one_of
from crm_workflows.interfaces.cli.language import told
from crm_workflows.interfaces.cli.output import name_zone, print_json, print_table, say, tell_failure
from crm_workflows.interfaces.cli.session import (
    AsJson,
    Session,
    account,
    as_address,
    command,
    company_zone,
    must_be_known,
    staff_names,
)
from crm_workflows.interfaces.cli.words import DECISIONS

if TYPE_CHECKING:
    from crm_workflows.engine.decisions.answered import Answer, Answered
    from crm_workflows.engine.requests.papers import HandedIn

WHICH: Final = f"决定：{', '.join(DECISIONS)} / The decision: {', '.join(DECISIONS)}"
Item = Annotated[
    str,
    typer.Argument(metavar="ID", help="事项编号 / Id of the request", show_default=False, callback=code_as_kept),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    command(app, "inbox", "某人的待办 / What one person is asked")(inbox)
    command(app, "task", "表单任务及其示例 / A form task with an example")(task)
    command(app, "decide", "作出决定 / Decide a request")(decide)
    command(app, "override", "两人越级决定 / Decide over those asked, by two people")(override)
    command(app, "reassign", "改派给另一人 / Give a request to somebody else")(reassign)
    command(app, "submit", "提交表单 / Submit a form")(submit)
    command(app, "upload", "提交文件 / Hand in files")(upload)


def inbox(session: Session, by: By, as_json: AsJson = False) -> None:
    """What one person is asked now, earliest due first."""
    from crm_workflows.engine.views import views

    with session.office() as office:
        by = as_address(office, by)
        found = views.inbox(office.engine, by)
        zone, names = company_zone(office), staff_names(office)
        if not found:
            must_be_known(office, by)
    if as_json:
        print_json(found)
    elif found:
        from crm_workflows.interfaces.cli.case_tables import show_waiting

        show_waiting(found, zone, names)
        name_zone(zone)
    else:
        say(bilingual(f"{by} 没有待办事项", f"{by} is asked nothing"))


def task(
    session: Session,
    item: Item,
    as_json: AsJson = False,
    example: Annotated[bool, typer.Option("--example", help="只输出示例 JSON / Only the example, as JSON")] = False,
) -> None:
    """A form task: what it asks, and an example that can be submitted as it is (`--example > form.json`)."""
    from crm_workflows.engine.views import views
    from crm_workflows.interfaces.cli.form_tables import show_form

    with session.office() as office:
        found = views.task_view(office.engine, item)
    if as_json or example:
        print_json(found["example"] if example else found)
        return
    say(bilingual(f"{found['id']}  {found['case_title']}", f"{found['id']}  {found['case_title']}"))
    say(found["title"])
    show_form(found["schema"], found["example"])


def decide(
    session: Session,
    item: Item,
    decision: Annotated[str, typer.Argument(metavar="DECISION", help=WHICH)],
    by: By,
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="RULE|PERSON|VALUE",
            help="退回到哪一步， 转交给谁， 改批为多少 / Back to where, to whom, to what",
        ),
    ] = None,
    place: Annotated[
        str, typer.Option("--place", metavar="before|after|beside", help="加签位置 / Where an approver is added")
    ] = "beside",
    comment: Annotated[str, typer.Option("--comment", help="说明 / Comment")] = "",
    as_json: AsJson = False,
) -> None:
    """Decide a request; exit status 1 when somebody else was first, with who it was."""
    from crm_workflows.engine.decisions.answered import Answer

    must_be_one_of(decision, DECISIONS, "DECISION")
    given = Answer(decision, by, "cli", comment=comment, to=to, evidence=account(), place=place)
    _answer(session, item, given, as_json=as_json)


def submit(
    session: Session,
    item: Item,
    by: By,
    input_: Annotated[
        Path, typer.Option("--input", metavar="FILE", help="表单，JSON 或 YAML / The form, JSON or YAML")
    ],
    as_json: AsJson = False,
) -> None:
    """Submit a form task."""
    from crm_workflows.engine.decisions.answered import Answer
    from crm_workflows.interfaces.cli.inputs import read_document

    given = Answer("submit", by, "cli", form=read_document(input_), evidence=account())
    _answer(session, item, given, as_json=as_json)


def upload(
    session: Session,
    item: Item,
    files: Annotated[list[Path], typer.Argument(metavar="FILE …", help="文件 / The files", show_default=False)],
    by: By,
    kind: Annotated[str | None, typer.Option(help="全部文件的种类 / Kind of all these files")] = None,
    as_json: AsJson = False,
) -> None:
    """Hand in files for a collection; exit status 1 when none of them could be taken."""
    from crm_workflows.engine.requests import papers
    from crm_workflows.interfaces.cli.inputs import read_files

    read = read_files(files)
    with session.office(to_work=True) as office:
        handed = papers.hand_in(
            office.engine, item, read, by=as_address(office, by), channel="cli", kind=kind, evidence=account()
        )
    if as_json:
        print_json(handed_in(handed))
    else:
        _show_handed(handed)
    if not handed.accepted:
        tell_failure(_none_taken(handed))
        raise typer.Exit(REFUSED)


def override(
    session: Session,
    item: Item,
    decision: Annotated[str, typer.Argument(metavar="approve|reject", help="决定 / The decision")],
    by: By,
    reason: Annotated[str, typer.Option("--reason", help="原因 / Why", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Decide over those asked: an administrator proposes, a second person confirms with the same words."""
    from dataclasses import asdict

    from crm_workflows.engine.decisions.overriding import Override
    from crm_workflows.engine.decisions.overriding import override as decide_over

    with session.office(to_work=True) as office:
        done = decide_over(office.engine, item, Override(decision, as_address(office, by), reason, "cli", account()))
    if as_json:
        print_json(asdict(done) | {"at": done.at.isoformat()})
    else:
        say(done.sentence)


def reassign(
    session: Session,
    item: Item,
    from_: Annotated[str, typer.Option("--from", metavar="EMAIL", help="现在请谁答复 / Who is asked now")],
    to: Annotated[str, typer.Option("--to", metavar="EMAIL", help="改派给谁 / Who is asked instead")],
    by: By,
    reason: Annotated[str, typer.Option("--reason", help="原因 / Why", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Give what one person is asked to another; for administrators, on record with the reason."""
    from crm_workflows.engine.decisions.handing import Handover
    from crm_workflows.engine.decisions.handing import reassign as hand

    with session.office() as office:
        from_, to, by = (as_address(office, written) for written in (from_, to, by))
        how = Handover(by, "cli", reason, account())
        sentence = hand(office.engine, item, from_=from_, to=to, how=how)
    if as_json:
        print_json({"request": item, "from": from_, "to": to, "by": by, "sentence": sentence})
    else:
        say(sentence)


def _answer(session: Session, item: str, given: "Answer", *, as_json: bool) -> None:
    from crm_workflows.engine.decisions import answers
    from crm_workflows.engine.mail_in import intake_replies

    with session.office(to_work=True) as office:
        engine = office.engine
        answered = answers.answer(
            engine,
            item,
            replace(given, by=as_address(office, given.by)),
            also=lambda tx, done: intake_replies.by_command(engine, tx, given, done),
        )
    if not answered.effective:
        tell_failure(answered.sentence)
        raise typer.Exit(REFUSED)
    if as_json:
        print_json(recorded(answered))
    else:
        say(answered.sentence)
        say(answered.follows)


def recorded(answered: "Answered") -> dict[str, Any]:
    """What was recorded, as a document."""
    return {
        "case": answered.case,
        "request": answered.request,
        "decision": answered.decision,
        "by": answered.decided_by,
        "on_behalf_of": answered.on_behalf_of,
        "effective": answered.effective,
        "at": answered.at.isoformat(),
        "sentence": answered.sentence,
        "follows": answered.follows,
    }


def handed_in(handed: "HandedIn") -> dict[str, Any]:
    """What became of the files, as a document."""
    return {
        "case": handed.case,
        "request": handed.request,
        "accepted": [{"filename": name, "kind": title} for name, title in handed.accepted],
        "problems": [{"filename": name, "problem": problem} for name, problem in handed.problems],
        "missing": [paper.kind for paper in handed.missing if paper.required],
        "complete": handed.complete,
        "late": handed.late,
        "follows": handed.follows,
    }


def _show_handed(handed: "HandedIn") -> None:
    rows = [(name, told(title), "") for name, title in handed.accepted]
    rows += [(name, "", told(problem)) for name, problem in handed.problems]
    print_table(("文件 / File", "种类 / Kind", "问题 / Problem"), rows)
    missing = [paper.title for paper in handed.missing if paper.required]
    if missing:
        zh, en = (", ".join(part) for part in zip(*(title.split(" / ", 1) for title in missing), strict=True))
        say(bilingual(f"还缺：{zh}", f"still missing: {en}"))
    say(handed.follows)


def _none_taken(handed: "HandedIn") -> str:
    name, problem = handed.problems[0]
    zh, _, en = problem.partition(" / ")
    return bilingual(f"没有可接受的文件，{name}：{zh}", f"none of the files was taken; {name}: {en}")
