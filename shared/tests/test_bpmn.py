"""The picture of a process shows what its rows say, and any BPMN tool opens it."""

import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import chain, combinations, pairwise
from pathlib import Path

import pytest

from casework.process.bpmn import NAMESPACES, collaboration, draw, element_of, elements_of, to_bpmn, wire_name
from casework.process.layout import place
from casework.process.nodes import (
    CASEWORKER,
    LEADER,
    Always,
    End,
    Gateway,
    Process,
    ServiceTask,
    Start,
    Throw,
    UserTask,
    Wait,
)


def trigger(name: str, wire: str | None) -> type:
    return type(name, (), {"wire": wire} if wire else {})


Apply, Asked = trigger("Apply", "loan.apply"), trigger("Asked", "library.asked")
Judge, Hurry = trigger("Judge", "loan.judge"), trigger("Hurry", "loan.hurry")
Lent, Judged = trigger("Lent", "loan.lent"), trigger("Judged", "loan.judged")
Return, Renew = trigger("Return", "loan.return"), trigger("Renew", "loan.renew")
Closed, Counted, Told = trigger("Closed", "library.closed"), trigger("Counted", None), trigger("Told", "reader.told")
Moved = trigger("Moved", "reader.moved")


def rule(*_):
    return None


def is_member(*_):
    return True


def last_day(*_):
    return None


EITHER, ANYWHERE = (CASEWORKER, LEADER), ("judge", "out", "back")
LOAN = Process(
    "loan",
    "Udlån",
    version=1,
    number="loan",
    nodes=(
        Start("applied", "Vil låne", on=Apply, do=rule, then="judge", by=CASEWORKER),
        Start("asked", "Et andet bibliotek spørger", on=Asked, do=rule, then="judge"),
        UserTask("judge", "Giv lov", on=Judge, do=rule, sends=Judged, then="member", by=EITHER, rule="X-1"),
        UserTask("hurry", "Det haster", on=Hurry, at=ANYWHERE, do=rule, sends=Told, then="lend", by=LEADER),
        Gateway("member", "Medlem?", when=is_member, yes="lend", no="charge"),
        ServiceTask("charge", "Opkræv gebyr", do=rule, sends=(Told, Counted), then="lend"),
        Throw("lend", "Bogen er lånt ud", sends=Lent, do=rule, then="out"),
        Wait("out", "Bogen er ude", on=Return, do=rule, sends=Told, then="back", until=last_day, late="rest"),
        Wait("rest", "Hviler", until=last_day, late="look"),
        Wait("look", "Venter på et ord", on=Told, do=rule, then="back"),
        End("back", "Bogen er hjemme"),
        Always("counted", "Tælles med", on=Counted, do=rule, sends=Told),
        Always("renewed", "Forlæng", on=Renew, do=rule, by=CASEWORKER),
        Always("closed", "Biblioteket lukker", on=Closed, do=rule, then="lost"),
        Always("moved", "Låneren flytter", on=Moved, do=rule, then="charge"),
        Always("gone", "Låneren er væk", on=Asked, do=rule, then="lost"),
        End("lost", "Bogen er væk"),
    ),
)  # fmt: skip
TOOLS = Path(__file__).parents[2] / "tests" / "npm"


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text)


def found(root: ET.Element, tag: str) -> list[ET.Element]:
    return root.findall(f".//bpmn:{tag}", NAMESPACES)


def by_id(root: ET.Element) -> dict[str, ET.Element]:
    return {element.attrib["id"]: element for element in root.iter() if "id" in element.attrib}


def kind(element: ET.Element) -> str:
    return element.tag.partition("}")[2]


@pytest.fixture(scope="module")
def xml() -> str:
    return to_bpmn(LOAN)


@pytest.fixture(scope="module")
def elements(xml) -> dict[str, ET.Element]:
    return by_id(parsed(xml))


def test_every_row_has_the_element_that_its_name_promises(elements):
    labels = {node.name: elements[element_of(LOAN, node.name)].get("name") for node in LOAN}

    assert labels == {node.name: node.label for node in LOAN}


def test_a_row_that_is_not_there_has_no_element():
    with pytest.raises(KeyError):
        element_of(LOAN, "lunch")


