"""The day of the last contact is the one on the company's calendar, wherever it is shown (CB-3, ON-12, RP-5)."""

from datetime import UTC, datetime

from tests.flows.customers import IN_MEMORY, OWNER, enter, shown
from tests.office import Office

AT_DAWN = datetime(2026, 1, 19, 20, tzinfo=UTC)
"""In Shanghai it is the 20th."""
CONTACT = {"name": "顾晚晴", "email": "gu@chenglan.example", "phone": "+8651255500188"}
ABOUT = {"company": "苏州澄岚水泵有限公司", "customer": "C-MA-0009", "contact": CONTACT, "owner": OWNER}


ASKED = {"customer-plan": "plan", "customer-review": "review_facts", "periodic-callbacks": "callback_record"}
"""Process -> the task that shows it."""


@IN_MEMORY
def test_a_contact_at_dawn_counts_for_the_day_that_had_begun(office: Office) -> None:
    enter(office, tier="A", last_contact_at=AT_DAWN, registered_at=AT_DAWN)
    for process, gate in ASKED.items():
        more = {} if process == "customer-plan" else {"tier": "A"}
        code = office.start(ABOUT | more, process=process)
        assert shown(office, code, gate)["Last contact"] == "20 Jan 2026", process
