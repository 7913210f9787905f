"""One provider cannot read, guess or infer anything of another (DEL-08): over every route, and every message.

The same is done in two worlds. In one X-Hus is alone in the case; in the other Y-Hus helps as well, and does all that a
provider may. X-Hus is answered alike, to the byte. Who has no order in a case is answered as if there were no case.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from casework.contracts import CONTRACTS, load_all
from casework.contracts.common import NotificationRequested
from casework.contracts.delivery import AnswerHandled, ChangeReported, OrderAnswered, StatusNoteSubmitted
from casework.contracts.followup import StatusNoteRequested
from casework.contracts.intake import CaseChanged, CaseClosed, CaseOpened
from casework.contracts.ordering import OrderCancelled, OrderEnded, OrderSent
from casework.contracts.values import Diagnosis
from casework.messaging.tables import Outgoing
from casework.process import Actor, Role
from delivery.answers import KINDS

from .conftest import CASE, KIM, X_HUS, World, a_world, answer, goal, order

pytestmark = pytest.mark.rule("DEL-08")

CANARY = "Kanariefugl"
"""Stands in all that Y-Hus is sent and writes."""
OTHER_CASE = UUID("0b2f5d0e-27a5-4a3b-9d3b-7f1f6f1c0009")
NO_CASE = UUID("0b2f5d0e-27a5-4a3b-9d3b-7f1f6f1c0404")
NO_KEY = UUID("0b2f5d0e-27a5-4a3b-9d3b-7f1f6f1c0405")
SAME_ID = "0b2f5d0e-27a5-4a3b-9d3b-7f1f6f1c0406"

Y_HUS = Actor("otto", f"Otto {CANARY}", Role.PROVIDER, "y-hus")
Z_HUS = Actor("zita", "Zita Lund", Role.PROVIDER, "z-hus")
LEADER = Actor("ulla", "Ulla Berg", Role.LEADER)

Call = tuple[str, Any]
"""What follows the case in the address (or the whole address), and the body."""

IN_A_CASE: dict[tuple[str, str], list[Call]] = {
    ("GET", "/cases/<uuid:case_id>"): [("", None)],
    ("GET", "/cases/<uuid:case_id>/records"): [
        ("/records", None),
        ("/records?step=documentation", None),
        ("/records?step=status_note&key=x-hus", None),
        ("/records?key=y-hus", None),
        ("/records?step=nothing", None),
    ],
    ("GET", "/cases/<uuid:case_id>/changes"): [
        ("/changes", None),
        ("/changes?before=3", None),
        ("/changes?before=x", None),
    ],
    ("GET", "/cases/<uuid:case_id>/access"): [("/access", None)],
    ("PATCH", "/cases/<uuid:case_id>"): [
        ("", {"documentation": {"other_notes": [{"id": "n1", "note_text": "Set i dag"}]}}),
        ("", {"documentation": {"goals": [{"id": "g1", "subgoals": [{"id": "s1", "subgoal_statement": "Op"}]}]}}),
        ("", {"documentation": {"goals": [{"id": "g7", "subgoals": [{"id": "s7"}]}]}}),
        ("", {"documentation": {"other_notes": [{"id": "y1", "note_text": "Samme id som hos Y"}]}}),
        ("", {"status_note": {"provider_remarks": "Det går"}}),
        ("", {"status_note": {"goals": [{"id": "g7", "provider_evaluation": "Gæt"}]}}),
        ("", {"nothing": {}}),
        ("?key=y-hus", {"documentation": {"other_notes": []}}),
    ],
    ("POST", "/cases/<uuid:case_id>/actions/report-change"): [
        ("/actions/report-change", {"text": "For tidligt"}),
        ("/actions/report-change", {}),
        ("/actions/report-change", {"text": "Ikke mit", "order": "y-hus"}),
    ],
    ("POST", "/cases/<uuid:case_id>/actions/accept"): [
        ("/actions/accept", {"order": "y-hus"}),
        ("/actions/accept", {}),
        ("/actions/accept", {}),
        ("/actions/report-change", {"text": "Fundet hash"}),
    ],
    ("POST", "/cases/<uuid:case_id>/actions/reject"): [
        ("/actions/reject", {"reason": "For sent"}),
        ("/actions/reject", {"order": "y-hus"}),
    ],
    ("POST", "/cases/<uuid:case_id>/actions/submit-status-note"): [
        ("/actions/submit-status-note", {"order": "y-hus"}),
        ("/actions/submit-status-note", {}),
    ],
}
"""Every route of a case, and how X-Hus calls it, in this order."""

BY_MESSAGE: list[Call] = [
    ("report-change", {"text": "Igen"}),
    ("report-change", {"text": "Ikke mit", "order": "y-hus"}),
    ("report-change", {}),
    ("record", {"documentation": {"other_notes": [{"id": "n2", "note_text": "Set i går"}]}}),
    ("record", {"documentation": {"other_notes": [{"id": "y1", "note_text": "Samme id som hos Y"}]}}),
    ("record", {"documentation": {"goals": [{"id": "g7", "subgoals": [{"id": "s7"}]}]}}),
    ("record", {"nothing": {}}),
    ("accept", {"version": 1}),
    ("accept", {"version": 5}),
    ("accept", {"version": 1, "order": "y-hus"}),
    ("reject", {"version": 5}),
    ("reject", {"version": 1, "order": "y-hus"}),
    ("submit-status-note", {"order": "y-hus"}),
    ("submit-status-note", {}),
]
"""Every kind of answer by message, and how X-Hus sends it, in this order."""

ELSEWHERE: dict[tuple[str, str], list[Call]] = {
    ("GET", "/orders"): [
        ("/orders", None),
        ("/orders?after=x", None),
        (f"/orders?after={CASE}", None),
        (f"/orders?after={UUID(int=0)}", None),
    ],
    ("GET", "/cases/steps"): [("/cases/steps", None)],
    ("GET", "/process"): [("/process", None)],
    ("GET", "/providers/<provider_id>/keys"): [("/providers/y-hus/keys", None), ("/providers/x-hus/keys", None)],
    ("POST", "/providers/<provider_id>/keys"): [("/providers/y-hus/keys", {"name": "Mit"})],
    ("DELETE", "/providers/<provider_id>/keys/<uuid:key_id>"): [(f"/providers/y-hus/keys/{NO_KEY}", None)],
    ("GET", "/providers/<provider_id>/answers/<uuid:answer_id>"): [(f"/providers/y-hus/answers/{SAME_ID}", None)],
    ("GET", "/flow"): [("/flow", None)],
    ("GET", "/parked"): [("/parked", None)],
    ("POST", "/parked/<uuid:message_id>/replay"): [(f"/parked/{NO_KEY}/replay", {})],
    ("GET", "/missing"): [("/missing", None)],
    ("POST", "/outbox/resend"): [("/outbox/resend", {"consumer": "portal", "subject": CASE, "first": 1, "last": 9})],
    ("GET", "/health/live"): [("/health/live", None)],
    ("GET", "/health/ready"): [("/health/ready", None)],
    ("GET", "/api/docs"): [("/api/docs", None)],
    ("GET", "/api/openapi.json"): [("/api/openapi.json", None)],
}
"""Every route that is about no one case."""

NOT_REACHED = {("GET", "/metrics"), ("GET", "/static/<path:filename>")}
"""Figures of the whole service, which no proxy lets through to providers (docs/providers); and nothing."""


# two worlds
def its_order(version: int = 1, **more: Any) -> OrderSent:
    """Y-Hus' order: its own goals and words, and a goal under the same id as one of X-Hus'."""
    goals = (goal("g1", f"{CANARY} bor selv"), goal("g7", f"{CANARY} synger", primary_subtheme="network-relations"))
    return order(
        "y-hus", version, goals, citizen_wishes=f"{CANARY}s ønske", intervention_purpose=f"{CANARY}s formål",
        diagnoses=(Diagnosis(diagnosis=f"{CANARY}-syge"),), **more,
    )  # fmt: skip


def y_hus_does_all_it_may(world: World) -> None:
    """Is asked, reads, answers, writes, reports, gets a key and uses it, is sent new versions, and is called off."""

    def call(method: str, path: str, body: Any = None, by: Actor | str = Y_HUS) -> Any:
        answer = world.call(method, path, by=by, json=body)
        assert answer.status_code == 200, answer.text
        return answer

    note = {"id": "y1", "note_text": f"{CANARY} så", "note_subthemes": ["intoxicants"]}
    subgoal = {"id": "s1", "subgoal_statement": f"{CANARY} op", "goal_notes": [{"id": "y2", "note_text": CANARY}]}
    call("get", "")
    call("post", "/actions/accept", {"reason": f"{CANARY} kommer"})
    call("patch", "", {"documentation": {"other_notes": [note], "goals": [{"id": "g1", "subgoals": [subgoal]}]}})
    world.hear(StatusNoteRequested(provider_id="y-hus", planned_on=date(2026, 6, 2), note_due=date(2026, 5, 26)))
    call("patch", "", {"status_note": {"goals": [{"id": "g7", "provider_evaluation": f"{CANARY} synger"}]}})
    call("post", "/actions/submit-status-note", {})
    call("post", "/actions/report-change", {"text": f"{CANARY} fløj"})
    made = world.call("post", address="/providers/y-hus/keys", by=LEADER, json={"name": f"{CANARY}-system"})
    call("get", "", by=made.get_json()["key"])
    world.answer(answer("report-change", {"text": f"{CANARY} kom"}), by="y-hus")
    world.answer(answer("report-change", {}), by="y-hus")
    world.answer(answer("record", {"status_note": {"provider_remarks": CANARY}}, id=SAME_ID), by="y-hus")
    world.hear(its_order(2, reason=f"{CANARY} flyttede"))
    call("post", "/actions/reject", {"reason": f"{CANARY} nej"})
    world.hear(its_order(3))
    world.hear(OrderCancelled(provider_id="y-hus", version=3, effective_on=date(2026, 4, 1)))
    world.hear(its_order(4))
    world.hear(OrderEnded(provider_id="y-hus", version=4, ended_on=date(2026, 5, 1)))
    world.hear(its_order(5))


HEARD_OF_ONE = {StatusNoteRequested, OrderSent, OrderCancelled, OrderEnded}
"""What delivery is told of one provider; above, all of it is told of Y-Hus."""
HEARD_OF_ALL = {CaseOpened, CaseChanged, CaseClosed}
"""What it is told of the case itself, which is the same for whoever helps in it."""
TOLD_OF_ONE = {OrderAnswered, StatusNoteSubmitted, ChangeReported, NotificationRequested, AnswerHandled}
"""What delivery tells of one provider. Of the case it tells the house besides where it stands, in no one's words."""
TOLD_OF_ALL = {"position.changed", "overview.changed"}