@pytest.mark.parametrize(
    "key, tag",
    [
        ("loan_applied", "startEvent"),
        ("loan_judge", "userTask"),
        ("loan_judge__sends", "intermediateThrowEvent"),
        ("loan_hurry", "boundaryEvent"),
        ("loan_hurry__out", "intermediateCatchEvent"),
        ("loan_hurry__back", "startEvent"),
        ("loan_member", "exclusiveGateway"),
        ("loan_charge", "serviceTask"),
        ("loan_charge__sends_2", "intermediateThrowEvent"),
        ("loan_lend", "intermediateThrowEvent"),
        ("loan_lend__merge", "exclusiveGateway"),
        ("loan_out", "eventBasedGateway"),
        ("loan_out__on", "intermediateCatchEvent"),
        ("loan_out__until", "intermediateCatchEvent"),
        ("loan_rest", "intermediateCatchEvent"),
        ("loan_look", "intermediateCatchEvent"),
        ("loan_back", "endEvent"),
        ("loan_counted", "subProcess"),
        ("loan_counted__task", "serviceTask"),
        ("loan_renewed__task", "userTask"),
        ("loan_charge__from", "startEvent"),
        ("loan_lost", "endEvent"),
        ("loan_lost__gone", "endEvent"),
    ],
)
def test_each_kind_of_row_has_its_own_kind_of_element(elements, key, tag):
    assert kind(elements[key]) == tag


def test_a_row_open_at_several_places_is_drawn_at_each():
    assert elements_of(LOAN, "hurry")[:3] == ("loan_hurry", "loan_hurry__out", "loan_hurry__back")


def test_flows_lead_from_row_to_row():
    flows = {(flow.source, flow.target) for flow in draw(LOAN).flows}

    assert flows >= {
        ("loan_applied", "loan_judge__merge"),
        ("loan_judge__merge", "loan_judge"),
        ("loan_judge", "loan_judge__sends"),
        ("loan_judge__sends", "loan_member"),
        ("loan_hurry", "loan_hurry__sends__merge"),
        ("loan_out", "loan_hurry__out"),
        ("loan_hurry__out", "loan_hurry__sends__merge"),
        ("loan_hurry__sends", "loan_lend__merge"),
        ("loan_out__on", "loan_out__sends"),
        ("loan_out__until", "loan_rest"),
        ("loan_charge__from", "loan_charge__merge"),
    }


def test_each_flow_joins_two_elements_that_know_of_it(xml, elements):
    for flow in found(parsed(xml), "sequenceFlow"):
        for end, direction in (("sourceRef", "outgoing"), ("targetRef", "incoming")):
            known = [e.text for e in elements[flow.attrib[end]].findall(f"bpmn:{direction}", NAMESPACES)]
            assert flow.attrib["id"] in known


def test_only_gateways_have_several_ways_in_or_out():
    diagram = draw(LOAN)

    for element in diagram.elements.values():
        ways = [sum(getattr(f, end) == element.id for f in diagram.flows) for end in ("source", "target")]
        assert max(ways) < 2 or (element.tag.endswith("Gateway") and min(ways) == 1)


def test_a_gateway_asks_its_condition_on_yes_and_falls_through_on_no(elements):
    yes = elements["loan_member__to__loan_lend__merge"]
    no = elements["loan_member__to__loan_charge__merge"]

    assert (yes.get("name"), yes.findtext("bpmn:conditionExpression", "", NAMESPACES)) == ("Ja", "is_member")
    assert (no.get("name"), elements["loan_member"].get("default")) == ("Nej", no.get("id"))


def test_messages_are_declared_once_by_their_wire_name_and_all_are_used(xml, elements):
    declared = {message.attrib["id"]: message.attrib["name"] for message in found(parsed(xml), "message")}
    used = {definition.attrib["messageRef"] for definition in found(parsed(xml), "messageEventDefinition")}

    assert set(declared) == used
    assert len(set(declared.values())) == len(declared)
    assert declared[elements["loan_lend__event"].attrib["messageRef"]] == "loan.lent"


