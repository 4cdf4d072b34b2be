"""What people can do to what is asked: a table, so that a verb more is a line more.

Each deed goes by the public call of the engine and may be refused (`Refused`); it must have changed nothing then.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from crm_workflows.domain.people import Directory
from crm_workflows.domain.records import Assignee, Request
from crm_workflows.domain.verbs import VERBS, Verb
from crm_workflows.engine.decisions import answers, handing, leavers
from crm_workflows.engine.decisions.amending import Amendment, amend
from crm_workflows.engine.decisions.answered import Answer
from crm_workflows.engine.decisions.handing import Handover
from crm_workflows.engine.decisions.overriding import Override, override
from tests.engine.toys import ADMIN, BOSS, OWNER, STRANGER
from tests.office import Office

STAYS: Final = (OWNER, ADMIN, STRANGER, BOSS)
"""Who never leaves: without them nobody could bring the cases to their end."""


@dataclass(frozen=True)
class Scene:
    """Somebody who is asked, or was, and a colleague; `place` is before, after or beside."""

    office: Office
    request: str
    by: str
    colleague: str
    place: str
    is_yes: bool

    def say(self, verb: Verb) -> None:
        """Say this to the request, with a reason; what only the requester says is said by them."""
        by = OWNER if verb.by == "requester" else self.by
        to = {"send_back": "T-1", "change": "250000"}.get(verb.word, self.colleague)
        given = Answer(verb.word, by, "page", comment="因为", to=to, place=self.place)
        answers.answer(self.office.engine, self.request, given)


def reassigned(scene: Scene) -> None:
    """By an admin, to a colleague."""
    how = Handover(ADMIN, "cli", "出差", "root")
    handing.reassign(scene.office.engine, scene.request, from_=scene.by, to=scene.colleague, how=how)


def overridden(scene: Scene) -> None:
    """Proposed by an admin, or confirmed by somebody else who may, whoever comes second."""
    by = ADMIN if scene.place == "beside" else scene.colleague
    override(scene.office.engine, scene.request, Override("approve" if scene.is_yes else "reject", by, "停线", "cli"))


def amended(scene: Scene) -> None:
    """The owner changes what the case is about, which everybody was shown."""
    code = scene.request.rpartition("-R")[0]
    wanted = Amendment({"what": f"{scene.place} {scene.is_yes}"}, OWNER, "写错了", "page")
    amend(scene.office.engine, code, wanted)


def left(scene: Scene) -> None:
    """Whoever is asked leaves the company, and what they leave behind is given over."""
    if scene.by not in STAYS:
        _is_here(scene.office, scene.by, active=False)
        leavers.move_on(scene.office.engine)


def came_back(scene: Scene) -> None:
    """They are back."""
    _is_here(scene.office, scene.by, active=True)


def answers_a_question(scene: Scene) -> None:
    """Whoever was asked before a decision."""
    with scene.office.engine.store.read() as reader:
        open_ = {r.id for r in reader.find(Request, kind="task", status="open")}
        asked = [a for a in reader.find(Assignee, is_active=True) if a.request in open_]
    for assignee in asked[:1]:
        given = Answer("submit", assignee.person, "page", form={"answer": "没有问题"})
        answers.answer(scene.office.engine, assignee.request, given)


DEEDS: Final[dict[str, Callable[[Scene], None]]] = {
    **{word: lambda scene, verb=verb: scene.say(verb) for word, verb in VERBS.items()},  # type: ignore[misc]
    "answer a question": answers_a_question,
    "reassign": reassigned,
    "override": overridden,
    "amend": amended,
    "leave": left,
    "come back": came_back,
}
"""Every verb of the product, and what is done beside them."""


def everybody_is_back(office: Office) -> None:
    """All of the company are here."""
    for person in office.staff.people:
        if not person.active:
            _is_here(office, person.email, active=True)


def _is_here(office: Office, address: str, *, active: bool) -> None:
    known = office.staff.people
    people = [replace(p, active=active) if p.email == address else p for p in known]
    office.staff.people = Directory(people, known.roles, known.departments)
