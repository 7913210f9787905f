"""A provider's own system answers by message: as by the API, once, and it is told what came of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from jsonschema import Draft202012Validator

from casework.configuration import Misconfigured
from casework.messaging import put
from casework.phase.handlers import Handlers
from casework.process import Actor, Role
from delivery import answers
from delivery.answers import KINDS, LONGEST, Arrived, read, schema
from delivery.model import ProviderAnswerRow
from delivery.settings import DeliverySettings

from .conftest import KIM, X_HUS, Posted, World, a_world, answer, order

OLE = Actor("ole", "Ole Dahl", Role.OPERATOR)
NOTE = {"documentation": {"other_notes": [{"id": "n1", "note_text": "Så", "note_subthemes": ["tobacco"]}]}}
DRAFT = {"status_note": {"goals": [{"id": "g1", "provider_evaluation": "Går fremad"}]}}


def deliveries(world: World) -> dict[str, Any]:
    """X-Hus' order, as the authority reads it."""
    (mine,) = (d for d in world.call("get", by=KIM).get_json()["parts"]["deliveries"] if d["order"] == "x-hus")
    return dict(mine)


def outcomes(world: World) -> list[tuple[Any, ...]]:
    """What has been told, in its order: kind, outcome, and the status and field of a refusal."""
    told = world.said("answer.handled")
    problems = [one.get("problem", {}) for one in told]
    return [
        (one.get("answer_kind"), one["outcome"], p.get("status"), p.get("field"))
        for one, p in zip(told, problems, strict=True)
    ]


def rows(world: World) -> list[ProviderAnswerRow]:
    with world.service.database.reading() as session:
        return list(session.scalars(sa.select(ProviderAnswerRow).order_by(ProviderAnswerRow.received_at)))


def last_problem(world: World) -> dict[str, Any]:
    return dict(world.said("answer.handled")[-1]["problem"])


# as by the API
def test_a_system_answers_documents_reports_and_sends_its_note(world: World):
    world.answer(answer("accept", {"version": 1}))
    world.answer(answer("record", NOTE))
    world.answer(answer("record", DRAFT))
    world.answer(answer("submit-status-note", {}))
    world.answer(answer("report-change", {"text": "Flyttet"}))

    assert outcomes(world) == [
        ("accept", "taken", None, None),
        ("record", "taken", None, None),
        ("record", "taken", None, None),
        ("submit-status-note", "taken", None, None),
        ("report-change", "taken", None, None),
    ]
    assert [one["accepted"] for one in world.said("order.answered")] == [True]
    assert [one["goals"][0]["provider_evaluation"] for one in world.said("status_note.submitted")] == ["Går fremad"]
    assert [one["text"] for one in world.said("change.reported")] == ["Flyttet"]
    assert deliveries(world)["documentation"]["other_notes"][0]["note_text"] == "Så"


def test_a_system_says_no_with_its_reason(world: World):
    world.answer(answer("reject", {"version": 1, "reason": "Ingen plads"}))

    (told,) = world.said("order.answered")
    assert (told["accepted"], told["reason"]) == (False, "Ingen plads")


def test_what_comes_by_message_is_the_providers_and_signed_with_its_name(world: World):
    world.answer(answer("record", NOTE))

    (note,) = deliveries(world)["documentation"]["other_notes"]
    assert note["note_author"] == {"name": "X-Hus", "role": "provider"}
    (change,) = world.call("get", "/changes", by=KIM).get_json()["changes"][:1]
    assert (change["by"], change["action"]) == ("X-Hus", "delivery.record")


