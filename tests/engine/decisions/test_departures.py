"""What an administrator is told of somebody who leaves (G-5)."""

import pytest

from crm_workflows.domain.people import Person
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.decisions.departures import Departure


@pytest.mark.parametrize(
    ("requests", "owned", "zh", "en"),
    [
        (2, 0, "王 已不在岗，仍有 2 项待答复（SV-1）", "王 is gone and leaves 2 open requests (SV-1)"),
        (
            0,
            1,
            "王 已不在岗，仍有 1 个由其负责的未结案件（SV-1）",
            "王 is gone and leaves 1 open case of their own (SV-1)",
        ),
    ],
)
def test_what_nobody_leaves_behind_is_not_counted(requests: int, owned: int, zh: str, en: str) -> None:
    person = Person(email="wang@a.example", name="王", department="office")
    gone = Departure(person=person, requests=requests, stuck=0, owned=owned, cases=("SV-1",), can_answer=())
    assert gone.sentence == bilingual(zh, en)
