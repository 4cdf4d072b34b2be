"""Commands about the audit record (G-7): seal it, check it, compare it with what was kept. They hold no rules."""

import json
import logging
import sys
from itertools import count
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from crm_workflows.adapters.files import must_be_file
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.text import bilingual
from crm_workflows.interfaces.cli.commands import Commands
from crm_workflows.interfaces.cli.failing import REFUSED
from crm_workflows.interfaces.cli.language import told
from crm_workflows.interfaces.cli.output import print_json, progress, say
from crm_workflows.interfaces.cli.session import AsJson, Session, command

log = logging.getLogger(__name__)
LABELS: Final = {
    "n": "序号 / Number",
    "at": "时间 / At",
    "hash": "哈希 / Hash",
    "previous": "上一检查点的哈希 / Hash of the one before",
    "public_key": "公钥 / Public key",
    "signature": "签名 / Signature",
}
Against = Annotated[
    list[Path] | None,
    typer.Option(metavar="FILE", help="以前留存的检查点，可多个 / Checkpoints kept from before, several allowed"),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    audit = typer.Typer(cls=Commands, help="审计记录 / The audit record", no_args_is_help=True)
    app.add_typer(audit, name="audit")
    command(audit, "verify", "核验审计链和检查点 / Check every audit chain and checkpoint")(verify)
    command(audit, "seal", "立即签署检查点 / Sign a checkpoint now, and show the latest")(seal)


def verify(session: Session, against: Against = None, as_json: AsJson = False) -> None:
    """Check chains and checkpoints; exit status 1 and one sentence for each thing that does not hold."""
    from crm_workflows.engine.record import auditing

    kept = [_kept(file) for file in against or ()]
    with session.office() as office:
        cases, checked = auditing.count_cases(office.engine), count(1)
        with progress("核验 / Checking", shown=not as_json) as told_of:
            faults = auditing.verify(office.engine, lambda _: told_of(next(checked), cases))
        faults += auditing.compare(office.engine, [(line["n"], line["hash"]) for line in kept])
    if as_json:
        print_json({"cases": cases, "faults": faults})
    for fault in faults:
        sys.stderr.write(told(fault) + "\n")
    if faults:
        raise typer.Exit(REFUSED)
    if not as_json:
        en = "the audit chain of 1 case holds" if cases == 1 else f"the audit chains of {cases} cases hold"
        say(bilingual(f"{cases} 个案件的审计链完好", en))


def seal(session: Session, as_json: AsJson = False) -> None:
    """Sign what has changed; keep what it prints outside this machine, for `crmw audit verify --against`."""
    from crm_workflows.domain.records import Checkpoint
    from crm_workflows.engine.record import sealing

    with session.office() as office:
        while sealing.seal(office.engine) is not None:
            pass
        with office.store.read() as reader:
            latest = reader.find(Checkpoint, order="n", descending=True, limit=1)
    if not latest:
        raise InvalidInput(bilingual("还没有案件可以签署", "there is no case to seal yet"))
    shown = sealing.as_kept(latest[0])
    if as_json:
        print_json(shown)
    else:
        for name, value in shown.items():
            say(f"{told(LABELS[name])}: {value}")
        say("要留存的，请用 crmw audit seal --json / to keep it, use crmw audit seal --json")


def _kept(file: Path) -> dict[str, Any]:
    """A checkpoint as `crmw audit seal --json` printed it."""
    must_be_file(file)
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        if isinstance(found["n"], int) and 0 < found["n"] < 2**63:
            return {"n": found["n"], "hash": str(found["hash"])}
    except (ValueError, KeyError, TypeError, RecursionError):
        log.debug("a kept checkpoint could not be read", exc_info=True)
    zh = f"文件 {file} 不是 crmw audit seal --json 所写的检查点，请核对"
    raise InvalidInput(bilingual(zh, f"{file} is no checkpoint as crmw audit seal --json writes it; check the file"))