def test_a_timer_names_the_rule_that_gives_the_day(elements):
    assert elements["loan_out__until__event"].findtext("bpmn:timeDate", "", NAMESPACES) == "last_day"


def test_a_trigger_without_a_wire_name_goes_by_its_class():
    assert (wire_name(Lent), wire_name(Counted)) == ("loan.lent", "Counted")


def test_the_word_of_a_trigger_is_read_at_its_event_where_it_has_one():
    spoken = type("Lent", (), {"wire": "loan.lent", "label": "Lånt ud"})
    nodes = (Start("a", "A", on=Apply, then="b", sends=spoken), End("b", "B"))

    thrown = draw(Process("x", "X", version=1, number="x", nodes=nodes)).elements["x_a__sends"]

    assert (thrown.name, thrown.ref) == ("Lånt ud", "loan.lent")


def test_what_always_holds_interrupts_only_if_it_moves_the_number(elements):
    assert elements["loan_counted__start"].get("isInterrupting") == "false"
    assert elements["loan_closed__start"].get("isInterrupting") is None


def test_an_interruption_that_leads_into_the_main_flow_is_told_by_a_signal(elements):
    thrown, caught = elements["loan_moved__end__event"], elements["loan_charge__from__event"]

    assert thrown.attrib["signalRef"] == caught.attrib["signalRef"] == "signal_loan.charge"


def test_a_process_that_always_alone_ends_still_has_an_end_of_its_own():
    nodes = (
        Start("a", "A", on=Apply, then="b"),
        Wait("b", "B", on=Asked, then="b"),
        Always("c", "C", on=Closed, then="d"),
        End("d", "D"),
    )

    diagram = draw(Process("x", "X", version=1, number="x", nodes=nodes))

    assert not diagram.elements["x_d"].within


def test_who_acts_is_a_lane_and_every_step_stands_in_exactly_one(xml):
    root = parsed(xml)
    lanes = {lane.attrib["name"]: [e.text for e in lane] for lane in found(root, "lane")}

    always = ["Sagsbehandler, når som helst", "Systemet, når som helst"]
    assert list(lanes) == ["Sagsbehandler", "Systemet", "Leder", *always]
    assert "loan_judge" in lanes["Sagsbehandler"]
    assert sorted(chain(*lanes.values())) == sorted(e.id for e in draw(LOAN).elements.values() if not e.within)


def test_what_the_picture_leaves_out_stands_in_the_documentation(elements):
    note = elements["loan_judge"].findtext("bpmn:documentation", "", NAMESPACES)

    assert note == "Udføres af: sagsbehandler eller leder. Svarer på: loan.judge. Regel: X-1"


def test_a_wait_for_nothing_has_no_picture():
    nodes = (Start("a", "A", on=Apply, then="b"), Wait("b", "B", then="c"), End("c", "C"))

    with pytest.raises(ValueError, match=r"x\.b waits for nothing"):
        draw(Process("x", "X", version=1, number="x", nodes=nodes))


# -- the picture


def test_every_element_has_a_shape_and_every_flow_a_line(xml):
    root = parsed(xml)
    drawn = {e.attrib["bpmnElement"] for e in root.iter() if kind(e) in ("BPMNShape", "BPMNEdge")}
    diagram = draw(LOAN)

    expected = {*diagram.elements, *(f.id for f in diagram.flows), "loan__pool"}
    assert drawn == expected | {f"loan__lane_{lane}" for lane in diagram.lanes}


def pieces(line) -> Iterator[tuple[int, int, int, int]]:
    for a, b in pairwise(line):
        yield min(a.x, b.x), min(a.y, b.y), max(a.x, b.x), max(a.y, b.y)


def test_lines_are_upright_or_level_and_pass_no_shape():
    diagram = draw(LOAN)
    layout = place(diagram)

    for flow in diagram.flows:
        for left, top, right, bottom in pieces(layout.lines[flow.id]):
            assert left == right or top == bottom
            for key, box in layout.shapes.items():
                if diagram.elements[key].tag != "subProcess" and key not in (flow.source, flow.target):
                    beside = right < box.x or left > box.x + box.width or bottom < box.y or top > box.y + box.height
                    assert beside or diagram.elements[flow.source].host == key


