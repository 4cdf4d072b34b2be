"""What Prefect hears of a case: who of ours is waited for, and nothing from which somebody would have to be erased."""

import json

from crm_workflows import Case, Outcome
from crm_workflows.engine.ports import StretchSummary
from crm_workflows.engine.running import opening
from crm_workflows.testing import MemoryStore
from tests.engine.toy_bodies import collected
from tests.engine.toys import OWNER, SUPPLIER, Matter, office_of, start, toy


class Heard(list[StretchSummary]):
    """All that a listener was told."""

    def stretch_done(self, _code: str, _process: str, summary: StretchSummary) -> None:
        self.append(summary)


def test_nobody_outside_is_named_and_nobodys_words_are_quoted() -> None:
    def broken(case: Case[Matter]) -> Outcome:
        raise ValueError(f"{SUPPLIER} 陈先生")

    office, heard = office_of(MemoryStore(), toy(collected, name="collected", code="TC"), toy(broken)), Heard()
    object.__setattr__(office.engine, "listener", heard)
    code = start(office, process="collected")
    office.hand_in(code)
    opening.cancel(office.engine, code, by=OWNER, reason="陈先生另有安排")
    stopped = start(office)
    assert office.view(stopped)["status"] == "needs_attention"
    told = [(one.state, one.sentence.partition(" / ")[2].partition(" (")[0]) for one in heard]
    assert told == [
        ("Waiting", "waiting for a contact outside"),
        ("Waiting", "waiting for Li Weimin"),
        ("Cancelled", "cancelled"),
        ("NeedsAttention", "needs attention: the page of the case says why"),
    ]
    assert "陈先生" not in json.dumps([one.sentence for one in heard], ensure_ascii=False)
