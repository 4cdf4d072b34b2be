"""Changed data reopen the archive (CB-6): shown with old and new, entered once it is decided (ON-7)."""

from typing import Any

import pytest

from crm_workflows.engine.views import views
from tests.flows.customers import IN_MEMORY, MANAGER, OWNER, enter, registered
from tests.office import Office

C = "C-MA-0009"
CONTACT = {"name": "顾晚晴", "email": "gu@chenglan.example", "phone": "+8651255500188"}
HELD = {"address": "苏州市人民路 1 号", "needs": "泵轴", "plan": {"goals": "不属于档案"}, "source": "展会"}


@pytest.fixture
def reopened(office: Office) -> str:
    """The review that a callback opens which was told of changed data."""
    enter(office, C, details=HELD, consents=True)
    input_: dict[str, Any] = {
        "company": "苏州澄岚水泵有限公司", "customer": C, "contact": CONTACT, "tier": "B", "owner": OWNER,
        "trigger": "changed_data", "remark": "采购部迁至新址",
    }  # fmt: skip
    return office.start(input_, process="customer-review")


def archive(office: Office, code: str, **changes: Any) -> None:
    """Hand the archive in as it stands, with changes."""
    request = office.waiting(code, "archive_again")["id"]
    draft = views.task_view(office.engine, request)["draft"]
    office.submit(
        code, gate="archive_again", **dict.fromkeys(("opinion_history", "further_contact"), "") | draft | changes
    )


def on(office: Office, code: str) -> str:
    for gate in ("review_facts", "review"):
        office.submit(code, gate=gate)
    return office.asking(code, "review_approval").id


def test_changed_data_reach_the_archive_once_the_sales_manager_has_seen_old_and_new(
    office: Office, reopened: str
) -> None:
    item = office.waiting(reopened, "archive_again")
    assert item["assignee"]["email"] == OWNER
    task = views.task_view(office.engine, item["id"])
    assert (task["draft"]["address"], task["draft"]["consent"], "plan" in task["draft"]) == (
        HELD["address"],
        True,
        False,
    )
    archive(office, reopened, address="苏州市新城路 9 号")
    on(office, reopened)
    shown = office.asking_facts(office.asking(reopened, "review_approval"))
    assert shown["Address"] == "苏州市人民路 1 号 → 苏州市新城路 9 号"
    assert "Needs" not in shown, "only what has changed"
    assert (registered(office, C).details or {})["address"] == HELD["address"], "who enters is not who checks"
    office.answer(reopened, "approve", by=MANAGER)
    kept = registered(office, C).details or {}
    assert kept["address"] == "苏州市新城路 9 号"
    assert (kept["plan"], kept["source"], kept["needs"]) == (HELD["plan"], "展会", "泵轴"), "nothing else is lost"


@IN_MEMORY
def test_a_refused_change_is_not_entered_and_who_wants_no_calls_is_not_called_at_once(
    office: Office, reopened: str
) -> None:
    archive(office, reopened, address="苏州市新城路 9 号", consent=False)
    assert registered(office, C).consents is False, "the customer's own word waits for nobody"
    on(office, reopened)
    office.answer(reopened, "send_back", by=MANAGER, to="ON-12", comment="地址请核对")
    archive(office, reopened, address="苏州市新城路 19 号", consent=False)
    on(office, reopened)
    office.answer(reopened, "reject", by=MANAGER, comment="地址未核实")
    row = registered(office, C)
    assert ((row.details or {})["address"], row.consents) == (HELD["address"], False)