def test_the_outcome_tells_the_revision_by_which_the_next_recording_is_not_too_late(world: World):
    world.answer(answer("record", NOTE))
    seen = world.said("answer.handled")[-1]["revision"]
    assert world.call("get").headers["ETag"] == f'"{seen}"'

    changed = {"documentation": {"other_notes": [{"id": "n1", "note_text": "Nej"}]}}
    world.answer(answer("record", changed, seen=seen))
    world.answer(answer("record", changed | DRAFT, seen=seen))
    world.answer(answer("record", {"documentation": {"other_notes": [{"id": "n1", "note_text": "Jo"}]}}, seen=seen))
    assert [outcome for _, outcome, *_ in outcomes(world)] == ["taken", "taken", "taken", "refused"]
    problem = last_problem(world)
    assert (problem["status"], problem["field"]) == (412, "documentation.other_notes[n1]")
    assert problem["yours"]["other_notes"][0]["note_text"] == "Jo"
    assert problem["theirs"]["other_notes"][0]["note_text"] == "Nej"


# once
def test_a_repeat_changes_nothing_and_its_outcome_is_the_one_that_was_told(world: World):
    sent = answer("report-change", {"text": "Flyttet"})
    world.answer(answer("accept", {"version": 1}))
    first, again = world.answer(sent), world.answer({**sent, "sent_at": "2026-02-10T08:00:00+00:00"})

    assert (first, again) == (True, False)
    assert len(world.said("change.reported")) == 1
    assert len(outcomes(world)) == 2


def test_a_repeat_of_what_was_refused_is_not_carried_out_later(world: World):
    sent = answer("report-change", {"text": "For tidligt"})
    world.answer(sent)
    world.answer(answer("accept", {"version": 1}))
    world.answer(sent)

    assert outcomes(world) == [("report-change", "refused", 409, None), ("accept", "taken", None, None)]
    assert world.said("change.reported") == []


def test_another_message_under_an_id_that_was_used_is_refused_and_says_so_once(world: World):
    first = answer("record", NOTE)
    other = {**answer("record", DRAFT), "id": first["id"]}
    world.answer(first)
    world.answer(other)
    world.answer(other)

    assert outcomes(world) == [("record", "taken", None, None), ("record", "refused", 409, "id")]
    assert [one["answer_id"] for one in world.said("answer.handled")] == [first["id"]] * 2


def test_two_providers_may_use_the_same_id(world: World):
    sent = answer("accept", {"version": 1})
    world.answer(sent)
    world.answer(sent, by="y-hus")

    assert [(one["provider_id"], one["accepted"]) for one in world.said("order.answered")] == [
        ("x-hus", True),
        ("y-hus", True),
    ]


def test_two_workers_that_get_the_same_answer_carry_it_out_once(tmp_path: Path, postgres_url: str):
    sent = answer("report-change", {"text": "Flyttet"})
    with a_world(tmp_path, postgres_url) as world:
        world.answer(answer("accept", {"version": 1}))
        with ThreadPoolExecutor(4) as workers:
            list(workers.map(lambda _: world.answer(sent), range(8)))

        assert len(world.said("change.reported")) == 1
        assert outcomes(world) == [("accept", "taken", None, None), ("report-change", "taken", None, None)]


def test_what_no_database_can_keep_is_refused_and_holds_up_nobody(tmp_path: Path, postgres_url: str):
    strange = ("\0", "\ud800")
    with a_world(tmp_path, postgres_url) as world:
        for one in strange:
            world.answer(spoilt(**{f"field{one}": 1}))
            world.answer(spoilt(kind=one))
            world.answer(answer("record", {f"step{one}": {}}))
            world.answer(answer("record", {"documentation": {f"field{one}": 1}}))
            world.answer(answer("record", {"documentation": {"other_notes": [{"id": one, "note_text": one}]}}))
            world.answer(answer("report-change", {"text": one}))
            world.answer(json.dumps(one).encode())
        world.answer(answer("accept", {"version": 1}))

        assert [outcome for _, outcome, *_ in outcomes(world)] == ["refused"] * 14 + ["taken"]
        assert {status for *_, status, _ in outcomes(world)} == {422, None}


# looking it up
def looked_up(world: World, answer_id: str, by: Actor = OLE, provider: str = "x-hus") -> Any:
    return world.call("get", address=f"/providers/{provider}/answers/{answer_id}", by=by)


