"""What is in the database now and what this process has done, as metrics. It must not name people or cases.

Ages are real seconds, whatever clock the cases live by. Every process of one database tells the same stock.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, SummaryMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from crm_workflows.bootstrap import Office
from crm_workflows.domain.records import CaseRow, Duty, InboundMail, Message, Request
from crm_workflows.engine.erasing.retention import UNREAD
from crm_workflows.engine.ports import Reader
from crm_workflows.interfaces.web.words import KINDS, MAIL_STATES, STATUSES

DAYS: Final = (1, 3, 7, 30)
"""How long requests have been open, in days of the clock that the cases live by."""


class Stock(Collector):
    """Read at each scrape, in one snapshot."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def collect(self) -> Iterable[Metric]:
        """All of it."""
        with self._office.store.read() as reader:
            found = [*self._amounts(reader), *self._requests(reader), *self._ages(reader), _beats(reader)]
        return [*found, *self._work()]

    def describe(self) -> Iterable[Metric]:
        """Nothing beforehand: the database is read only when asked."""
        return ()

    def _amounts(self, reader: Reader) -> Iterator[Metric]:
        cases = GaugeMetricFamily("crmw_cases", "Cases by status", labels=("status",))
        for status in STATUSES:
            cases.add_metric((status,), reader.count(CaseRow, status=status))
        yield cases
        mails = GaugeMetricFamily("crmw_mails", "Mails of the outbox by state", labels=("state",))
        for state in MAIL_STATES:
            mails.add_metric((state,), reader.count(Message, status=state))
        yield mails
        unread = GaugeMetricFamily("crmw_inbound_mails", "Mails that came in and are not applied", labels=("state",))
        for state in UNREAD:
            unread.add_metric((state,), reader.count(InboundMail, status=state))
        yield unread

    def _requests(self, reader: Reader) -> Iterator[Metric]:
        now = self._office.clock.now()
        kinds = GaugeMetricFamily("crmw_requests_open", "Open requests by kind", labels=("kind",))
        for kind in KINDS:
            kinds.add_metric((kind,), reader.count(Request, status="open", kind=kind))
        yield kinds
        old = GaugeMetricFamily(
            "crmw_requests_open_for_days", "Requests open for at least so many days", labels=("days",)
        )
        for days in DAYS:
            since = now - timedelta(days=days)
            old.add_metric((str(days),), reader.count_due(Request, "opened_at", since, status="open"))
        yield old
        late = reader.count_due(Request, "due_at", now, status="open")
        yield GaugeMetricFamily("crmw_requests_overdue", "Open requests whose due date has passed", value=late)

    def _ages(self, reader: Reader) -> Iterator[Metric]:
        ready = self._age(reader, CaseRow, "ready_at", status=["running", "waiting"])
        yield GaugeMetricFamily("crmw_ready_oldest_seconds", "For how long the oldest ready case waits", value=ready)
        due = self._age(reader, Message, "next_at")
        yield GaugeMetricFamily("crmw_mails_oldest_seconds", "For how long the oldest mail has been due", value=due)
        unsealed = self._age(reader, CaseRow, "unsealed_at")
        yield GaugeMetricFamily("crmw_unsealed_oldest_seconds", "For how long a change was not sealed", value=unsealed)

    def _age(self, reader: Reader, record: type[object], column: str, **equals: object) -> float:
        earliest = reader.earliest(record, column, **equals)
        clock = self._office.clock
        return max(0.0, clock.real_seconds((clock.now() - earliest).total_seconds())) if earliest else 0.0

    def _work(self) -> Iterator[Metric]:
        tally = self._office.engine.tally
        yield SummaryMetricFamily(
            "crmw_stretch_seconds", "Stretches that this process carried out, and how long they took",
            count_value=tally.stretches, sum_value=tally.stretch_seconds,
        )  # fmt: skip
        yield CounterMetricFamily(
            "crmw_lease_takeovers", "Cases that this process took over from a silent worker", value=tally.takeovers
        )


def _beats(reader: Reader) -> Metric:
    beats = CounterMetricFamily("crmw_duty_beats", "Signs of life of whoever holds a duty", labels=("duty",))
    for duty in reader.find(Duty):
        beats.add_metric((duty.name,), duty.beat)
    return beats
