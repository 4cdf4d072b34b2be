"""Approves with a lower value than was asked for 改批, where the gate allows it. It must not count the answer.

Of several who decide, each may lower what the one before has left; an approval is one of the value as it stands then.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from pydantic import ValidationError

from crm_workflows.domain.elements import Gate, Lower
from crm_workflows.domain.errors import AuthorMistake, InvalidInput
from crm_workflows.domain.message_parts import Fact
from crm_workflows.domain.money import Money, without_thousands
from crm_workflows.domain.records import Decision, Json, Request
from crm_workflows.domain.spellings import half_width
from crm_workflows.domain.text import bilingual, in_language, shown_in

CHANGE: Final = "change"
CHANGED: Final = "changed"
VALUES: Final = "values"
Value = Money | int
_SAID: Final = re.compile(r"(?:(?P<name>[a-z_]+)=)?(?P<value>.+)", re.DOTALL)


def values_of(gate: Gate, given: Mapping[str, Value | None], amount: Money | None) -> dict[str, Value]:
    """What may be lowered, by name; the `amount` of the approval stands for the only one that is not given.

    Raises AuthorMistake where there is none.
    """
    found = {name: value for name, value in given.items() if value is not None}
    missing = [one.name for one in gate.may_change if one.name not in found]
    if len(missing) == 1 and amount is not None:
        found[missing.pop()] = amount
    if missing:
        raise AuthorMistake(f"gate {gate.name} may change {missing[0]} ({gate.where}); give the approval its value")
    return found


def plain(value: Value) -> Json:
    """A value as the journal and a request keep it."""
    return value.model_dump(mode="json") if isinstance(value, Money) else value


def value_of(kept: Json) -> Value:
    """Read back what `plain` wrote."""
    return Money.model_validate(kept) if isinstance(kept, dict) else int(kept)


def read(request: Request, gate: Gate, said: str | None) -> Json:
    """The answer of a change: what was said, and old and new by name; raises InvalidInput with the bounds."""
    field, text = _field(request, gate, said or "")
    now = standing(request)[field.name]
    wanted = _parsed(text, now)
    if wanted is None or not wanted < now or not _is_above_nothing(wanted):  # type: ignore[operator]
        zh, en = (shown_in(now, language) for language in ("zh", "en"))
        zh_name, en_name = (in_language(field.title, language) for language in ("zh", "en"))
        zh = f"{zh_name}只能改为低于 {zh} 的数值，例如“改批 {_example(now)}”"
        en = f"{en_name} can only be changed to less than {en}, such as “change {_example(now)}”"
        raise InvalidInput(bilingual(zh, en))
    return {"to": said, CHANGED: {field.name: {"from": plain(now), "to": plain(wanted)}}}


def _field(request: Request, gate: Gate, said: str) -> tuple[Lower, str]:
    may = {one.name: one for one in gate.may_change if one.name in request.shows.get(VALUES, {})}
    if not may:
        zh = f"事项 {request.id} 不能改批，请同意、驳回或退回"
        raise InvalidInput(bilingual(zh, f"nothing of request {request.id} can be changed; approve or reject it"))
    match = _SAID.fullmatch(said.strip())
    name = (match["name"] if match else None) or (next(iter(may)) if len(may) == 1 else "")
    if match is None or name not in may:
        names = ", ".join(may)
        zh = f"请写明把哪一项改为多少：{names}，例如“{next(iter(may))}=数值”"
        raise InvalidInput(bilingual(zh, f"say which of {names} becomes what, such as “{next(iter(may))}=value”"))
    return may[name], match["value"].strip()


def _parsed(text: str, now: Value) -> Value | None:
    try:
        if isinstance(now, Money):
            return Money.of(text.upper(), now.currency)
        return int(without_thousands(half_width(text)))
    except (ValueError, ValidationError, AuthorMistake):
        return None


def _is_above_nothing(value: Value) -> bool:
    return (value.amount if isinstance(value, Money) else value) > 0


def _example(now: Value) -> str:
    return str(now.amount / 2 if isinstance(now, Money) else now // 2)


def standing(request: Request) -> dict[str, Value]:
    """The values as they stand: as they were asked for, or as somebody has lowered them."""
    changed = request.shows.get(CHANGED, {})
    kept = request.shows.get(VALUES, {})
    return {name: value_of(changed[name]["to"] if name in changed else value) for name, value in kept.items()}


def applied(request: Request, decision: Decision) -> Request:
    """The request with what this decision changes; others who are asked read it."""
    before = request.shows.get(CHANGED, {})
    made = {
        name: {"from": before.get(name, one)["from"], "to": one["to"], "by": decision.by}
        for name, one in decision.answer[CHANGED].items()
    }
    return replace(request, shows=request.shows | {CHANGED: before | made})


def outcome_of(request: Request) -> Json:
    """What the journal learns of it: the values that hold now, by name, and what was asked; nothing for no change."""
    changed = request.shows.get(CHANGED)
    if not changed:
        return {}
    asked = {name: one["from"] for name, one in changed.items()}
    return {CHANGED: {name: one["to"] for name, one in changed.items()}, VALUES: asked}


def lowered_by(outcome: Json, values: Mapping[str, Value]) -> dict[str, Value]:
    """What an outcome has lowered of these values; nothing of one that has been amended since, which is asked anew."""
    asked = outcome.get(VALUES, {})
    return {
        name: value_of(kept)
        for name, kept in outcome.get(CHANGED, {}).items()
        if name not in asked or name not in values or value_of(asked[name]) == values[name]
    }


def carried(request: Request, shows: Json) -> Json:
    """What a request that takes the place of this one shows besides: what was lowered, of a value asked for as before.

    Without it a yes that only upholds the earlier one would grant what its giver had cut down.
    """
    before, now = request.shows.get(VALUES, {}), shows.get(VALUES, {})
    kept = {name: one for name, one in request.shows.get(CHANGED, {}).items() if now.get(name) == before.get(name)}
    return {CHANGED: kept} if kept else {}


def facts_of(request: Request, element: Any) -> tuple[Fact, ...]:
    """Old and new, for mails and pages."""
    titles = {one.name: one.title for one in getattr(element, "may_change", ())}
    changed = request.shows.get(CHANGED, {})
    return tuple(
        Fact(label=titles.get(name, bilingual(name, name)), value=_both(one, "zh"), value_en=_both(one, "en"))
        for name, one in changed.items()
    )


def offered(element: Any) -> tuple[Fact, ...]:
    """What may be lowered: its title, and its name as the value."""
    return tuple(Fact(label=one.title, value=one.name) for one in getattr(element, "may_change", ()))


def _both(one: Json, language: str) -> str:
    return f"{shown_in(value_of(one['from']), language)} → {shown_in(value_of(one['to']), language)}"
