"""What a request tells of an amendment: old and new, who and why, whether a word suffices (G-6). It changes nothing."""

from crm_workflows.domain.message_parts import AmendedPart, Changed, Fact
from crm_workflows.domain.people import Directory
from crm_workflows.domain.records import Assignee, Json, Request

AMENDED_SINCE = "amended"
"""In what a request shows."""
REPLACED_BY = "replaced_by"
"""In the outcome of a superseded request: the id of the one that asks the same on the new content."""


def part_of(request: Request, assignee: Assignee, directory: Directory, language: str) -> AmendedPart | None:
    """For a mail or page; None where nothing was amended since the request was first made."""
    told = request.shows.get(AMENDED_SINCE)
    if told is None:
        return None
    by = directory.person(told["by"])
    return AmendedPart(
        by_name=by.shown_name(language) if by else told["by"],
        reason=told["reason"],
        at=told["at"],
        changes=tuple(_changed(*pair) for pair in told["changes"]),
        may_uphold=may_uphold(request, assignee.person, assignee.deputy_for),
    )


def facts_of(request: Request) -> tuple[Fact, ...]:
    """What a request shows, as a mail or page takes it; what an earlier form still says otherwise than the amended
    subject is marked as from before, so that nobody reads the old value for the new one."""
    told = request.shows.get(AMENDED_SINCE, {})
    old = {(pair[0]["label"], pair[0].get("value", "")) for pair in told.get("changes", ()) if all(pair)}
    facts = request.shows.get("facts", ())
    return tuple(_fact(**one, is_old=(one["label"], one["value"]) in old) for one in facts)


def _fact(label: str, value: str, value_en: str = "", *, is_old: bool) -> Fact:
    if not is_old:
        return Fact(label=label, value=value, value_en=value_en)
    return Fact(
        label=label, value=f"{value}（更改前填写）", value_en=f"{value_en or value} (filled in before the change)"
    )


def may_uphold(request: Request, *people: str | None) -> bool:
    """Whether one of them has approved what was shown before: only their yes can be a yes still."""
    said_yes = request.shows.get(AMENDED_SINCE, {}).get("said_yes", ())
    return any(person in said_yes for person in people)


def replaced_by(request: Request) -> str | None:
    """The request that asks the same on what has changed; None where there is none."""
    return (request.outcome or {}).get(REPLACED_BY) if request.status == "superseded" else None


def _changed(before: Json, after: Json) -> Changed:
    old, new = before or {}, after or {}
    return Changed(
        label=(after or before)["label"], before=old.get("value", ""), after=new.get("value", ""),
        before_en=old.get("value_en", ""), after_en=new.get("value_en", ""),
    )  # fmt: skip
