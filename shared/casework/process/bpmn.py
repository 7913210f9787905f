"""From the rows of a process to BPMN elements and flows: what is drawn, not where.

One row becomes one element with the id `{process}_{row}`, so that whoever knows a case's position can point at it.
What a row needs besides (a timer next to a message, a throw after a task, a merge before a step with several ways in)
has an id of its own after two underscores.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from casework.process.layout import Box, Point, place, place_pools
from casework.process.nodes import (
    Always,
    End,
    Gateway,
    Node,
    Process,
    Role,
    Start,
    Throw,
    UserTask,
    Wait,
)

ROLES = {
    Role.CASEWORKER: "Sagsbehandler",
    Role.LEADER: "Leder",
    Role.FINANCE: "Økonomi",
    Role.ANALYST: "Analytiker",
    Role.OPERATOR: "Drift",
    Role.PROVIDER: "Udfører",
    Role.CITIZEN: "Borger",
    Role.SYSTEM: "Systemet",
}
TIMED_OUT, NOTED, YES, NO = "Sidste dag er gået", "Noteret", "Ja", "Nej"

EVENTS = ("startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent")
GATEWAYS = ("exclusiveGateway", "eventBasedGateway")


def wire_name(trigger: type) -> str:
    """What an act or message is called between services (`decision.made`); the class name where it has no such name."""
    wire = getattr(trigger, "wire", None)
    return wire if isinstance(wire, str) and wire else trigger.__name__


def words(trigger: type) -> str:
    """What people read at the event: the trigger's `label`, else its name on the wire."""
    label = getattr(trigger, "label", None)
    return label if isinstance(label, str) and label else wire_name(trigger)


@dataclass(frozen=True)
class Element:
    """One BPMN flow node. `tag` is its name in the BPMN schema."""

    id: str
    tag: str
    name: str
    row: str
    lane: str
    event: str = ""  # message, timer or signal
    ref: str = ""  # the wire name of the message, the name of the signal, or the rule that gives the day
    host: str = ""  # of a boundary event: the task on whose border it sits
    within: str = ""  # the event sub-process that holds it
    interrupting: bool = True
    resumes: str = ""  # of a start event: the end event at which the number lay
    note: str = ""


@dataclass(frozen=True)
class Flow:
    """A sequence flow. The way of a `yes` has the condition, that of a `no` is the default."""

    source: str
    target: str
    name: str = ""
    condition: str = ""
    default: bool = False

    @property
    def id(self) -> str:
        return f"{self.source}__to__{self.target}"


@dataclass
class Diagram:
    """Elements and flows in the order of the rows; lanes as key -> name, from top to bottom."""

    name: str
    label: str
    lanes: dict[str, str] = field(default_factory=dict)
    elements: dict[str, Element] = field(default_factory=dict)
    flows: list[Flow] = field(default_factory=list)

    def main(self) -> list[Element]:
        """What the numbers walk through: all but the event sub-processes and their content."""
        return [e for e in self.elements.values() if not e.within and e.tag != "subProcess"]

    def boxes(self) -> list[Element]:
        return [e for e in self.elements.values() if e.tag == "subProcess"]

    def inside(self, box: str) -> list[Element]:
        return [e for e in self.elements.values() if e.within == box]


def element_of(process: Process, row: str) -> str:
    """The id of the element that says "the case stands here". Raises KeyError where the process has no such row."""
    return f"{process.name}_{process.rows[row].name}"


def elements_of(process: Process, row: str) -> tuple[str, ...]:
    """All elements of a row, the one of `element_of` first: an act open at two places is drawn at both."""
    first = element_of(process, row)
    rest = [e.id for e in draw(process).elements.values() if e.row == row and e.id != first]
    return (first, *rest)


def draw(process: Process) -> Diagram:
    """Raises ValueError where a row says something that has no picture."""
    return _Drawing(process).finish()