def test_an_operator_finds_what_came_of_an_answer_and_not_what_it_says(world: World):
    refused, taken = answer("accept", {"version": 3}), answer("record", NOTE)
    for sent in (refused, taken):
        world.answer(sent)

    found = looked_up(world, refused["id"]).get_json()
    assert (found["kind"], found["outcome"], found["case_id"]) == ("accept", "refused", refused["case_id"])
    assert (found["refusal"]["status"], found["refusal"]["field"]) == (409, "version")
    found = looked_up(world, taken["id"])
    assert (found.get_json()["outcome"], found.get_json()["refusal"]) == ("taken", None)
    assert "Så" not in found.text


def test_an_answer_is_found_at_its_own_provider_by_those_who_may(world: World):
    sent = answer("record", NOTE)
    world.answer(sent)

    assert looked_up(world, sent["id"], provider="y-hus").status_code == 404
    assert [looked_up(world, sent["id"], by).status_code for by in (KIM, X_HUS)] == [403, 403]


# yes and no cross a new version
@pytest.mark.parametrize("kind", ["accept", "reject"])
def test_a_yes_or_no_that_crosses_a_new_version_is_refused(world: World, kind: str):
    world.hear(order(version=2))
    world.answer(answer(kind, {"version": 1}))

    assert outcomes(world) == [(kind, "refused", 409, "version")]
    assert "nyere version" in last_problem(world)["detail"]
    assert deliveries(world)["status"] == "sent"
    world.answer(answer(kind, {"version": 2}))
    assert [one["version"] for one in world.said("order.answered")] == [2]


@pytest.mark.parametrize("kind", ["accept", "reject"])
def test_a_yes_or_no_by_message_says_which_version_it_answers(world: World, kind: str):
    world.answer(answer(kind, {}))

    assert outcomes(world) == [(kind, "refused", 422, "version")]


@pytest.mark.parametrize("action", ["accept", "reject"])
def test_the_api_may_be_told_the_version_too(world: World, action: str):
    world.hear(order(version=2))

    refused = world.call("post", f"/actions/{action}", json={"version": 1})
    assert (refused.status_code, refused.get_json()["field"]) == (409, "version")
    assert world.call("post", f"/actions/{action}", json={"version": 2}).status_code == 200


# what is refused
def spoilt(**more: Any) -> Posted:
    return {**answer("report-change", {"text": "Flyttet"}), **more}


def without(name: str) -> Posted:
    return {n: v for n, v in spoilt().items() if n != name}


FRAMES: dict[str, tuple[Posted | bytes, int, str | None]] = {
    "no JSON": (b"{", 400, "body"),
    "no text at all": (b"\xff\xfe\x00", 400, "body"),
    "nested without end": (b"[" * 100_000, 400, "body"),
    "nothing": (b"", 400, "body"),
    "no object": (b"[]", 422, "body"),
    "too large": (b" " * (LONGEST + 1), 413, None),
    "no id": (without("id"), 422, "id"),
    "an id that is none": (spoilt(id="17"), 422, "id"),
    "no kind": (without("kind"), 422, "kind"),
    "an unknown kind": (spoilt(kind="forget"), 422, "kind"),
    "a kind that is none": (spoilt(kind=["accept"]), 422, "kind"),
    "no schema version": (without("schema_version"), 422, "schema_version"),
    "another schema version": (spoilt(schema_version=2), 422, "schema_version"),
    "no case": (without("case_id"), 422, "case_id"),
    "a case that is none": (spoilt(case_id="2026-00001"), 422, "case_id"),
    "no time": (without("sent_at"), 422, "sent_at"),
    "no body": (without("body"), 422, "body"),
    "a body that is none": (spoilt(body="Flyttet"), 422, "body"),
    "a field that is none": (spoilt(provider_id="y-hus"), 422, "provider_id"),
    "an act that was seen": (spoilt(seen=1), 422, "seen"),
}
"""What cannot be read, the status, and the field."""


