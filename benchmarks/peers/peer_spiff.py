"""SpiffWorkflow: a BPMN process, serialised to a row where it waits for its user task and restored to be decided."""

import sys
import uuid
from itertools import pairwise

import sqlalchemy as sa
from lab import ADD_ROW, METADATA, QUEUE, SUBJECT, database, mail, measure, row
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine, TaskDataEnvironment
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

STEPS = (
    ("script", "request", "note('request')"),
    ("script", "budget", "note('budget')"),
    ("script", "ask", "queue()"),
    ("user", "approval", ""),
    ("script", "order", "note('order')"),
    ("script", "archive", "note('archive')"),
)
CASES = sa.Table(
    "peer_cases", METADATA, sa.Column("code", sa.Text, primary_key=True), sa.Column("state", sa.Text),
    sa.Column("is_done", sa.Boolean),
)  # fmt: skip
OPEN = sa.insert(CASES)
SAVE = sa.update(CASES).where(CASES.c.code == sa.bindparam("of")).values(state=sa.bindparam("to"), is_done=True)
LOAD = sa.select(CASES.c.state).where(CASES.c.code == sa.bindparam("of"))


def bpmn() -> str:
    nodes = ['<bpmn:startEvent id="start"/>', '<bpmn:endEvent id="end"/>']
    for kind, name, script in STEPS:
        inner = f"<bpmn:script>{script}</bpmn:script>" if script else ""
        nodes.append(f'<bpmn:{kind}Task id="{name}" name="{name}">{inner}</bpmn:{kind}Task>')
    names = ["start", *(name for _, name, _ in STEPS), "end"]
    for n, (before, after) in enumerate(pairwise(names)):
        nodes.append(f'<bpmn:sequenceFlow id="f{n}" sourceRef="{before}" targetRef="{after}"/>')
    return (
        '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d">'
        f'<bpmn:process id="approval" isExecutable="true">{"".join(nodes)}</bpmn:process></bpmn:definitions>'
    )


engine = database(sys.argv[1])
parser = BpmnParser()
parser.add_bpmn_str(bpmn().encode())
spec = parser.get_spec("approval")
serializer = BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure())


def acting(connection: sa.Connection, code: str) -> PythonScriptEngine:
    def note(name: str) -> None:
        connection.execute(ADD_ROW, row(code, name))

    def queue() -> None:
        connection.execute(QUEUE, mail(code))

    return PythonScriptEngine(environment=TaskDataEnvironment({"note": note, "queue": queue}))


def begin() -> str:
    code = uuid.uuid4().hex
    with engine.begin() as connection:
        workflow = BpmnWorkflow(spec, script_engine=acting(connection, code))
        workflow.data.update(SUBJECT)
        workflow.do_engine_steps()
        state = serializer.serialize_json(workflow)
        connection.execute(OPEN, {"code": code, "state": state, "is_done": False})
    return code


def decide(code: str) -> None:
    with engine.begin() as connection:
        workflow = serializer.deserialize_json(connection.execute(LOAD, {"of": code}).scalar_one())
        workflow.script_engine = acting(connection, code)
        task = next(iter(workflow.get_tasks(state=TaskState.READY, manual=True)))
        task.data["decision"] = "approve"
        task.run()
        workflow.do_engine_steps()
        assert workflow.is_completed()
        connection.execute(SAVE, {"of": code, "to": serializer.serialize_json(workflow)})


measure("SpiffWorkflow", "SpiffWorkflow", begin, decide, "BPMN, state serialised to a row with its effects")