class _Drawing:
    def __init__(self, process: Process) -> None:
        self.process = process
        self.diagram = Diagram(process.name, process.label)
        # An End to which only an Always leads is drawn inside the event sub-process.
        self.reached = {name for node in process if not isinstance(node, Always) for name in node.targets}
        if not any(isinstance(process.rows[name], End) for name in self.reached):
            self.reached |= {node.name for node in process if isinstance(node, End)}  # somewhere the main flow must end

    def finish(self) -> Diagram:
        for node in self.process:
            match node:
                case Always():
                    self.always(node)
                case End() if node.name not in self.reached:
                    pass
                case _ if node.at is not None:
                    self.beside(node)
                case Wait():
                    self.wait(node)
                case Gateway():
                    self.gateway(node)
                case Throw():
                    self.throw(node)
                case _:
                    self.step(node)
        self.merge()
        self.sort_lanes()
        return self.diagram

    # -- the kinds of rows

    def step(self, node: Node) -> None:
        """Start, UserTask, ServiceTask and End: one element, then what it sends, then the next row."""
        if isinstance(node, Start):
            self.event(node, "startEvent", node.on)
        elif isinstance(node, End):
            self.add(node, "endEvent")
        else:
            self.add(node, "userTask" if isinstance(node, UserTask) else "serviceTask")
        if not isinstance(node, End):
            self.flow(self.send(node, self.id(node)), node.then or node.name)

    def throw(self, node: Node) -> None:
        first, *rest = node.messages
        self.event(node, "intermediateThrowEvent", first)
        self.flow(self.send(node, self.id(node), rest), node.then or node.name)

    def gateway(self, node: Node) -> None:
        self.add(node, "exclusiveGateway")
        condition = getattr(node.when, "__name__", node.name)
        for name, target, default in ((YES, node.yes, False), (NO, node.no, True)):
            if target is None:
                raise ValueError(f"{self.process.name}.{node.name}: a gateway has two ways")
            self.flow(self.id(node), target, name, "" if default else condition, default)

    def wait(self, node: Node) -> None:
        """One thing to wait for is a catch event; several are an event-based gateway before as many catch events."""
        if not node.on and not node.until:
            raise ValueError(f"{self.process.name}.{node.name} waits for nothing")
        several = bool(node.on and node.until) or any(node.name in other.places for other in self.besides())
        if several:
            self.add(node, "eventBasedGateway")
        if node.on:
            suffix, name = ("on", words(node.on)) if several else ("", node.label)
            caught = self.event(node, "intermediateCatchEvent", node.on, suffix, name=name)
            self.after(node, caught, several)
            self.flow(self.send(node, caught), node.then or node.name)
        if node.until:
            suffix, name = ("until", TIMED_OUT) if several else ("", node.label)
            rule = getattr(node.until, "__name__", node.name)
            timer = self.add(node, "intermediateCatchEvent", suffix, name=name, event="timer", ref=rule)
            self.after(node, timer, several)
            self.flow(timer, node.late or node.then or node.name)

    def beside(self, node: Node) -> None:
        """A further way out of each place: a boundary event at a task, a catch event at a wait, a start at an end."""
        if node.on is None or node.until:
            raise ValueError(f"{self.process.name}.{node.name}: what stands beside a row answers an act or message")
        entries = [self.entry(node, self.process.rows[place], first=i == 0) for i, place in enumerate(node.places)]
        first, *others = entries
        last = self.send(node, first)
        for other in others:
            if last == first:
                self.flow(other, node.then or node.places[0])
            else:
                self.flow_to(other, self.id(node, "sends"))
        self.flow(last, node.then or node.places[0])

    def entry(self, node: Node, place: Node, first: bool) -> str:
        suffix = "" if first else place.name
        if isinstance(place, End):
            note = f"Tager op igen efter: {place.label}"
            return self.event(node, "startEvent", node.on, suffix, resumes=self.id(place), note=note)
        if isinstance(place, UserTask):
            return self.event(node, "boundaryEvent", node.on, suffix, host=self.id(place), lane=self.lane(place))
        caught = self.event(node, "intermediateCatchEvent", node.on, suffix)
        self.flow_to(self.id(place), caught)
        return caught

    def always(self, node: Node) -> None:
        """An event sub-process: what comes, what is done, what is told. One with `then` interrupts and leads on."""
        if node.on is None:
            raise ValueError(f"{self.process.name}.{node.name} waits for nothing")
        box, lane, target = self.id(node), f"{self.lane(node)}__always", self.process.rows.get(node.then or "")
        self.add(node, "subProcess", lane=lane, interrupting=target is not None)
        kept: dict[str, Any] = {"lane": lane, "within": box}
        start = self.event(
            node, "startEvent", node.on, "start", words(node.on), interrupting=target is not None, note="", **kept
        )
        task = self.add(node, "userTask" if node.by else "serviceTask", "task", note="", **kept)
        self.flow_to(start, task)
        if target is None:
            *throws, last_message = node.messages or (None,)
            last = self.send(node, task, throws, **kept)
            name = words(last_message) if last_message else NOTED
            end = self.event(node, "endEvent", last_message, "end", name, note="", **kept)
        else:
            last = self.send(node, task, **kept)
            end = self.lead_on(node, target, **kept)
        self.flow_to(last, end)

    def lead_on(self, node: Node, target: Node, lane: str, within: str) -> str:
        """The end of an interrupting sub-process. No flow leaves it, so a step of the main flow is told by a signal."""
        if isinstance(target, End) and target.name not in self.reached:
            suffix = node.name if self.id(target) in self.diagram.elements else ""
            return self.add(target, "endEvent", suffix, lane=lane, within=within)
        signal, start = f"{self.process.name}.{target.name}", self.id(target, "from")
        kept = {"event": "signal", "ref": signal, "note": ""}
        if start not in self.diagram.elements:
            self.add(target, "startEvent", "from", node.label, lane=self.lane(target), **kept)
            self.flow(start, target.name)
        else:
            others = self.diagram.elements[start]
            self.diagram.elements[start] = replace(others, name=f"{others.name} / {node.label}")
        return self.add(node, "endEvent", "end", target.label, lane=lane, within=within, **kept)

    # -- what rows are made of

    def id(self, node: Node, suffix: str = "") -> str:
        return f"{self.process.name}_{node.name}" + (f"__{suffix}" if suffix else "")

    def lane(self, node: Node) -> str:
        return (node.roles or (Role.SYSTEM,))[0].value

    def besides(self) -> list[Node]:
        return [node for node in self.process if node.at is not None and not isinstance(node, Always)]

    def add(self, node: Node, tag: str, suffix: str = "", name: str | None = None, **more: Any) -> str:
        made = {"lane": self.lane(node), "note": "" if suffix else _note(node)} | more
        name = node.label if name is None else name
        element = Element(self.id(node, suffix), tag, name, node.name, **made)
        self.diagram.elements[element.id] = element
        return element.id

    def event(
        self, node: Node, tag: str, message: type | None, suffix: str = "", name: str | None = None, **more: Any
    ) -> str:
        caught = {"event": "message", "ref": wire_name(message)} if message else {}
        return self.add(node, tag, suffix, name, **caught, **more)

    def send(self, node: Node, after: str, messages: Iterable[type] | None = None, **more: Any) -> str:
        """One throw event for each message, in a row; returns the last element."""
        for number, message in enumerate(node.messages if messages is None else messages, 1):
            suffix = "sends" if number == 1 else f"sends_{number}"
            thrown = self.event(node, "intermediateThrowEvent", message, suffix, words(message), **more)
            self.flow_to(after, thrown)
            after = thrown
        return after

    def after(self, node: Node, caught: str, several: bool) -> None:
        if several:
            self.flow_to(self.id(node), caught)

    def flow(self, source: str, row: str, name: str = "", condition: str = "", default: bool = False) -> None:
        self.diagram.flows.append(Flow(source, f"{self.process.name}_{row}", name, condition, default))

    def flow_to(self, source: str, target: str) -> None:
        self.diagram.flows.append(Flow(source, target))

    def merge(self) -> None:
        """Where several flows meet, an exclusive gateway joins them: BPMN would start a task once for each.

        It stands before its element, and so does the start that a signal gives it: layout reads in this order.
        """
        incoming: dict[str, list[Flow]] = {}
        for flow in self.diagram.flows:
            incoming.setdefault(flow.target, []).append(flow)
        crowded = {target for target, flows in incoming.items() if len(flows) > 1}
        elements: dict[str, Element] = {}
        for key, element in self.diagram.elements.items():
            if start := self.diagram.elements.get(f"{key}__from"):
                elements[start.id] = start
            if key in crowded:
                join = Element(f"{key}__merge", "exclusiveGateway", "", element.row, element.lane)
                elements[join.id] = join
            elements.setdefault(key, element)
        flows = [replace(f, target=f"{f.target}__merge") if f.target in crowded else f for f in self.diagram.flows]
        flows += [Flow(f"{key}__merge", key) for key in elements if key in crowded]
        self.diagram.elements, self.diagram.flows = elements, flows

    def sort_lanes(self) -> None:
        """The first who acts, the system beside, then the others; below them what may come at any time."""
        used = list(dict.fromkeys(e.lane for e in self.diagram.elements.values() if not e.within))
        people = [Role(key) for key in used if not key.endswith("__always") and key != Role.SYSTEM]
        order = [*people[:1], Role.SYSTEM, *people[1:]]
        order += [role for role in Role if role not in order]
        keys = [role.value for role in order] + [f"{role.value}__always" for role in order]
        names = {role.value: ROLES[role] for role in Role}
        names |= {f"{role.value}__always": f"{ROLES[role]}, når som helst" for role in Role}
        self.diagram.lanes = {key: names[key] for key in keys if key in used}


