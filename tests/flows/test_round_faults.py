"""What is wrong with a round of callbacks is said before it is kept (CB-2)."""

from typing import Any

import pytest

from crm_workflows.business import rounds
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.text import LANGUAGES, in_language
from tests.flows.customers import IN_MEMORY
from tests.flows.test_rounds import ADMIN, MONDAYS
from tests.office import Office


@IN_MEMORY
def test_all_that_is_wrong_with_a_round_is_said_at_once(office: Office) -> None:
    nobody, other = "nobody@yongchang.example", "other@yongchang.example"
    among = {"tier": "Z", "industry": "云", "region": "火星", "tag": "重点", "silent_days": "x", "owner": other}
    times: dict[str, Any] = {"cron": "0 9 * *", "zone": "Asia/Nowhere", "valid_from": "2026-13-01"}
    with pytest.raises(InvalidInput) as refused:
        rounds.draft(office.engine, ADMIN, title=" ", does=nobody, chooses=among, **times)
    told = refused.value.fields
    assert set(told) == {"title", "does", *times, *among}
    for language in LANGUAGES:
        said = in_language(refused.value.message, language)
        assert all(in_language(sentence, language) in said for sentence in told.values())
    with pytest.raises(InvalidInput) as refused:
        rounds.draft(office.engine, ADMIN, title="x", cron=MONDAYS, chooses={"tag": "<b>", "silent_days": 9999})
    assert set(refused.value.fields) == {"tag", "silent_days"}