def test_shapes_do_not_overlap():
    diagram = draw(LOAN)
    layout = place(diagram)

    for a, b in combinations(diagram.elements.values(), 2):
        if a.within == b.within and a.id != b.host and b.id != a.host:
            assert not layout.shapes[a.id].meets(layout.shapes[b.id])


def test_shapes_stand_in_their_lanes():
    diagram = draw(LOAN)
    layout = place(diagram)

    for element in diagram.elements.values():
        box, lane = layout.shapes[element.id], layout.lanes[element.lane]
        assert lane.x <= box.x
        assert box.x + box.width <= lane.x + lane.width
        assert lane.y <= box.y
        assert box.y + box.height <= lane.y + lane.height


def test_the_main_flow_runs_to_the_right():
    shapes = place(draw(LOAN)).shapes
    way = ("loan_applied", "loan_judge", "loan_member", "loan_lend", "loan_out", "loan_back")

    assert [shapes[key].x for key in way] == sorted(shapes[key].x for key in way)


def test_the_same_process_gives_the_same_text(xml):
    rows = tuple(replace(node) for node in LOAN)
    again = Process("loan", "Udlån", version=1, number="loan", nodes=rows)

    assert to_bpmn(again) == xml


def test_the_same_process_gives_the_same_text_in_another_run(xml):
    """Sets are ordered by hashes, and hashes differ from run to run."""
    code = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import test_bpmn as t; "
    code += "sys.stdout.buffer.write(t.to_bpmn(t.LOAN).encode())"
    run = partial(subprocess.run, [sys.executable, "-c", code], capture_output=True, check=True)

    runs = [run(env={**os.environ, "PYTHONHASHSEED": seed}) for seed in ("1", "2")]

    assert {run.stdout.decode() for run in runs} == {xml}


# -- the collaboration

POOLS = {"loan": "Udlån", "readers": "Lånere", "books": "Bøger"}
FLOWS = [
    ("loan", "readers", "reader.told"),
    ("loan", "books", "loan.lent"),
    ("loan", "books", "loan.judged"),
    ("books", "loan", "book.found"),
    ("loan", "loan", "loan.judged"),
]


def test_each_pair_has_one_message_flow_with_all_that_is_told():
    flows = {f.attrib["id"]: f.attrib for f in found(parsed(collaboration(FLOWS, POOLS)), "messageFlow")}

    assert set(flows) == {"flow_loan_readers", "flow_loan_books", "flow_books_loan"}
    assert flows["flow_loan_books"]["name"] == "loan.judged\nloan.lent"
    assert (flows["flow_books_loan"]["sourceRef"], flows["flow_books_loan"]["targetRef"]) == ("pool_books", "pool_loan")


def test_pools_are_closed():
    pools = found(parsed(collaboration(FLOWS, POOLS)), "participant")

    assert [pool.attrib["name"] for pool in pools] == list(POOLS.values())
    assert not any("processRef" in pool.attrib for pool in pools)


def test_the_collaboration_does_not_depend_on_the_order_in_which_it_is_told():
    assert collaboration(reversed(FLOWS), POOLS) == collaboration(FLOWS, POOLS)


@pytest.mark.npm
@pytest.mark.parametrize("text", [to_bpmn(LOAN), collaboration(FLOWS, POOLS)], ids=["process", "collaboration"])
def test_bpmnlint_finds_nothing(tmp_path, text):
    lint = TOOLS / "node_modules" / ".bin" / "bpmnlint"
    if not lint.exists():
        if os.environ.get("CI"):
            pytest.fail(f"{lint} is missing: npm ci in tests/npm")
        pytest.skip("needs the packages of tests/npm")
    (tmp_path / "lint.json").write_text('{"extends": "bpmnlint:recommended"}')
    (tmp_path / "a.bpmn").write_text(text, encoding="utf-8")

    node = shutil.which("node") or Path(sys.executable).with_name("node")
    command = [node, lint, "--max-warnings=0", "-c", tmp_path / "lint.json", tmp_path / "a.bpmn"]
    answer = subprocess.run(command, cwd=TOOLS, capture_output=True, text=True, check=False)

    assert answer.returncode == 0, answer.stdout + answer.stderr