def _note(node: Node) -> str:
    """What the picture leaves out, for whoever opens the element in a BPMN tool."""
    parts = []
    if len(node.roles) > 1:
        parts.append("Udføres af: " + " eller ".join(ROLES[role].lower() for role in node.roles))
    if node.on:
        parts.append(f"Svarer på: {wire_name(node.on)}")
    if node.rule:
        parts.append(f"Regel: {node.rule}")
    return ". ".join(parts)


# -- XML

NAMESPACES = {
    "bpmn": "http://www.omg.org/spec/BPMN/20100524/MODEL",
    "bpmndi": "http://www.omg.org/spec/BPMN/20100524/DI",
    "dc": "http://www.omg.org/spec/DD/20100524/DC",
    "di": "http://www.omg.org/spec/DD/20100524/DI",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
}
TARGET = "urn:sagsgang:process"


def to_bpmn(process: Process) -> str:
    """One phase as BPMN 2.0 with its picture. The same process gives the same text."""
    diagram = draw(process)
    layout = place(diagram)
    root = _definitions(diagram.name)
    collaboration = _sub(root, "bpmn:collaboration", id=f"{diagram.name}__collaboration")
    pool = f"{diagram.name}__pool"
    _sub(collaboration, "bpmn:participant", id=pool, name=diagram.label, processRef=diagram.name)
    for kind in ("message", "signal"):
        for name in sorted({e.ref for e in diagram.elements.values() if e.event == kind}):
            _sub(root, f"bpmn:{kind}", id=_reference(kind, name), name=name)
    body = _sub(root, "bpmn:process", id=diagram.name, name=diagram.label, isExecutable="false")
    _document(body, f"Version {process.version}")
    _write_process(body, diagram)

    plane = _plane(root, f"{diagram.name}__collaboration")
    _shape(plane, pool, layout.pool, isHorizontal="true")
    for lane, box in layout.lanes.items():
        _shape(plane, f"{diagram.name}__lane_{lane}", box, isHorizontal="true")
    for key, element in diagram.elements.items():
        more = {"isExpanded": "true"} if element.tag == "subProcess" else {}
        if element.tag == "exclusiveGateway":
            more = {"isMarkerVisible": "true"}
        _shape(plane, key, layout.shapes[key], layout.texts.get(key), **more)
    for flow in diagram.flows:
        _edge(plane, flow.id, layout.lines[flow.id], layout.texts.get(flow.id))
    return _pretty(root)


