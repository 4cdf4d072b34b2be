"""What every command shares: its common options, the settings, the opened product. It must not do a command's work.

Commands are declared with `@command`, which adds `--home` and `-v` to each and hands it a `Session`. Everything heavy
is imported when a command asks for it, so that `crmw --help` answers at once.
"""

import inspect
import os
import pwd
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final
from zoneinfo import ZoneInfo

import typer

from crm_workflows.domain.errors import NotEntitled, Refused
from crm_workflows.domain.text import bilingual, in_language
from crm_workflows.interfaces.cli.given import must_be_words
from crm_workflows.interfaces.cli.language import terminal_language
from crm_workflows.interfaces.cli.output import tell_failure

if TYPE_CHECKING:
    from crm_workflows.bootstrap import Office
    from crm_workflows.settings import Settings

Home = Annotated[
    Path | None, typer.Option("--home", help="数据所在目录，默认 CRMW_HOME / Folder of the data; default CRMW_HOME")
]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="在标准错误显示日志 / Show logs on standard error")]
ADMIN: Final = "admin"
AsJson = Annotated[bool, typer.Option("--json", help="输出一个 JSON 文档 / Print one JSON document")]


@dataclass(frozen=True)
class Session:
    """One call of a command."""

    home: Path | None = None
    verbose: bool = False

    @cached_property
    def settings(self) -> "Settings":
        """The settings, read once; raises ConfigurationError naming a wrong one."""
        from crm_workflows.settings import Settings

        return Settings.load(self.home)

    @contextmanager
    def office(self, *, to_work: bool = False) -> Iterator["Office"]:
        """The opened product, closed at the end; what it does is shown in Prefect where a server is there.

        `to_work` imports the procedures now: later it would be done while a write transaction holds up everybody else.
        Where a restore broke off, whoever is still to be erased again is told of at the end.
        """
        from crm_workflows.interfaces import erasure_list
        from crm_workflows.interfaces.cli.new_home import told_of_new_home
        from crm_workflows.interfaces.opening import opened

        with told_of_new_home(self.settings), opened(self.settings) as office:
            if to_work:
                office.load_procedures()
            yield office
            if left := erasure_list.left(office):
                tell_failure(left)


def tell_of_left(session: Session) -> None:
    """Tell whom a restore that broke off has brought back, by a command that opens no office of its own."""
    from crm_workflows.interfaces import erasure_list

    if erasure_list.kept(session.settings.home):
        with suppress(Refused), session.office():
            pass


def company_zone(office: "Office") -> ZoneInfo:
    """The zone in which tables show times."""
    return ZoneInfo(office.staff.calendar().zone)


def staff_names(office: "Office") -> Callable[[str, str], str]:
    """Names for tables: of the staff in the terminal's language, of everybody else as on record."""
    directory, language = office.staff.directory(), terminal_language()

    def name(address: str, otherwise: str) -> str:
        person = directory.person(address)
        return person.shown_name(language) if person else otherwise

    return name


def must_be_known(office: "Office", address: str) -> None:
    """Raises Refused for an address that is nobody's of the staff: most often it is mistyped."""
    if office.staff.directory().person(address) is None:
        zh = f"{address} 不在人员名册中，请核对地址"
        raise Refused(bilingual(zh, f"{address} is not among the staff; check the address"))


def as_address(office: "Office", written: str) -> str:
    """The address of the one among the staff who is called so; an address stays, also one that is nobody's here.

    Raises InvalidInput where nobody or more than one is called so.
    """
    if "@" in written:
        return written
    from crm_workflows.engine.decisions.passing import named

    return named(office.engine, written).email


def administrator(office: "Office", by: str | None, may_not: str) -> str:
    """An administrator if named, beside the account that runs the command; the account alone where nobody is.

    `may_not` says, as a label, what nobody else may do; raises NotEntitled, or Refused for who is not of the staff.
    """
    if by is None:
        return account()
    person = office.staff.directory().person(as_address(office, by))
    if person is None or not person.active:
        raise Refused(bilingual(f"{by} 不在人员名册中", f"{by} is not among the staff; check the address"))
    if ADMIN not in person.roles:
        zh = f"{person.name} 不是系统管理员，{in_language(may_not, 'zh')}；请由管理员办理"
        raise NotEntitled(
            bilingual(zh, f"{person.shown_name('en')} is no administrator, so {in_language(may_not, 'en')}")
        )
    return f"{person.email} ({account()})"


def account() -> str:
    """The account of the operating system that runs the command: the evidence for what the CLI does for somebody.

    By the user id, not by what the environment claims.
    """
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid:{os.getuid()}"


def command(app: typer.Typer, name: str, help_: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a function `(session, …options)` as a command; `help_` is bilingual."""

    def register(function: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(function, eval_str=True)
        _, *own = signature.parameters.values()

        def run(context: typer.Context, **given: Any) -> None:
            before = context.find_root().obj or Session()
            session = Session(given.pop("home") or before.home, given.pop("verbose") or before.verbose)
            set_up_logs(session.verbose)
            must_be_words(context.command.params, given)
            function(session, **given)

        shared = [
            inspect.Parameter("home", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Home),
            inspect.Parameter("verbose", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Verbose),
        ]
        context = inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
        parameters = [context, *(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own)]
        run.__name__ = function.__name__
        run.__signature__ = signature.replace(parameters=parameters + shared)  # type: ignore[attr-defined]
        run.__annotations__ = {p.name: p.annotation for p in parameters + shared} | {"return": None}
        app.command(name, help=help_)(run)
        return function

    return register


def say_version(is_asked: bool) -> None:
    """Print the installed version and end."""
    if is_asked:
        from crm_workflows.shipped import product_version

        typer.echo(f"crmw {product_version()}")
        raise typer.Exit


def before_the_command(
    context: typer.Context,
    home: Home = None,
    verbose: Verbose = False,
    version: Annotated[  # noqa: ARG001 - said by its callback
        bool, typer.Option("--version", callback=say_version, is_eager=True, help="显示版本 / Print the version")
    ] = False,
) -> None:
    """The common options, given before the name of the command."""
    context.obj = Session(home, verbose)


def set_up_logs(verbose: bool) -> None:
    """Logs go to standard error and only when asked for; a failing command says one sentence there."""
    from crm_workflows.interfaces.logs import quiet, to_stderr

    to_stderr() if verbose else quiet()
