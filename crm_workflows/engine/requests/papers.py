"""Takes documents for a collection: matches them to kinds, refuses what cannot be read, completes it (SV-3).

Every file is kept, also a refused one; nothing that was handed in is lost. It must not parse mails.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crm_workflows.domain.elements import Paper, Papers
from crm_workflows.domain.errors import AuthorMistake, InvalidInput
from crm_workflows.domain.papers import kind_of, problem_with
from crm_workflows.domain.records import Blob, CaseRow, Document, Request
from crm_workflows.domain.text import bilingual, in_language
from crm_workflows.engine.context import Engine
from crm_workflows.engine.mail_out import notices
from crm_workflows.engine.ports import Transaction
from crm_workflows.engine.requests.closing import close_request, go_on
from crm_workflows.engine.requests.entitlement import Standing, may_hand_in
from crm_workflows.engine.requests.files import File, sha256_of
from crm_workflows.engine.running import attention
from crm_workflows.engine.running.ledger import Ledger
from crm_workflows.engine.running.locking import locked
from crm_workflows.engine.running.waiting import Ran, told_to_listener


@dataclass(frozen=True)
class HandedIn:
    """What became of the files: taken by kind, problems by file (bilingual), kinds still missing, what follows."""

    case: str
    request: str
    accepted: tuple[tuple[str, str], ...]
    """(file name, title of the kind)"""
    problems: tuple[tuple[str, str], ...]
    missing: tuple[Paper, ...]
    complete: bool
    late: bool
    follows: str


Also = Callable[[Transaction, HandedIn], None]


def hand_in(
    engine: Engine,
    request_id: str,
    files: Sequence[File],
    *,
    by: str,
    channel: str,
    kind: str | None = None,
    evidence: str | None = None,
    also: Also | None = None,
) -> HandedIn:
    """Take files for a documents request; `kind` names the kind of all of them, else each file's own kind or name does.

    Raises NotFound, NotEntitled or InvalidInput (unknown kind, no file, not a documents request), changing nothing;
    Refused where the code of the procedure cannot take them, and then the case needs attention.
    """
    try:
        with engine.store.write() as tx:
            row, request = locked(tx, request_id)
            standing = may_hand_in(engine, row, request, by, tx)
            papers = _papers(engine, row, request)
            others = tuple(e for e in engine.procedure_of(row).elements().values() if isinstance(e, Papers))
            intake = _Intake(tx, request, papers, others, standing, channel, evidence, engine.clock.now())
            ran, handed = _take(engine, row, intake, files, _chosen(papers, kind))
            summary = told_to_listener(engine, tx, ran)
            if also:
                also(tx, handed)
    except AuthorMistake as error:
        raise attention.stands_still(engine, row.code, error) from error
    if ran is not None:
        engine.store.wake()
    engine.tell(row, summary)
    return handed


def _take(
    engine: Engine, row: CaseRow, intake: "_Intake", files: Sequence[File], chosen: Paper | None
) -> tuple[Ran | None, HandedIn]:
    if not files:
        raise InvalidInput(bilingual("没有收到任何文件，请附上文件", "no file was handed in; please attach the files"))
    tx, request, ran = intake.tx, intake.request, None
    for file in files:
        intake.take(file, chosen)
    ledger = intake.flush(row)
    is_open = request.status == "open"
    missing = _missing(tx, request, intake.papers) if is_open else ()
    complete = is_open and not any(paper.required for paper in missing)
    if complete:
        ran = _complete(engine, tx, ledger, request, intake.now)
    follows = notices.follows(engine, tx, ledger.row)
    return ran, HandedIn(row.code, request.id, *intake.result(), missing, complete, not is_open, follows)


def nothing_handed_in(engine: Engine, tx: Transaction, request_id: str, by: str) -> HandedIn:
    """What is still missing, for somebody who wrote without attaching anything; raises as `hand_in` does."""
    row, request = locked(tx, request_id)
    may_hand_in(engine, row, request, by, tx)
    missing = _missing(tx, request, _papers(engine, row, request)) if request.status == "open" else ()
    late = request.status != "open"
    return HandedIn(row.code, request.id, (), (), missing, False, late, notices.follows(engine, tx, row))


def missing_kinds(tx: Any, request: Request, papers: Papers) -> tuple[Paper, ...]:
    """The required kinds that an open collection still waits for."""
    return tuple(paper for paper in _missing(tx, request, papers) if paper.required)


def _missing(tx: Any, request: Request, papers: Papers) -> tuple[Paper, ...]:
    here = {d.kind for d in tx.find(Document, request=request.id, problem=None)}
    return tuple(paper for paper in papers.asked(request.shows) if paper.kind not in here)


@dataclass
class _Intake:
    tx: Transaction
    request: Request
    papers: Papers
    elsewhere: tuple[Papers, ...]
    """All collections of the procedure: a paper that is asked for at another step is named as such."""
    standing: Standing
    channel: str
    evidence: str | None
    now: datetime

    def __post_init__(self) -> None:
        self.rows: list[Document] = []
        self.known = {d.sha256: d for d in self.tx.find(Document, request=self.request.id, problem=None)}
        self.first = self.tx.count(Document, request=self.request.id) + 1

    def take(self, file: File, chosen: Paper | None) -> None:
        digest = sha256_of(file.content)
        # Also where the same bytes came before as a mail, and were erased.
        self.tx.put(Blob(digest, file.content))
        own = self.papers.paper(file.kind) if file.kind else kind_of(file.filename, self.papers.kinds)
        paper = chosen or own
        problem = self._problem(file, digest, paper)
        self.rows.append(
            Document(
                self.request.id, self.first + len(self.rows), self.request.case, paper.kind if paper else "unknown",
                file.filename, file.media_type, len(file.content), digest, self.now, self.standing.person,
                self.channel, problem, self.evidence,
            )
        )  # fmt: skip
        if problem is None:
            self.known[digest] = self.rows[-1]

    def _problem(self, file: File, digest: str, paper: Paper | None) -> str | None:
        if self.request.status != "open":
            zh = "资料收集已结束，文件已留存供负责人查阅"
            return bilingual(zh, "the collection is closed; the file is kept for the owner")
        problem = problem_with(file.filename, file.content)
        if problem is None and paper is None:
            known = kind_of(file.filename, [kind for one in self.elsewhere for kind in one.kinds])
            if known is not None:
                return _not_asked_now(known)
            zh = "无法从文件名判断是所需的哪种资料，请把资料名称写入文件名"
            return bilingual(zh, "its name does not say which of the papers it is; please put the paper's name into it")
        twin = self.known.get(digest)
        if problem is None and paper is not None and twin is not None and twin.kind != paper.kind:
            zh = f"与“{twin.filename}”内容相同，请核对是否放错"
            return bilingual(zh, f"it is the same file as {twin.filename}; please check whether they were swapped")
        return problem

    def flush(self, row: CaseRow) -> Ledger:
        ledger = Ledger(row)
        ledger.add(*self.rows)
        taken = [[d.kind, d.sha256, d.problem is None] for d in self.rows]
        who = "outside" if self.standing.person not in (row.owner, row.requester) else self.standing.person
        ledger.audit("documents", who, self.now, request=self.request.id, files=taken, evidence=self.evidence)
        ledger.flush(self.tx, row)
        return ledger

    def result(self) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
        titles = {paper.kind: paper.title for paper in self.papers.kinds}
        accepted = tuple((d.filename, titles[d.kind]) for d in self.rows if d.problem is None)
        return accepted, tuple((d.filename, d.problem) for d in self.rows if d.problem is not None)


def _not_asked_now(paper: Paper) -> str:
    zh, en = (in_language(paper.title, language) for language in ("zh", "en"))
    return bilingual(
        f"现在不需要“{zh}”，文件已留存；需要时会另行索取",
        f"the paper “{en}” is not asked for now; the file is kept, and the paper is asked for when it is needed",
    )


def _complete(engine: Engine, tx: Transaction, ledger: Ledger, request: Request, now: datetime) -> Ran | None:
    latest = {d.kind: d for d in tx.find(Document, request=request.id, problem=None, order="n")}
    papers = list(request.shows.get("kept", ())) + [
        {"kind": d.kind, "filename": d.filename, "media_type": d.media_type, "sha256": d.sha256, "size": d.size}
        for d in latest.values()
    ]
    close_request(ledger, request, "decided", {"decision": "complete", "papers": papers}, now)
    ledger.audit("collected", "engine", now, request=request.id, kinds=sorted(latest))
    return go_on(engine, tx, ledger, now)


def _papers(engine: Engine, row: CaseRow, request: Request) -> Papers:
    element = engine.procedure_of(row).element(request.name)
    if not isinstance(element, Papers):
        zh = f"事项 {request.id} 不收取文件，请按邮件中的方式答复"
        raise InvalidInput(bilingual(zh, f"request {request.id} takes no files; answer it as its mail says"))
    return element


def _chosen(papers: Papers, kind: str | None) -> Paper | None:
    if kind is None:
        return None
    paper = papers.paper(kind)
    if paper is None:
        known = ", ".join(f"{p.kind} ({in_language(p.title, 'zh')})" for p in papers.kinds)
        raise InvalidInput(
            bilingual(f"没有资料种类“{kind}”，可用：{known}", f"there is no kind {kind!r}; there are: {known}")
        )
    return paper