def _write_process(body: ET.Element, diagram: Diagram) -> None:
    lanes = _sub(body, "bpmn:laneSet", id=f"{diagram.name}__lanes")
    for key, name in diagram.lanes.items():
        lane = _sub(lanes, "bpmn:lane", id=f"{diagram.name}__lane_{key}", name=name)
        for element in diagram.elements.values():
            if element.lane == key and not element.within:
                _sub(lane, "bpmn:flowNodeRef").text = element.id
    holders = {"": body}
    for element in diagram.elements.values():
        holders[element.id] = _write_element(holders[element.within], element, diagram.flows)
    for flow in diagram.flows:
        holder = holders[diagram.elements[flow.source].within]
        written = _sub(holder, "bpmn:sequenceFlow", id=flow.id, sourceRef=flow.source, targetRef=flow.target)
        if flow.name:
            written.set("name", flow.name)
        if flow.condition:
            _expression(written, "conditionExpression", flow.condition)


def _write_element(holder: ET.Element, element: Element, flows: list[Flow]) -> ET.Element:
    written = _sub(holder, f"bpmn:{element.tag}", id=element.id)
    if element.name:
        written.set("name", element.name)
    if element.tag == "subProcess":
        written.set("triggeredByEvent", "true")
    if element.host:
        written.set("attachedToRef", element.host)
    if element.tag == "startEvent" and not element.interrupting:
        written.set("isInterrupting", "false")
    for flow in flows:
        if flow.source == element.id and flow.default:
            written.set("default", flow.id)
    if element.note:
        _document(written, element.note)
    for direction, end in (("incoming", "target"), ("outgoing", "source")):
        for flow in flows:
            if getattr(flow, end) == element.id:
                _sub(written, f"bpmn:{direction}").text = flow.id
    if element.event:
        definition = _sub(written, f"bpmn:{element.event}EventDefinition", id=f"{element.id}__event")
        if element.event == "timer":
            _expression(definition, "timeDate", element.ref)
        else:
            definition.set(f"{element.event}Ref", _reference(element.event, element.ref))
    return written


