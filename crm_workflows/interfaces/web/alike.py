"""What tells apart items of an inbox that would look alike: two customers of one name. It must not change them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from crm_workflows.domain.records import Request
from crm_workflows.domain.shown import Fact, Shown
from crm_workflows.engine.context import Engine


def told_apart(engine: Engine, items: Sequence[Mapping[str, Any]]) -> dict[str, Fact]:
    """By the id of each item whose title and case read like those of another: the first fact in which they differ."""
    alike: dict[tuple[str, str], list[str]] = defaultdict(list)
    for item in items:
        alike[item["title"], item["case_title"]].append(item["id"])
    twins = [each for each in alike.values() if len(each) > 1]
    with engine.store.read() as reader:
        found = reader.find(Request, id=[one for each in twins for one in each]) if twins else []
    facts = {request.id: Shown.from_json(request.shows).facts for request in found}
    return {identity: fact for each in twins for identity, fact in _first_other([(one, facts[one]) for one in each])}


def _first_other(shown: Sequence[tuple[str, tuple[Fact, ...]]]) -> list[tuple[str, Fact]]:
    for column in zip(*(facts for _, facts in shown), strict=False):
        if len(set(column)) > 1:
            return [(identity, fact) for (identity, _), fact in zip(shown, column, strict=True)]
    return []
