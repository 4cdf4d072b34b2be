"""Says when a command is about to make a new installation: mostly it is a mistyped `--home`. It must not make one."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from crm_workflows.domain.errors import NotFound, Refused
from crm_workflows.domain.text import bilingual
from crm_workflows.interfaces.cli.language import told
from crm_workflows.interfaces.cli.output import tell_failure

if TYPE_CHECKING:
    from crm_workflows.settings import Settings


@contextmanager
def told_of_new_home(settings: "Settings") -> Iterator[None]:
    """Ask first at a terminal, raising Refused for a no; elsewhere go on, and say it on standard error afterwards.

    What is not found in an installation that was not there is refused with that reason. A database that is set by its
    address is nobody's typing mistake of a folder.
    """
    path = settings.home.resolve()
    if settings.database_url or (settings.home / "crm.db").exists():
        yield
        return
    if sys.stdin.isatty():
        _ask(path)
    try:
        yield
    except NotFound as error:
        raise Refused(
            bilingual(
                f"{path} 中原来没有数据，所查的不在这里；请核对 --home 或 CRMW_HOME",
                f"there was no data in {path}, so what you ask for is not here; check --home or CRMW_HOME",
            )
        ) from error
    if not sys.stdin.isatty():
        tell_failure(
            bilingual(
                f"{path} 中原来没有数据，已新建一套；如有误请核对 --home 或 CRMW_HOME",
                f"there was no data in {path}: a new installation was set up there; check --home or CRMW_HOME if that "
                "was not meant",
            )
        )


def _ask(path: Path) -> None:
    asked = bilingual(f"{path} 中还没有数据，新建一套？", f"there is no data in {path} yet; set up a new one?")
    if not typer.confirm(told(asked)):
        zh = f"{path} 中没有数据，未作更改；请核对 --home 或 CRMW_HOME"
        raise Refused(bilingual(zh, f"there is no data in {path} and nothing was made; check --home or CRMW_HOME"))