def collaboration(flows: Iterable[tuple[str, str, str]], pools: Mapping[str, str]) -> str:
    """Who tells whom what: closed pools, and a message flow for each pair that has something to tell.

    `flows` are (sender, receiver, message); what a service tells itself is left out. The pools stand on the diagonal
    of a table: the row says who sends, the column who receives, and the names stand where both meet.
    """
    told: dict[tuple[str, str], list[str]] = {}
    for sender, receiver, message in sorted(set(flows)):
        if sender != receiver:
            told.setdefault((sender, receiver), []).append(message)
    names = {pair: "\n".join(messages) for pair, messages in told.items()}
    layout = place_pools(list(pools), names)
    root = _definitions("collaboration")
    table = _sub(root, "bpmn:collaboration", id="collaboration")
    for key, label in pools.items():
        _sub(table, "bpmn:participant", id=f"pool_{key}", name=label)
    for (sender, receiver), name in names.items():
        ends = {"sourceRef": f"pool_{sender}", "targetRef": f"pool_{receiver}"}
        _sub(table, "bpmn:messageFlow", id=f"flow_{sender}_{receiver}", name=name, **ends)
    plane = _plane(root, "collaboration")
    for key in pools:
        _shape(plane, f"pool_{key}", layout.shapes[key], isHorizontal="true")
    for sender, receiver in names:
        key = f"{sender} {receiver}"
        _edge(plane, f"flow_{sender}_{receiver}", layout.lines[key], layout.texts[key])
    return _pretty(root)


def _definitions(name: str) -> ET.Element:
    for prefix, uri in NAMESPACES.items():
        ET.register_namespace(prefix, uri)
    return ET.Element(_tag("bpmn:definitions"), {"id": f"{name}__definitions", "targetNamespace": TARGET})


def _tag(name: str) -> str:
    prefix, _, local = name.partition(":")
    return f"{{{NAMESPACES[prefix]}}}{local}"


def _sub(parent: ET.Element, name: str, /, **attributes: str) -> ET.Element:
    return ET.SubElement(parent, _tag(name), attributes)


def _document(parent: ET.Element, text: str) -> None:
    _sub(parent, "bpmn:documentation").text = text


def _expression(parent: ET.Element, name: str, text: str) -> None:
    """The name of the rule that answers; nobody evaluates it outside the engine."""
    _sub(parent, f"bpmn:{name}", **{_tag("xsi:type"): "bpmn:tFormalExpression"}).text = text


def _reference(kind: str, name: str) -> str:
    return f"{kind}_{name}"


def _plane(root: ET.Element, element: str) -> ET.Element:
    picture = _sub(root, "bpmndi:BPMNDiagram", id=f"{element}__picture")
    return _sub(picture, "bpmndi:BPMNPlane", id=f"{element}__plane", bpmnElement=element)


def _bounds(parent: ET.Element, box: Box) -> None:
    x, y, width, height = map(str, box)
    _sub(parent, "dc:Bounds", x=x, y=y, width=width, height=height)


def _shape(plane: ET.Element, element: str, box: Box, text: Box | None = None, **more: str) -> None:
    shape = _sub(plane, "bpmndi:BPMNShape", id=f"{element}__shape", bpmnElement=element, **more)
    _bounds(shape, box)
    if text:
        _bounds(_sub(shape, "bpmndi:BPMNLabel"), text)


def _edge(plane: ET.Element, element: str, line: Iterable[Point], text: Box | None = None) -> None:
    edge = _sub(plane, "bpmndi:BPMNEdge", id=f"{element}__edge", bpmnElement=element)
    for point in line:
        _sub(edge, "di:waypoint", x=str(point.x), y=str(point.y))
    if text:
        _bounds(_sub(edge, "bpmndi:BPMNLabel"), text)


def _pretty(root: ET.Element) -> str:
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"
