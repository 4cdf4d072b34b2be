"""The first page and what an administrator looks at. It must not change anything."""

from collections import defaultdict
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crm_workflows.adapters.configuration.staff import KINDS, version_in_force
from crm_workflows.domain.records import UNFINISHED, CaseRow, Document, InboundMail
from crm_workflows.engine.context import Engine
from crm_workflows.engine.mail_in import mailbox_watch
from crm_workflows.engine.mail_out import addresses, outbox_notices
from crm_workflows.engine.ports import CaseFilter, Reader
from crm_workflows.engine.record import checkup
from crm_workflows.engine.views import view_lists, views
from crm_workflows.interfaces.web.acting import choosable, remembered
from crm_workflows.interfaces.web.case_pages import dead_mails
from crm_workflows.interfaces.web.site import site_of
from crm_workflows.interfaces.web.words import MAIL_STATES, MESSAGES, OUTCOMES, STATUSES
from crm_workflows.shipped import product_version

LATEST = 12
MANY: Final = 100
"""So many overdue cases are counted no more: whoever sees 99+ need not know how many."""
ON_ADMIN_PAGE = 50


def overview(request: Request) -> Response:
    """Start a case, my inbox, the latest cases."""
    site = site_of(request)
    directory = site.office.staff.directory()
    person = directory.person(remembered(request))
    with site.engine.store.read() as reader:
        counts = {status: reader.count(CaseRow, status=status) for status in STATUSES}
        late = reader.search_cases(CaseFilter(limit=MANY, overdue_at=site.office.clock.now()))
    return site.page(
        request, "overview.html", section="home", titles=site.office.titles(), counts=counts, person=person,
        overdue=f"{MANY - 1}+" if len(late) == MANY else len(late),
        by_hand=site.office.by_hand(),
        inbox=views.inbox(site.engine, person.email) if person else [], directory=directory, statuses=STATUSES,
        people=choosable(directory), outcomes=OUTCOMES,
        cases=view_lists.cases(site.engine, CaseFilter(limit=LATEST)),
    )  # fmt: skip


def admin(request: Request) -> Response:
    """What needs a person: cases that stand still, mails that did not arrive, answers that could not be applied."""
    site = site_of(request)
    with site.engine.store.read() as reader:
        standing = reader.find(CaseRow, status="needs_attention", order="opened_at", limit=ON_ADMIN_PAGE)
        dead = dead_mails(reader)
        unread = reader.find(
            InboundMail, status=["unreadable", "refused"], order="received_at", descending=True, limit=ON_ADMIN_PAGE
        )
        late = {mail.request for mail in unread if mail.request}
        filed = {document.evidence for document in reader.find(Document, request=list(late))}
        checked = checkup.latest(reader)
        away = mailbox_watch.in_trouble(reader, [one.address for one in site.office.settings.mailboxes])
        unsent_since = outbox_notices.trouble_since(reader)
        returned = addresses.marked(reader)[:ON_ADMIN_PAGE]
        kept = _kept_for_open_cases(site.engine, reader)
        in_force = [version_in_force(reader, kind) for kind in KINDS]
    return site.page(
        request, "admin.html", section="admin", standing=standing, dead=dead, checked=checked,
        unread=[mail for mail in unread if mail.id not in filed],
        returned=returned, away=away, unsent_since=unsent_since,
        in_force=[found for found in in_force if found], product=product_version(), messages=MESSAGES,
        mail_states=MAIL_STATES, procedures=site.engine.procedures.values(), kept=kept,
        database=site.office.settings.url_of_database.partition(":")[0],
    )  # fmt: skip


def _kept_for_open_cases(engine: Engine, reader: Reader) -> dict[str, list[tuple[int, str]]]:
    """By process, version and hash of the code on which open cases go on that is not the one for new cases (G-8)."""
    found = {}
    for process, newest in engine.procedures.items():
        versions = reader.distinct(CaseRow, "version", process=process, status=UNFINISHED)
        began = [
            (version, source_hash)
            for version in versions
            for source_hash in reader.distinct(
                CaseRow, "source_hash", process=process, version=version, status=UNFINISHED
            )
        ]
        found[process] = sorted(set(began) - {(newest.version, newest.source_hash)})
    return found


def choice_labels(engine: Engine) -> dict[str, dict[str, str]]:
    """The labels of choices in the subjects and forms of all processes, by field and value: registers show them too."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for made in engine.procedures.values():
        for path, labels in made.labels().items():
            found[path] |= labels
    return dict(found)


ROUTES: Final = [
    Route("/", overview, methods=["GET"]),
    Route("/admin", admin, methods=["GET"]),
]
