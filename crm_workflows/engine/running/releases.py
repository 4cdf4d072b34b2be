"""Tells whether a newer release works on the same database, as while one is replaced by the other (0031).

It must not stop anybody: whoever takes work asks first.
"""

import json
from typing import Final

from crm_workflows.domain.errors import Refused
from crm_workflows.domain.records import Meta
from crm_workflows.domain.rules import carries_out
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.context import Engine

NEWEST: Final = "newest_versions"
"""The key in `meta` of the newest version of each process, and of the tables, that any program here has had."""
TABLES: Final = "tables"


def note(engine: Engine, tables: int) -> None:
    """Put on record which versions this program has, as far as they are newer than those of others."""
    while not _is_noted(engine, tables):
        pass  # another program has just put its own there


def _is_noted(engine: Engine, tables: int) -> bool:
    with engine.store.read() as reader:
        held = reader.get(Meta, NEWEST)
    newest = _versions(held)
    own = {name: max(version, newest.get(name, 0)) for name, version in _own(engine, tables).items()}
    if newest | own == newest:
        return True
    value = json.dumps(dict(sorted((newest | own).items())))
    with engine.store.write() as tx:
        if held is None:
            return tx.insert_new(Meta(NEWEST, value))
        return bool(tx.update(Meta, (NEWEST,), {"value": held.value}, value=value))


@carries_out("G-8")
def check_is_current(engine: Engine, tables: int) -> None:
    """Raise Refused where another program has a newer version of a process or of the tables.

    A case of a version that is not installed would come to need attention here, and there it would not; a mail that
    says what this program does not know of would fail.
    """
    own = _own(engine, tables)
    with engine.store.read() as reader:
        newest = _versions(reader.get(Meta, NEWEST))
    newer = [f"{name} {version}" for name, version in newest.items() if version > own.get(name, version)]
    if newer:
        what = ", ".join(newer)
        zh = f"新版程序（{what}）已在此数据库上工作，本进程不再办理案件、发送邮件；请停止本进程并启动新版"
        zh += "；若流程有意退回旧写法，请给它更高的版本号"
        en = f"a newer release ({what}) works on this database, and this process takes no work; start that one instead"
        en += ", or give a process that was taken back on purpose a higher version"
        raise Refused(bilingual(zh, en))


def _own(engine: Engine, tables: int) -> dict[str, int]:
    return {name: made.version for name, made in engine.procedures.items()} | {TABLES: tables}


def _versions(held: Meta | None) -> dict[str, int]:
    return dict(json.loads(held.value)) if held is not None else {}