@pytest.mark.parametrize("what", FRAMES)
def test_what_cannot_be_read_says_which_field_is_wrong(what: str):
    sent, status, field = FRAMES[what]

    arrived = read(sent if isinstance(sent, bytes) else json.dumps(sent).encode())

    assert (arrived.refused.status, arrived.refused.field) == (status, field)


@pytest.mark.parametrize("start", ["[", '{"a":'])
def test_however_deep_it_goes_it_is_read_or_refused(start: str):
    end = {"[": "]", '{"a":': "}"}[start]
    sent = json.dumps(answer("record", {"documentation": "DEEP"}))
    for depth in range(0, 1100, 7):
        arrived = read(sent.replace('"DEEP"', f"{start * depth}1{end * depth}").encode())

        assert arrived.answer or arrived.refused


def test_what_cannot_be_taken_is_refused_and_changes_nothing_and_holds_up_nobody(world: World):
    before = deliveries(world)
    unknown = answer("accept", {"version": 1}, case=UUID(int=404))
    for sent in [*(sent for sent, *_ in FRAMES.values()), unknown]:
        world.answer(sent)

    assert [one[1:] for one in outcomes(world)] == [
        *(("refused", *expected) for _, *expected in FRAMES.values()),
        ("refused", 404, None),
    ]
    assert deliveries(world) == before
    assert {row.outcome for row in rows(world)} == {"refused"}
    world.answer(answer("accept", {"version": 1}))
    assert outcomes(world)[-1][:2] == ("accept", "taken")


BODIES = [
    ("report-change", {}, "text"),
    ("report-change", {"text": 7}, "text"),
    ("report-change", {"text": "Nyt", "action": "delivery.accept"}, "action"),
    ("accept", {"version": "1"}, "version"),
    ("accept", {"version": 1, "wish": "Ja"}, "wish"),
    ("submit-status-note", {"order": "x-hus"}, None),
    ("report-change", {"text": "Ikke mit", "order": "y-hus"}, None),
    ("record", {"nothing": {}}, "nothing"),
    ("record", {"documentation": {"citizen_name": "Lis"}}, "documentation.citizen_name"),
    ("record", {"documentation": {"goals": [{"id": "g1", "goal_statement": "Andet"}]}}, "goals[0].goal_statement"),
]


@pytest.fixture(scope="module")
def unanswered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """For tests in which nothing is changed."""
    with a_world(tmp_path_factory.mktemp("unanswered")) as world:
        yield world


def without_nulls(given: Any) -> Any:
    """A message leaves out what is empty."""
    if isinstance(given, list):
        return [without_nulls(one) for one in given]
    if isinstance(given, dict):
        return {name: without_nulls(one) for name, one in given.items() if one is not None}
    return given


@pytest.mark.parametrize("kind, body, field", BODIES)
def test_a_body_is_refused_with_the_problem_document_that_the_api_gives(
    unanswered: World, kind: str, body: Any, field: str | None
):
    method, path = ("patch", "") if kind == "record" else ("post", f"/actions/{kind}")
    by_api = unanswered.call(method, path, json=body)
    assert by_api.status_code >= 400
    unanswered.answer(answer(kind, body))

    assert last_problem(unanswered) == without_nulls(by_api.get_json())
    assert (field or "") in str(last_problem(unanswered).get("field"))