@contextmanager
def two_worlds(folder: Path) -> Iterator[tuple[World, World]]:
    """X-Hus alone; and X-Hus beside a busy Y-Hus, which helps in another case as well."""
    with ExitStack() as stack:
        folders = [folder / name for name in ("alone", "beside")]
        for one in folders:
            one.mkdir()
        alone, beside = (stack.enter_context(a_world(one)) for one in folders)
        beside.open(OTHER_CASE)
        beside.hear(its_order(), case=OTHER_CASE)
        beside.hear(its_order())
        y_hus_does_all_it_may(beside)
        yield alone, beside


@pytest.fixture
def worlds(tmp_path: Path) -> Iterator[tuple[World, World]]:
    with two_worlds(tmp_path) as worlds:
        yield worlds


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The world with both, for tests in which nothing is changed."""
    with two_worlds(tmp_path_factory.mktemp("beside")) as (_, beside):
        yield beside


Story = dict[str, list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def stories(tmp_path_factory: pytest.TempPathFactory) -> tuple[Story, Story]:
    """What X-Hus is answered over every route, and what others are told by it: alone, and beside Y-Hus."""
    with two_worlds(tmp_path_factory.mktemp("stories")) as (alone, beside):
        return story(alone), story(beside)


def answered(world: World, method: str, call: Call, by: Actor | str = X_HUS, case: UUID = CASE) -> tuple[Any, ...]:
    """All that the caller is told: status, headers and body."""
    place, body = call
    in_a_case = place.startswith(("/records", "/changes", "/access", "/actions", "?")) or not place
    address = f"/cases/{case}{place}" if in_a_case else place
    answer = world.call(method, address=address, by=by, json=body)
    return answer.status_code, sorted(answer.headers.items()), answer.text


def everything(world: World) -> list[tuple[Any, ...]]:
    """Every route, called as X-Hus calls it; and once more what is read, after all that was written."""
    read = [(key, call) for key, calls in IN_A_CASE.items() if key[0] == "GET" for call in calls]
    script = [(key, call) for key, calls in (IN_A_CASE | ELSEWHERE).items() for call in calls]
    return [(key, call[0], *answered(world, key[0], call)) for key, call in (*script, *read)]


def story(world: World) -> Story:
    """What X-Hus is answered, and what others than the case's own lists are told meanwhile."""
    before = last(world)
    answers = everything(world)
    by_message(world)
    with world.service.database.reading() as session:
        rows = session.scalars(sa.select(Outgoing).where(Outgoing.position > before).order_by(Outgoing.position)).all()
    return {
        "answers": answers,
        "told": [(row.type, row.envelope["body"]) for row in rows if row.type not in TOLD_OF_ALL],
    }


