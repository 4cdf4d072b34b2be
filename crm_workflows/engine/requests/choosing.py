"""Which fields of a subject name who will be asked, and whom the requester may choose. It must not ask anybody."""

from collections.abc import Iterator, Mapping
from functools import cache

from crm_workflows.domain.approvers import ByField, Word, every_word
from crm_workflows.domain.elements import FormTask, Gate
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.forms import Subject
from crm_workflows.domain.panels import approvers_in
from crm_workflows.domain.people import Person
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.context import Engine
from crm_workflows.engine.procedure import Procedure


@cache
def chosen_fields(procedure: Procedure) -> Mapping[str, Word | None]:
    """Field -> the word whose people are the list, None where anybody of the staff may be chosen.

    Kept, since every new case asks and a procedure never changes.
    """
    found: dict[str, Word | None] = {}
    for word in _words(procedure):
        if isinstance(word, ByField):
            found[word.field] = found.get(word.field) or word.among
    return found


def choices(engine: Engine, word: Word | None) -> list[Person]:
    """Whom one may choose: active people, in the order of the people file."""
    directory = engine.staff.directory()
    return [p for p in (directory if word is None else directory.named(word)) if p.active]


def check_chosen(engine: Engine, procedure: Procedure, subject: Subject) -> None:
    """Raise InvalidInput, with the field, where the requester chose somebody who is not on the list."""
    errors: dict[str, str] = {}
    directory = engine.staff.directory()
    for name, word in chosen_fields(procedure).items():
        listed, value = choices(engine, word), getattr(subject, name)
        if directory.person(value) not in listed:
            zh = "、".join(p.name for p in listed)
            en = ", ".join(p.shown_name("en") for p in listed)
            errors[name] = bilingual(f"请从名单中选择：{zh}", f"choose somebody of the list: {en}")
    if errors:
        zh = "所选的人不在名单中：" + "；".join(e.partition(" / ")[0] for e in errors.values())
        en = "somebody was chosen who is not on the list; " + "; ".join(e.partition(" / ")[2] for e in errors.values())
        raise InvalidInput(bilingual(zh, en), errors)


def _words(procedure: Procedure) -> Iterator[Word]:
    for element in procedure.elements().values():
        if isinstance(element, Gate):
            for stage in element.stages():
                for approver in approvers_in(stage.approver):
                    yield from every_word(approver)
        elif isinstance(element, FormTask) and element.by:
            yield from every_word(element.by)
