"""The process diagram: read from the procedure's source, marked with where a case stands."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from pydantic import Field

from crm_workflows.adapters.configuration.processes import load_processes
from crm_workflows.domain.approvers import ByRole, owner, role
from crm_workflows.domain.elements import Clock, FormTask, Gate, Paper, Papers, above
from crm_workflows.domain.forms import Form, Subject
from crm_workflows.domain.records import CaseRow
from crm_workflows.engine.case import Case
from crm_workflows.engine.procedure import Procedure
from crm_workflows.engine.results import Outcome
from crm_workflows.engine.running.sending import Announce
from crm_workflows.engine.steps import StepFunction
from crm_workflows.engine.views.diagram import Diagram, Exit, Node, diagram_of, of_people
from crm_workflows.interfaces.web.diagram_svg import State, draw, wrapped
from crm_workflows.interfaces.web.marks import nearby, states_of
from tests.interfaces.web.world import World
from tests.office import UNTIL_GATE


class Thing(Subject):
    """What toy cases are about."""

    name: str = Field(title="名称 / Name")


class Talk(Form):
    """A toy form."""

    went_well: bool = Field(title="顺利 / Went well")


FIRST = FormTask("first_talk", "甲谈 / Talk one", "T-1", Talk, owner)
SECOND = FormTask("second_talk", "乙谈 / Talk two", "T-1", Talk, role("finance"))
SHEETS = Papers("sheets", "资料 / Papers", "T-2", (Paper("a", "甲 / A"),))
GATE = Gate("gate", "审批 / Gate", "T-4", role("head"), then=above("limit", role("finance")), send_back=("T-1", "T-3"))


def weigh(name: str) -> int:
    """A step."""
    return len(name)


weighed = StepFunction(weigh, "T-3", "称重 / weigh it")


def survey(case: Any, name: str) -> bool:
    """A part of the story in a function of its own."""
    return bool(case.task(FIRST).went_well) and bool(name)


def story(case: Case[Thing]) -> Outcome:
    """A toy procedure that uses every verb."""
    one, two = case.together(FIRST, SECOND)
    if not one.went_well:
        return case.close("withdrawn", "作罢 / given up")
    if case.collect(SHEETS, from_=two).lapsed and weighed(case.subject.name) > 3:
        case.back_to("T-1", because="again")
    for _ in range(2):
        case.wait("T-3", "cool_down")
    if survey(case, case.subject.name):
        case.tell("T-3", "news", Announce((owner,), "消息 / News"))
    else:
        case.open_later("other-process", {}, rule="T-3", relation="next")
    if case.approval(GATE).rejected:
        return case.reject("不行 / no")
    return case.approve("好 / fine")


def toy() -> Procedure:
    return Procedure(story, "TT", 1, "玩具 / Toy", Thing, "toy", "", __name__)


def test_the_diagram_follows_the_source() -> None:
    nodes = diagram_of(toy()).nodes
    assert [(n.key, n.kind, n.is_conditional) for n in nodes] == [
        ("T-1:first_talk", "task", False),
        ("T-1:second_talk", "task", False),
        ("T-2:sheets", "papers", False),
        ("T-3:weigh", "step", True),
        ("T-3:cool_down", "wait", False),
        ("T-1:first_talk", "task", False),
        ("T-3:news", "tell", True),
        ("T-3:book other-process", "later", True),
        ("T-4:gate", "gate", False),
        ("end:approved", "end", False),
    ]
    assert [n.key for n in nodes if n.is_beside] == ["T-1:second_talk"]
    assert nodes[1].exits == (Exit("withdrawn", "作罢 / given up"),)
    assert nodes[3].back_to == ("T-1",)
    assert nodes[6].title == "消息 / News"
    assert nodes[8].back_to == ("T-1", "T-3")
    assert nodes[8].approvers == (ByRole("head"), ByRole("finance"))
    assert nodes[8].exits == (Exit("rejected", "不行 / no"),)
    assert nodes[9].exits == (Exit("approved", "好 / fine"),)


NEWEST = {made.name: made for _, made in sorted(load_processes().items())}


@pytest.mark.parametrize("made", NEWEST.values(), ids=NEWEST)
def test_every_element_of_a_shipped_process_is_in_its_diagram(made: Procedure) -> None:
    drawn = {node.key.partition(":")[2] for node in diagram_of(made).nodes}
    clocks = {name for name, element in made.elements().items() if isinstance(element, Clock)}
    assert set(made.elements()) - {"confirm_start"} - clocks <= drawn


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_drawing_is_whole_and_stays_within_its_frame(language: str) -> None:
    made = load_processes()["supplier-vetting", 1]
    svg = ET.fromstring(draw(diagram_of(made), language, str, {"SV-7:recognition": "current"}))
    _, _, width, height = map(float, svg.attrib["viewBox"].split())
    name = "{http://www.w3.org/2000/svg}"
    boxes = [
        [float(box.attrib[k]) for k in ("x", "y", "width", "height")] for box in svg.iter(f"{name}rect")
    ]  # fmt: skip
    assert len(boxes) == len(diagram_of(made).nodes)
    for above_, below in pairwise(boxes):
        assert above_[1] + above_[3] < below[1], "boxes do not overlap"
    assert all(x >= 0 and y >= 0 and x + w <= width and y + h <= height for x, y, w, h in boxes)
    for text in svg.iter(f"{name}text"):
        size = 14 if text.attrib.get("class") == "title" else 11.5
        wide = sum(1.0 if ord(c) > 0x2E80 else 0.52 for c in text.text or "") * size
        assert float(text.attrib["x"]) + wide <= width + 4, text.text


def test_the_drawing_speaks_to_people_who_do_not_see_it() -> None:
    made = load_processes()["supplier-vetting", 1]
    svg = ET.fromstring(draw(diagram_of(made), "en", str, {"SV-2:look_up_company": "done"}))
    title, described = svg[0], svg[1]
    assert (title.tag.rpartition("}")[2], title.text) == ("title", "Supplier vetting")
    assert described.text is not None
    assert "1. SV-2 look up the company (done)" in described.text
    assert svg.attrib["aria-labelledby"] == f"{title.attrib['id']} {described.attrib['id']}"
    assert svg.attrib["role"] == "img"


def test_texts_of_authors_cannot_break_the_drawing() -> None:
    bad = Node("X:a", "step", "<X>", '<script>"&', exits=(Exit("rejected", "</svg> / </svg>"),))
    end = Node("end:done", "end", "", "完 / end", exits=(Exit("done"),))
    ET.fromstring(draw(Diagram("<t> / <t>", (bad, end)), "zh", str))


@pytest.mark.parametrize(
    "text", ["", "短", "一二三四五六七八九十" * 5, "a long English sentence " * 6, "混合 mixed 文字 text" * 5]
)
def test_wrapping_loses_nothing_and_keeps_to_the_width(text: str) -> None:
    lines = wrapped(text, 120, 12)
    assert re.sub(r"\s", "", "".join(lines)) == re.sub(r"\s", "", text)
    assert all(sum(1.0 if ord(c) > 0x2E80 else 0.3 for c in line) * 12 <= 132 for line in lines)


def states(world: World, code: str) -> dict[str, State]:
    with world.office.engine.store.read() as reader:
        row = reader.get(CaseRow, code)
        assert row is not None
        return dict(states_of(diagram_of(world.office.engine.procedure_of(row)), reader, row))


def test_a_long_drawing_is_shown_around_where_the_case_stands_and_whole_when_asked_for(world: World) -> None:
    code = world.office.until_gate()
    whole, marks = diagram_of(world.office.engine.procedures["supplier-vetting"]), states(world, code)
    near = nearby(whole, marks)
    walked = [n for n, node in enumerate(whole.nodes) if marks[node.key] != "todo"]
    here = walked.index(next(n for n in walked if marks[whole.nodes[n].key] == "current"))
    assert [marks[node.key] for node in near.nodes] == ["done", "done", "current", *(["todo"] * 3)]
    assert near.nodes[:3] == tuple(whole.nodes[n] for n in walked[here - 2 : here + 1])
    short = replace(whole, nodes=whole.nodes[:5])
    assert nearby(short, marks) == short
    twice = nearby(replace(whole, nodes=whole.nodes * 2), marks)
    assert len({node.key for node in twice.nodes}) == len(twice.nodes), "one thing at two places of the source"
    page = world.browser().get(f"/cases/{code}?lang=en").text
    assert f"All steps ({len(whole.nodes)})" in page
    assert len(set(re.findall(r'<title id="([^"]+)"', page))) == 2, "each drawing has ids of its own"


def test_the_marks_follow_the_case_through_a_send_back_to_its_end(world: World) -> None:
    code = world.office.until_gate()
    at_gate = states(world, code)
    assert [key for key, state in at_gate.items() if state == "current"] == ["SV-7:recognition"]
    assert at_gate["SV-6:write_report"] == "done"
    assert at_gate["SV-2:duplicate_check"] == "todo", "it was not needed"
    world.office.answer(code, "send_back", to="SV-3", comment="资料过期")
    sent_back = states(world, code)
    assert [key for key, state in sent_back.items() if state == "current"] == ["SV-3:papers_check"]
    assert sent_back["SV-1:criteria"] == "todo"
    for task in UNTIL_GATE:
        world.office.submit(code, gate=task)
    world.office.answer(code, "approve")
    world.office.sign(code)
    world.office.submit(code)
    ended = states(world, code)
    assert {key for key, state in ended.items() if state != "done"} == {
        "SV-2:duplicate_check", "SV-5:correction", "SV-5:correction_check", "SV-8:our_authorisation",
        "SV-8:their_authorisation",
    }, "they were not needed"  # fmt: skip


def test_the_end_is_not_marked_when_the_case_ended_otherwise(world: World) -> None:
    code = world.office.until_gate()
    world.office.answer(code, "reject", comment="价格太高")
    ended = states(world, code)
    assert ended["SV-7:recognition"] == "done"
    assert ended["end:approved"] == "todo"
    assert "current" not in ended.values()


def test_whoever_starts_a_case_sees_what_people_do_each_thing_once(world: World) -> None:
    for made in load_processes().values():
        short = of_people(diagram_of(made))
        keys = [node.key for node in short.nodes]
        assert len(set(keys)) == len(keys)
        assert {node.kind for node in short.nodes} <= {"task", "papers", "gate", "wait", "later", "end"}
        ET.fromstring(draw(short, "en", str))
    complaint = of_people(diagram_of(load_processes()["complaint-resolution", 1]))
    rules = [
        node.rule for node in complaint.nodes if node.kind == "task" and not node.rule.startswith(("CP-8", "CP-14"))
    ]
    assert rules == ["CP-3", "CP-3", "CP-4", "CP-5", "CP-5", "CP-6", "CP-7", "CP-9", "CP-13"], "as the rule book has it"
    page = world.browser().get("/start/complaint-resolution?lang=en").text
    assert f"All steps ({len(diagram_of(load_processes()['complaint-resolution', 1]).nodes)})" in page