def by_message(world: World) -> None:
    """Every kind of answer by message; the first under an id that Y-Hus has used."""
    for number, (kind, body) in enumerate(BY_MESSAGE):
        world.answer(answer(kind, body, id=str(UUID(int=UUID(SAME_ID).int + number))))


def last(world: World) -> int:
    with world.service.database.reading() as session:
        return session.scalar(sa.select(sa.func.max(Outgoing.position))) or 0


# reading the answers
def test_every_route_is_called(world: World):
    routes = {(m, str(rule)) for rule in world.app.url_map.iter_rules() for m in rule.methods - {"HEAD", "OPTIONS"}}

    assert routes == {*IN_A_CASE, *ELSEWHERE, *NOT_REACHED}


def test_every_message_is_told_or_heard():
    load_all()
    heard = {terms.message for terms in CONTRACTS.values() if "delivery" in terms.consumers}
    told = {terms.message for terms in CONTRACTS.values() if "delivery" in terms.producers}

    assert heard == HEARD_OF_ONE | HEARD_OF_ALL
    assert {message for message in told if message.contract.name not in TOLD_OF_ALL} == TOLD_OF_ONE


def test_a_provider_is_answered_as_if_it_were_alone_in_the_case(stories: tuple[Story, Story]):
    alone, beside = stories

    for one, other in zip(alone["answers"], beside["answers"], strict=True):
        assert other == one
    assert {status for _, _, status, *_ in alone["answers"]} == {200, 403, 404, 409, 422}


