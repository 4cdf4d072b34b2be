"""Wires the parts together from settings. It must not contain rules, and nothing below may import it."""

import json
import logging
import os
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from crm_workflows.adapters.apart import InAChild
from crm_workflows.adapters.clock import ShiftedClock, SystemClock, real_now
from crm_workflows.adapters.configuration.config_files import (
    Finding,
    Former,
    check_calendar,
    check_people,
    check_policy,
    parse_people,
    parse_policy,
    read_first_text,
)
from crm_workflows.adapters.configuration.flow_files import add_own_flows
from crm_workflows.adapters.configuration.kept_code import StoredCode
from crm_workflows.adapters.configuration.processes import Processes
from crm_workflows.adapters.configuration.staff import KINDS, StoredStaff, put_in_force, version_in_force
from crm_workflows.adapters.database.opening import open_store
from crm_workflows.adapters.database.schema_version import is_current, newest_version
from crm_workflows.adapters.database.store import SqlStore
from crm_workflows.adapters.documents.pdf import TypstPrinter
from crm_workflows.adapters.documents.workbooks import XlsxWorkbooks
from crm_workflows.adapters.files import private_folder
from crm_workflows.adapters.keys import KEY_FILE, ServerKey, load_or_create_key
from crm_workflows.adapters.mail.sender_check import SenderCheck
from crm_workflows.adapters.orchestration.prefect_environment import prepare_environment
from crm_workflows.business.complaint_desk import ComplaintDesk
from crm_workflows.domain.errors import ConfigurationError, NothingInForce
from crm_workflows.domain.records import Meta
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.context import CommitListener, Engine, NoListener, by_a_worker
from crm_workflows.engine.ports import Clock, Store
from crm_workflows.engine.procedure import Versions
from crm_workflows.engine.record import keeping
from crm_workflows.engine.requests import gate_check, needs
from crm_workflows.engine.running import releases
from crm_workflows.settings import Settings, prefect_settings

log = logging.getLogger(__name__)
CLOCK_ORIGIN = "clock_origin"
TITLES = "process_titles"
KEY_FINGERPRINT = "key_fingerprint"
FINGERPRINT_LETTERS = 16


@dataclass(frozen=True, eq=False)
class Office:
    """Everything of one process of the product: settings, the opened parts, and the engine over them."""

    settings: Settings
    store: SqlStore
    clock: Clock
    staff: StoredStaff
    key: ServerKey
    engine: Engine

    def load_procedures(self) -> None:
        """Import them now, which takes two seconds; an author's mistake is raised here.

        Whoever is going to write calls it first: later the import would hold up everybody else's writing.
        """
        titles = json.dumps(self.titles(), ensure_ascii=False)
        with self.store.read() as reader:
            held = reader.get(Meta, TITLES)
        if held is None or held.value != titles:
            with self.store.write() as tx:
                tx.put(Meta(TITLES, titles))
        keeping.keep(self.engine)
        releases.note(self.engine, int(newest_version()))

    def titles(self) -> dict[str, str]:
        """Process -> title, for lists; those that other cases book come last.

        While the procedures are being imported, those of the last start.
        """
        versions = self.engine.versions
        if isinstance(versions, Processes) and not versions.is_loaded:
            with self.store.read() as reader:
                held = reader.get(Meta, TITLES)
            if held is not None:
                return dict(json.loads(held.value))
        procedures = sorted(self.engine.procedures.items(), key=lambda item: item[1].booked)
        return {name: made.title for name, made in procedures}

    def by_hand(self) -> frozenset[str]:
        """The processes that people start, not other cases; all of them while they are still being imported."""
        versions = self.engine.versions
        if isinstance(versions, Processes) and not versions.is_loaded:
            return frozenset(self.titles())
        return frozenset(name for name, made in self.engine.procedures.items() if not made.booked)

    def close(self) -> None:
        """Release the database."""
        self.store.close()


def open_office(
    settings: Settings, listener: CommitListener | None = None, begins_at_once: Callable[[], bool] = by_a_worker
) -> Office:
    """Open home and database (migrated, configuration in force, clock shared) and build the engine.

    Raises ConfigurationError or StoreBusy with one sentence. A database keeps to the server key of its first start. On
    that start the shipped or local files of people, policy and calendar are put in force too. The procedures are
    imported when first looked at, since Prefect, which they import, takes two seconds. `begins_at_once`: see `Engine`.
    """
    add_own_flows(settings.own_flows)
    prepare_prefect(settings)
    bring_up_to_date(settings.url_of_database)
    store = open_store(settings.url_of_database)
    versions = Processes()
    try:
        key = key_of_database(store, settings)
        clock = shared_clock(store, settings)
        first_configuration(store, settings.config_dir, clock.now(), versions)
    except BaseException:
        store.close()
        raise
    staff = StoredStaff(store)
    engine = Engine(
        store=store, clock=clock, staff=staff, secrets=key, versions=versions,
        mail_domain=settings.mail_domain, listener=listener or NoListener(), printer=TypstPrinter(),
        begins_at_once=begins_at_once, kept_code=StoredCode(store, key), apart=InAChild(),
        workbooks=XlsxWorkbooks(), mail_desks=(ComplaintDesk(settings.complaints_to),),
        mail_outside=settings.mail_outside, authenticate=SenderCheck(settings.servers_of_mailboxes, apart=InAChild()),
    )  # fmt: skip
    return Office(settings, store, clock, staff, key, engine)


