"""`crmw export`: takes a case out of the house as one file. It must not decide what belongs to it."""

import zipfile
from pathlib import Path
from typing import Annotated

import typer

from crm_workflows.domain.text import bilingual
from crm_workflows.interfaces.cli.cases import Code
from crm_workflows.interfaces.cli.commands import Commands
from crm_workflows.interfaces.cli.output import print_json, say
from crm_workflows.interfaces.cli.session import AsJson, Session, command
from crm_workflows.interfaces.cli.tables import register_exports
from crm_workflows.shipped import shipped

To = Annotated[Path, typer.Option("--to", metavar="FILE.zip", help="新文件 / A new file", show_default=False)]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    export = typer.Typer(cls=Commands, help="导出 / Take things out", no_args_is_help=True)
    app.add_typer(export, name="export")
    command(export, "case", "导出一个案件的全部案卷 / Take out the whole dossier of a case")(case)
    register_exports(export)


def case(session: Session, code: Code, to: To, as_json: AsJson = False) -> None:
    """Everything about one case, sealed, with a program that checks it; holds personal data."""
    from crm_workflows.adapters.files import new_file
    from crm_workflows.engine.record import dossier, sealing

    folder = shipped("templates") / "dossier"
    with new_file(to) as unfinished:
        with session.office() as office:
            while sealing.seal(office.engine) is not None:
                pass
            files = list(dossier.dossier(office.engine, code, lambda name: (folder / name).read_text(encoding="utf-8")))
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files:
                archive.writestr(name, content)
    if as_json:
        print_json({"case": code, "file": str(to), "files": len(files)})
    else:
        say(
            bilingual(
                f"案件 {code} 的 {len(files)} 个文件已存入 {to}", f"{len(files)} files of case {code} are in {to}"
            )
        )