def test_no_word_of_another_comes_to_a_provider(stories: tuple[Story, Story], beside: World):
    _, told = stories

    said = json.dumps(told, default=str)
    assert "Jeg bor selv" in said
    assert CANARY not in said
    assert CANARY in answered(beside, "GET", ("", None), by=Y_HUS)[2]


def test_what_a_provider_does_tells_nobody_of_another(stories: tuple[Story, Story]):
    alone, beside = stories

    acts = {"order.answered", "change.reported", "status_note.submitted", "answer.handled"}
    assert {kind for kind, _ in alone["told"]} == acts
    assert beside["told"] == alone["told"]


def test_what_a_provider_sends_by_message_comes_to_the_same_whoever_helps_beside_it(stories: tuple[Story, Story]):
    alone, beside = (outcomes(story) for story in stories)

    assert len(alone) == len(BY_MESSAGE)
    assert {kind for kind, *_ in alone} == {*KINDS}
    assert {status for *_, status in alone} == {None, 404, 409, 422}
    assert beside == alone


def outcomes(story: Story) -> list[tuple[Any, ...]]:
    told = [body for kind, body in story["told"] if kind == "answer.handled"]
    return [(b["answer_kind"], b["outcome"], b.get("revision"), b.get("problem", {}).get("status")) for b in told]


def test_what_a_provider_has_seen_is_stale_by_its_own_changes_alone(worlds: tuple[World, World]):
    def race(world: World) -> list[tuple[Any, ...]]:
        answers = []
        for seen in (1, 1, 2, 3, 4, 9):
            note = {"documentation": {"other_notes": [{"id": "n1", "note_text": f"Nr. {len(answers)}"}]}}
            answer = world.call("patch", json=note, headers={"If-Match": f'"{seen}"'})
            answers.append((answer.status_code, answer.text, answer.headers.get("ETag")))
        return answers

    alone, beside = map(race, worlds)
    assert beside == alone
    assert [status for status, *_ in alone] == [200, 412, 200, 200, 200, 200]


