"""SpiffWorkflow: a BPMN process of seven tasks; at each the workflow is loaded, one task completed, all saved."""

from __future__ import annotations

import tempfile
from itertools import pairwise
from pathlib import Path

import psycopg
from peer import STEPS, asked, run, step
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

A = asked()
NODES = ["start", *(f"step{n}" for n in range(STEPS)), "end"]
BPMN = f"""<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="bench" targetNamespace="bench">
<process id="case" isExecutable="true"><startEvent id="start"/>
{"".join(f'<manualTask id="{name}" name="{name}"/>' for name in NODES[1:-1])}<endEvent id="end"/>
{"".join(f'<sequenceFlow id="{a}-{b}" sourceRef="{a}" targetRef="{b}"/>' for a, b in pairwise(NODES))}
</process></definitions>"""


def parsed() -> BpmnWorkflow:
    parser = BpmnParser()
    with tempfile.NamedTemporaryFile("w", suffix=".bpmn") as file:
        Path(file.name).write_text(BPMN)
        parser.add_bpmn_file(file.name)
    return BpmnWorkflow(parser.get_spec("case"))


serializer = BpmnWorkflowSerializer()
db = psycopg.connect(A.database)
db.execute("CREATE TABLE IF NOT EXISTS workflow (subject text PRIMARY KEY, body text NOT NULL)")
db.commit()
begun = parsed()
begun.do_engine_steps()
BEGIN = serializer.serialize_json(begun)


def case(subject: str) -> None:
    with db.transaction():
        db.execute("INSERT INTO workflow VALUES (%s, %s)", (subject, BEGIN))
    for _ in range(STEPS):
        with db.transaction():
            found = db.execute("SELECT body FROM workflow WHERE subject = %s FOR UPDATE", (subject,)).fetchone()
            assert found
            workflow = serializer.deserialize_json(found[0])
            workflow.get_next_task(state=TaskState.READY, manual=True).run()
            workflow.do_engine_steps()
            saved = serializer.serialize_json(workflow)
            db.execute("UPDATE workflow SET body = %s WHERE subject = %s", (saved, subject))
            step(db, subject)
    assert workflow.completed


def work() -> None:
    for subject in A.subjects():
        case(subject)


case(f"first of {A.number}")
run(work)
