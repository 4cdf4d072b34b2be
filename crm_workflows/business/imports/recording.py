"""Takes a table in and leaves on record at whose hands, from which file, how far it is and what became of its rows.

Looking leaves nothing. It must not read files, nor know a kind of table.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from crm_workflows.business.imports.running import Mode, Progress, Result, Tell, run
from crm_workflows.business.imports.table import Kind, Table
from crm_workflows.domain.errors import CrmError
from crm_workflows.domain.records import ImportRun
from crm_workflows.domain.text import bilingual, in_language
from crm_workflows.engine.context import Engine
from crm_workflows.engine.ports import Reader

SILENT: Final = timedelta(minutes=10)
"""After so long without a sign of life an import was interrupted."""
FAILED: Final = bilingual("系统内部出错，详情见日志", "something failed inside; the log has the details")
AGAIN: Final = bilingual("请再导入同一文件", "import the same file again")


@dataclass(frozen=True)
class Source:
    """A file at somebody's hands; the digest says which file it was when the name says nothing."""

    file: str
    sha256: str
    by: str
    channel: str


def take_in(
    engine: Engine, kind: Kind, table: Table, source: Source, mode: Mode, tell: Tell, progress: Progress
) -> Result:
    """As `run`, which says what it raises; the record tells of that too."""
    if mode == "preview":
        return run(engine, kind, table, source.file, mode, tell, progress)
    code = _begin(engine, kind, source)
    try:
        done = run(engine, kind, table, source.file, mode, tell, _noting(engine, code, progress))
    except Exception as error:
        _note(
            engine, code, ended_at=engine.clock.now(), problem=error.message if isinstance(error, CrmError) else FAILED
        )
        raise
    counts = {name: getattr(done, name) for name in ("rows", "added", "changed", "unchanged", "bad", "is_written")}
    _note(engine, code, ended_at=engine.clock.now(), **counts)
    return done


def _begin(engine: Engine, kind: Kind, source: Source) -> str:
    now = engine.clock.now()
    with engine.store.write() as tx:
        code = f"I-{tx.next_number('import'):05d}"
        tx.insert(ImportRun(code, kind.name, source.file, source.sha256, source.by, source.channel, now, now))
    return code


def _noting(engine: Engine, code: str, progress: Callable[[int, int], None]) -> Progress:
    def noted(done: int, total: int) -> None:
        _note(engine, code, rows=done)
        progress(done, total)

    return noted


def _note(engine: Engine, code: str, **values: Any) -> None:
    with engine.store.write() as tx:
        tx.update(ImportRun, (code,), seen_at=engine.clock.now(), **values)


def latest(reader: Reader, limit: int) -> list[ImportRun]:
    """The latest first."""
    return reader.find(ImportRun, order="began_at", descending=True, limit=limit)


def said_of(one: ImportRun, engine: Engine) -> str:
    """One bilingual line: how far it is, or what became of its rows."""
    rows = f"{one.rows:,}"
    if one.ended_at is None and engine.clock.now() - one.seen_at < SILENT:
        return bilingual(f"进行中：已处理 {rows} 行", f"under way: {rows} rows so far")
    if one.ended_at is None:
        zh = f"处理 {rows} 行后中断，{in_language(AGAIN, 'zh')}"
        return bilingual(zh, f"interrupted after {rows} rows; {in_language(AGAIN, 'en')}")
    if one.problem:
        problem = [in_language(one.problem, language) for language in ("zh", "en")]
        return bilingual(f"处理 {rows} 行后停止：{problem[0]}", f"stopped after {rows} rows: {problem[1]}")
    if not one.is_written:
        zh = f"{rows} 行中 {one.bad:,} 行有问题，没有写入"
        return bilingual(zh, f"{one.bad:,} of {rows} rows with problems; nothing written")
    zh, en = (
        "{} 行：新增 {:,}，更改 {:,}，未变 {:,}，有问题 {:,}",
        "{} rows: {:,} new, {:,} changed, {:,} unchanged, {:,} with problems",
    )
    counts = (rows, one.added, one.changed, one.unchanged, one.bad)
    return bilingual(zh.format(*counts), en.format(*counts))
