"""The list of erasures in the home, beside the database, which it outlives (docs/erasure.md). It erases nobody.

Every command looks for it, and few homes have one: what erases is imported where there is something to read or write.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from crm_workflows.adapters.files import new_file
from crm_workflows.domain.text import bilingual, counted

if TYPE_CHECKING:
    from crm_workflows.bootstrap import Office
    from crm_workflows.engine.erasing.repeating import Erasure

FILE: Final = "erasures.json"


def kept(home: Path) -> "tuple[Erasure, ...]":
    """What the home has of it; InvalidInput where the file is damaged."""
    path = home / FILE
    if not path.is_file():
        return ()
    from crm_workflows.engine.erasing import repeating

    return repeating.read(path.read_bytes(), FILE)


def left(office: "Office") -> str:
    """Whom a restore has brought back and nobody has erased again, as a label of one sentence; empty without any."""
    home = office.settings.home
    listed = kept(home)
    if not listed:
        return ""
    from crm_workflows.engine.erasing import repeating

    many = len(repeating.left(office.engine, listed))
    zh = f"恢复未做完：{FILE} 中有 {many} 人在备份之后已依法删除，尚未再次删除；请运行 crmw erasures --repeat"
    en = f"a restore broke off: {counted(many, 'person', 'people')} of {FILE} erased after its backup may be back; run "
    return bilingual(f"{zh} {home / FILE}", f"{en}crmw erasures --repeat {home / FILE}") if many else ""


def keep(office: "Office", before: "Sequence[Erasure]") -> None:
    """Write it anew, with `before`, which a database of before knew; OutsideFailure where that is impossible."""
    from crm_workflows.engine.erasing import repeating

    home = office.settings.home
    lines = repeating.listed(office.engine, before)
    fresh = home / f"{FILE}.new"
    fresh.unlink(missing_ok=True)
    with new_file(fresh) as file:
        file.write_text(json.dumps(lines, ensure_ascii=False, indent=1), encoding="utf-8")
    fresh.replace(home / FILE)
