"""Who vouched for the sender of a deciding mail stands in the dossier and on record, so that a change is found."""

import json
from dataclasses import replace

import pytest

from crm_workflows.domain.records import InboundMail
from crm_workflows.engine.record import auditing
from crm_workflows.engine.record.dossier import dossier
from crm_workflows.testing import MemoryStore
from tests.office import Office


@pytest.mark.breaks_invariants("somebody forges what was known of a sender")
@pytest.mark.parametrize("forged", [None, {"method": "dkim", "passed": True, "by": "x.example", "why": ""}])
def test_it_stands_in_the_dossier_and_on_record(forged: object) -> None:
    store = MemoryStore()
    office = Office(store)
    code = office.until_gate()
    office.reply(office.asking(code), "驳回 产能不足")
    taken = dict(dossier(office.engine, code, lambda _: ""))
    (reply,) = json.loads(taken["case.json"])["replies"]
    assert reply["authentication"] == {"method": "internal", "passed": True, "by": "", "why": ""}
    recorded = [entry[5] for entry in json.loads(taken["audit.json"]) if entry[3] == "decided"]
    (decided,) = [data for data in recorded if data["evidence"] == reply["mail"]]
    assert decided["authentication"] == {"method": "internal", "passed": True, "by": ""}
    assert auditing.verify(office.engine) == []
    ((key, row),) = store._tables[InboundMail].items()
    store._tables[InboundMail][key] = replace(row, authentication=forged)
    assert "is not what is on record" in auditing.verify(office.engine)[0]
