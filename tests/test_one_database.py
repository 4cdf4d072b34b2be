"""No story of a flow is lost by being told on one database only: memory always, and each database for half of them."""

from types import SimpleNamespace

from tests.one_database import DATABASES, FIXTURE, is_left_to_soak


def told_on(test: str) -> list[str]:
    stores = ("memory", *DATABASES)
    left = {store: is_left_to_soak(f"{test}[{store}]", SimpleNamespace(params={FIXTURE: store})) for store in stores}
    return [store for store, is_left in left.items() if not is_left]


def test_a_story_is_told_in_memory_and_on_one_database_whatever_its_other_parameters() -> None:
    stories = [told_on(f"tests/flows/test_a.py::test_{n}") for n in range(100)]
    assert {store for story in stories for store in story} == {"memory", *DATABASES}
    assert {(story[0], len(story)) for story in stories} == {("memory", 2)}


def test_everything_below_the_flows_is_tested_on_every_store() -> None:
    assert told_on("tests/engine/test_a.py::test_1") == ["memory", *DATABASES]
    assert not is_left_to_soak("tests/flows/test_a.py::test_1", None)
    assert not is_left_to_soak("tests/flows/test_a.py::test_1[postgres]", SimpleNamespace(params={"other": "postgres"}))