def test_what_was_not_foreseen_is_refused_without_telling_what_it_was(world: World, monkeypatch: pytest.MonkeyPatch):
    def fall(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("hemmeligt")

    monkeypatch.setattr(Handlers, "record", fall)
    world.answer(answer("record", NOTE))

    assert outcomes(world) == [("record", "refused", 500, None)]
    assert "hemmeligt" not in json.dumps(last_problem(world))


def test_what_fails_only_when_it_is_committed_is_refused_too(world: World, monkeypatch: pytest.MonkeyPatch):
    def fall(session: Any, producer: str, subject: str, told: Any, cause: Any) -> None:
        if told.outcome == "taken":
            raise sa.exc.DataError("INSERT", {}, Exception("hemmeligt"))
        put(session, producer, subject, told, cause)

    monkeypatch.setattr(answers, "put", fall)
    world.answer(answer("accept", {"version": 1}))

    assert outcomes(world) == [("accept", "refused", 500, None)]
    assert world.said("order.answered") == []


def test_a_database_that_is_away_is_waited_for(world: World, monkeypatch: pytest.MonkeyPatch):
    def away(*_: Any, **__: Any) -> None:
        raise sa.exc.OperationalError("SELECT 1", {}, Exception("gone"))

    sent = answer("accept", {"version": 1})
    with monkeypatch.context() as outage:
        outage.setattr(Handlers, "act", away)
        with pytest.raises(sa.exc.OperationalError):
            world.answer(sent)
    assert rows(world) == []
    world.answer(sent)
    assert outcomes(world) == [("accept", "taken", None, None)]


def test_a_message_that_cannot_be_read_is_named_by_the_brokers_property(world: World):
    named = uuid4()
    world.answer(b"{", message_id=str(named))
    world.answer(b"{{", message_id="17")
    world.answer(b"{", message_id=str(named))

    assert [one.get("answer_id") for one in world.said("answer.handled")] == [str(named), None]


# who speaks
@pytest.mark.rule("DEL-08")
def test_what_comes_by_no_providers_exchange_is_nobodys(world: World):
    world.answer(answer("accept", {"version": 1}), exchange="")

    assert rows(world) == []
    assert world.said("order.answered") == []


def test_a_broker_that_is_none_is_named_at_the_start(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DELIVERY_PROVIDER_BROKER", "https://broker.example")

    with pytest.raises(Misconfigured, match="PROVIDER_BROKER"):
        DeliverySettings.from_env()


def test_without_a_broker_nobody_listens(unanswered: World):
    assert unanswered.service.listen is None


# as it is published
def is_good(sent: Posted) -> bool:
    check = Draft202012Validator(schema(sent["kind"]), format_checker=Draft202012Validator.FORMAT_CHECKER)
    return bool(check.is_valid(sent))


GOOD: list[tuple[str, Any]] = [
    ("record", NOTE),
    ("accept", {"version": 1, "reason": None}),
    ("record", {**NOTE, **DRAFT}),
    ("record", {"documentation": {"other_notes": [{"id": "n1", "removed": True}]}}),
    ("record", {"status_note": {"provider_remarks": None}}),
    ("submit-status-note", {}),
    ("report-change", {"text": "Flyttet"}),
]


def test_what_is_taken_is_as_the_schema_says(world: World):
    for kind, body in GOOD:
        world.answer(answer(kind, body))
    world.hear(order(version=2))
    world.answer(answer("reject", {"version": 2, "order": "x-hus"}))

    assert {outcome for _, outcome, *_ in outcomes(world)} == {"taken"}
    assert all(is_good(answer(kind, body)) for kind, body in GOOD)
    assert {row.kind for row in rows(world)} == {*KINDS}


@pytest.mark.parametrize("kind, body, field", [one for one in BODIES if one[2]])
def test_what_is_refused_for_its_form_is_not_as_the_schema_says(kind: str, body: Any, field: str):
    assert not is_good(answer(kind, body))


def test_every_kind_has_a_schema():
    assert {kind: schema(kind)["properties"]["kind"]["const"] for kind in KINDS} == {kind: kind for kind in KINDS}
    assert "seen" in schema("record")["properties"]
    assert "seen" not in schema("accept")["properties"]


def test_the_same_words_in_another_order_are_the_same_message():
    sent = answer("accept", {"version": 1})
    turned = dict(reversed(sent.items())) | {"sent_at": "2026-03-02T08:00:00+00:00"}

    assert _digest(read(json.dumps(sent).encode())) == _digest(read(json.dumps(turned, indent=2).encode()))


def _digest(arrived: Arrived) -> str:
    assert arrived.answer is not None
    return arrived.digest