def test_a_note_is_asked_of_the_one_that_it_is_wanted_from(beside: World):
    told = beside.said("notification.requested")
    asked = [one["provider_id"] for one in told if one["kind"] == "delivery.status_note"]
    assert asked == ["y-hus"]


def test_where_the_case_stands_is_told_the_house_in_no_ones_words(beside: World):
    said = [one for kind in TOLD_OF_ALL for one in beside.said(kind)]
    assert said
    assert CANARY not in json.dumps(said)


# no order, no case
@contextmanager
def statements(world: World) -> Iterator[list[str]]:
    """What the database is asked meanwhile."""
    asked: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    engine = world.service.database.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


def weighed(world: World, method: str, call: Call, by: Actor, case: UUID) -> tuple[Any, ...]:
    """What the caller is told, and what it took to say it: as many and the same statements take as long."""
    with statements(world) as asked:
        told = answered(world, method, call, by, case)
    return *told, asked


@pytest.mark.parametrize("route", IN_A_CASE, ids=" ".join)
def test_anothers_case_is_as_one_that_does_not_exist(beside: World, route: tuple[str, str]):
    for call in IN_A_CASE[route]:
        theirs, nobodys = (weighed(beside, route[0], call, Z_HUS, case) for case in (CASE, NO_CASE))
        assert theirs == nobodys
        assert theirs[0] in (403, 404, 422)

        theirs, nobodys = (weighed(beside, route[0], call, X_HUS, case) for case in (OTHER_CASE, NO_CASE))
        assert theirs == nobodys


@pytest.mark.parametrize("kind, body", BY_MESSAGE)
def test_anothers_case_is_as_one_that_does_not_exist_by_message_too(beside: World, kind: str, body: Any):
    def told(by: str, case: UUID) -> tuple[Any, ...]:
        with statements(beside) as asked:
            beside.answer(answer(kind, body, case=case), by=by)
        handled = beside.said("answer.handled")[-1]
        return handled["outcome"], handled["problem"], asked

    for by, theirs in (("z-hus", CASE), ("x-hus", OTHER_CASE)):
        told(by, NO_CASE)  # the first that it is told begins its line
        assert told(by, theirs) == told(by, NO_CASE)


@pytest.mark.parametrize(
    "method, place, body",
    [
        ("get", "/records?key={}", "null"),
        ("patch", "?key={}", '{"documentation": {"other_notes": []}}'),
        ("post", "/actions/accept", '{"order": "{}"}'),
        ("post", "/actions/reject", '{"order": "{}"}'),
        ("post", "/actions/report-change", '{"order": "{}", "text": "Nyt"}'),
        ("post", "/actions/submit-status-note", '{"order": "{}"}'),
        ("get", "/providers/{}/keys", "null"),
        ("get", f"/providers/{{}}/answers/{SAME_ID}", "null"),
        ("post", "/providers/{}/keys", '{"name": "Mit"}'),
    ],
)
def test_another_provider_is_as_one_that_does_not_exist(beside: World, method: str, place: str, body: str):
    def named(name: str) -> Call:
        return place.replace("{}", name), json.loads(body.replace("{}", name))

    theirs, nobodys = (weighed(beside, method, named(name), X_HUS, CASE) for name in ("y-hus", "w-hus"))

    assert theirs == nobodys
    assert theirs[0] in (403, 404)


def test_a_provider_without_an_id_has_no_order(worlds: tuple[World, World]):
    _, beside = worlds
    nobody = Actor("nn", "Ingen", Role.PROVIDER)

    assert [answered(beside, "GET", (place, None), nobody)[0] for place in ("", "/records", "/changes")] == [404] * 3
    assert answered(beside, "GET", ("/orders", None), nobody)[0] == 403


def test_a_confidential_case_holds_nothing_back_from_the_provider_of_its_order(world: World):
    told = CaseChanged(
        case_number="2026-00001", citizen_id=uuid4(), entry_phase="intake", track="standard", is_confidential=True
    )
    world.hear(told, by="intake")

    statuses = [world.call("get", by=who).status_code for who in (X_HUS, Y_HUS, KIM)]
    assert statuses == [200, 200, 404]
    assert world.call("post", "/actions/accept").status_code == 200