def key_of_database(store: Store, settings: Settings) -> ServerKey:
    """The server key, which must be the one that the first process of this database had; ConfigurationError if not.

    With another, every link and reply on its way would lead nowhere, and the record be sealed by two.
    """
    with store.read() as reader:
        held = reader.get(Meta, KEY_FINGERPRINT)
    has_key = settings.secret_key or (settings.home / KEY_FILE).exists()
    if held is not None and not has_key:
        # Before one is made: it would be in the way of the right one.
        raise _another_key(settings)
    key = load_or_create_key(settings.home, settings.secret_key or None)
    fingerprint = key.sign("fingerprint", "")[:FINGERPRINT_LETTERS]
    if held is None:
        with store.write() as tx:
            tx.insert_new(Meta(KEY_FINGERPRINT, fingerprint))
            held = tx.get(Meta, KEY_FINGERPRINT)
    if held is None or held.value != fingerprint:
        raise _another_key(settings)
    return key


def _another_key(settings: Settings) -> ConfigurationError:
    path = settings.home / KEY_FILE
    return ConfigurationError(
        [
            bilingual(
                f"此数据库属于另一个服务器密钥：请把首次启动所用目录中的 {KEY_FILE} 复制到 {path}，"
                "或将 CRMW_SECRET_KEY 设为与当时相同的值",
                f"this database belongs to another server key: copy {KEY_FILE} of the home that was started first to "
                f"{path}, or set CRMW_SECRET_KEY to what it was there",
            )
        ]
    )


def prepare_prefect(settings: Settings) -> None:
    """Make the home, and set in the environment what Prefect reads when it is imported; safe to call twice."""
    private_folder(settings.home)
    for name, value in prefect_settings().items():
        os.environ.setdefault(name, value)
    prepare_environment(settings.home, os.environ.get("PREFECT_API_URL"))


def bring_up_to_date(url: str) -> None:
    """Migrate the database if there is anything to migrate."""
    if not is_current(url):
        from crm_workflows.adapters.database.schema import migrate

        migrate(url)


def shared_clock(store: Store, settings: Settings) -> Clock:
    """The system's clock, or the shifted one whose origin the first process of this database stored."""
    with store.read() as reader:
        held = reader.get(Meta, CLOCK_ORIGIN)
    if held is None and settings.now is not None:
        value = f"{settings.now.isoformat()}|{real_now().isoformat()}|{settings.speed}"
        with store.write() as tx:
            tx.insert_new(Meta(CLOCK_ORIGIN, value))
            held = tx.get(Meta, CLOCK_ORIGIN)
    if held is None:
        return SystemClock()
    virtual, real, speed = held.value.split("|")
    return ShiftedClock(datetime.fromisoformat(virtual), datetime.fromisoformat(real), float(speed))


def check(
    kind: str,
    text: str,
    filename: str,
    versions: Versions,
    today: date,
    former: Sequence[str] = (),
) -> list[Finding]:
    """The findings in a people, policy or calendar text, held against what the procedures need.

    `former` are the texts of its kind that were in force, oldest first.
    """
    if kind == "people":
        found = check_people(text, filename, needs.roles_asked(versions), Former(former))
        faults = gate_check.faults_by_people(versions, parse_people(text)) if is_right(found) else ()
        return [*found, *map(finding_of, faults)]
    if kind == "policy":
        found = check_policy(text, filename, needs.policy_read(versions))
        faults = gate_check.faults_by_policy(versions, parse_policy(text)) if is_right(found) else ()
        return [*found, *map(finding_of, faults)]
    return check_calendar(text, filename, today)


def is_right(findings: Sequence[Finding]) -> bool:
    """Whether nothing keeps the text from use."""
    return all(finding.severity != "error" for finding in findings)


def finding_of(fault: gate_check.Fault) -> Finding:
    """A gate that the text does not fit, as a finding at the flow's own line."""
    file, _, line = fault.where.rpartition(":")
    return Finding(file, int(line), fault.message, fault.message_zh or fault.message)


def first_configuration(store: Store, folder: Path, at: datetime, versions: Versions) -> None:
    """Put the files of `folder` in force where nothing is yet; raises NothingInForce with file, line and remedy."""
    with store.read() as reader:
        missing = [kind for kind in KINDS if version_in_force(reader, kind) is None]
    if not missing:
        return
    today = at.date()
    texts = {}
    findings: list[str] = []
    listers: list[str] = []
    for kind in missing:
        file = folder / f"{kind}.yaml"
        texts[kind] = read_first_text(file)
        found = check(kind, texts[kind], str(file), versions, today)
        if not is_right(found):
            findings += [f.told() for f in found if f.severity == "error"]
            listers.append(shlex.join(["crmw", kind, "check", str(file)]))
    if findings:
        raise NothingInForce(findings, "; ".join(listers))
    for kind, text in texts.items():
        put_in_force(store, kind, text, ["first version"], "first start", at)
        log.info("configuration put in force", extra={"kind": kind})
