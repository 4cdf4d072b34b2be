"""Imports by upload: look first, then take in; the report of problems comes with the answer. It holds no rules.

Nothing of a file is kept between looking and taking in: the page carries a small one, a large one is uploaded again.
"""

import base64
import binascii
from functools import partial
from hashlib import sha256
from io import BytesIO
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crm_workflows.adapters.documents.spreadsheets import new_xlsx, opened
from crm_workflows.business import imports
from crm_workflows.domain.errors import NotFound, Refused
from crm_workflows.domain.mail.attachments import safe_name
from crm_workflows.domain.text import bilingual, in_language
from crm_workflows.engine.requests.files import File
from crm_workflows.interfaces.problem_report import ProblemReport, problem_report
from crm_workflows.interfaces.web import form_keys, slow_answers
from crm_workflows.interfaces.web.acting import acting, choosable, remembered
from crm_workflows.interfaces.web.files import file_response
from crm_workflows.interfaces.web.posted import Posted, posting
from crm_workflows.interfaces.web.site import Site, site_of

SHOWN: Final = 50
LATEST: Final = 20
CARRIED: Final = 180 * 1024
"""Bytes of a table that the page of a preview carries, so that one button takes it in; a field holds no more."""
MODES: Final[dict[imports.Mode, str]] = {
    "preview": "只检查，不写入 / Look only; write nothing",
    "all": "全部正确才导入 / Take it in if every row is good",
    "good": "只导入正确的行 / Take in the good rows",
}
NO_FILE: Final = bilingual("请选择文件", "choose a file")
NO_ADMIN: Final = bilingual("只有管理员可以导入", "only an admin may import")
CHOOSE: Final = bilingual("请选择导入什么、怎样导入", "choose what to import, and how")


def form(request: Request) -> Response:
    """GET: what can be imported, each with its columns."""
    return _page(request, 200, {})


def take(request: Request, posted: Posted) -> Response:
    """POST: looks through the table, or takes it in; 422 where it is not taken."""
    site = site_of(request)
    form_keys.check(site.office.key, posted, "import")
    asked = {name: posted.text(name)[:200] for name in ("kind", "mode", "by")}
    asked["by"] = acting(request, asked["by"])
    file = next((file for name, file in posted.files if name == "file"), None) or _looked_at(posted)
    kind = imports.KINDS.get(asked["kind"])
    mode = next((mode for mode in MODES if mode == asked["mode"]), None)
    person = site.office.staff.directory().person(asked["by"])
    if person is None or not person.active or "admin" not in person.roles:
        return _page(request, 403, asked, error=NO_ADMIN)
    if kind is None or mode is None or file is None:
        return _page(request, 422, asked, error=NO_FILE if kind and mode else CHOOSE)
    source = imports.Source(file.filename, sha256(file.content).hexdigest(), person.email, "page")
    language = site.reader(request).language

    def work(tell: slow_answers.Tell) -> Response:
        target = BytesIO()
        try:
            with problem_report(target, language) as told:
                table = opened(file.content, file.filename)
                how_far = partial(_tell, tell, language)
                done = imports.take_in(site.engine, kind, table, source, mode, told, how_far)
        except Refused as refused:
            return _page(request, 422, asked, error=refused.message)
        status = 422 if done.bad and mode == "all" else 200
        return _page(request, status, asked, done=done, told=told, file=file, report=target.getvalue())

    return slow_answers.answer(work, lambda: _page(request, 200, asked, waits_for=file.filename), language)


def _looked_at(posted: Posted) -> File | None:
    """The table that the page of a preview has carried; it is judged anew like any other."""
    try:
        content = base64.b64decode(posted.text("content"), validate=True)
    except (binascii.Error, ValueError):
        return None
    return File(safe_name(posted.text("filename")) or "file", "application/octet-stream", content) if content else None


def _carried(file: File | None, done: imports.Result | None) -> str:
    is_small = file is not None and done is not None and not done.is_written and len(file.content) <= CARRIED
    return base64.b64encode(file.content).decode() if file is not None and is_small else ""


def _tell(tell: slow_answers.Tell, language: str, done: int, total: int) -> None:
    zh, en = (f"已处理 {done:,} 行", f"{done:,} rows so far")
    if total > done:
        zh, en = f"{zh}，共 {total:,} 行", f"{done:,} of {total:,} rows"
    tell(in_language(bilingual(zh, en), language))


def template(request: Request) -> Response:
    """An empty table of a kind, with one line as an example."""
    kind = imports.KINDS.get(request.path_params["kind"])
    if kind is None:
        raise NotFound(bilingual("没有这种表格", "there is no such table"))
    language, target = site_of(request).reader(request).language, BytesIO()
    with new_xlsx(target, [in_language(column.label, language) for column in kind.columns]) as write:
        write([column.example for column in kind.columns])
    return file_response(f"{kind.name}.xlsx", target.getvalue())


def _page(
    request: Request,
    status: int,
    asked: dict[str, str],
    *,
    error: str = "",
    waits_for: str = "",
    done: imports.Result | None = None,
    told: ProblemReport | None = None,
    file: File | None = None,
    report: bytes = b"",
) -> Response:
    site: Site = site_of(request)
    directory = site.office.staff.directory()
    admins = choosable(directory.with_role("admin"))
    values: dict[str, Any] = {"kind": "", "mode": "preview", "by": remembered(request)} | asked
    with site.office.store.read() as reader:
        rows = imports.latest(reader, LATEST)
    language = site.reader(request).language
    latest = [(one, imports.said_of(one, site.engine), site.name(one.by, language)) for one in rows]
    return site.page(
        request, "import.html", status=status, section="customers", kinds=imports.KINDS, modes=MODES, asked=values,
        follows=imports.said_of_work(done.cases, done.looks, is_written=done.is_written) if done else "",
        waits_for=waits_for, latest=latest, admins=admins, error=error, done=done,
        hidden=form_keys.hidden(site.office.key, "import"),
        problems=told.first[:SHOWN] if told else [], count=told.count if told else 0, file=file,
        report=base64.b64encode(report).decode() if report else "", carried=_carried(file, done),
    )  # fmt: skip


ROUTES: Final = [
    Route("/import", form, methods=["GET"]),
    Route("/import", posting(take), methods=["POST"]),
    Route("/import/{kind}.xlsx", template, methods=["GET"]),
]
