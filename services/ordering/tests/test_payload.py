"""What a provider's system is sent: only what is its own, what is new in it, and the same however often it is made."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from fhir.resources.R4B.bundle import Bundle
from jsonschema import Draft202012Validator

from casework.contracts import export
from casework.contracts.delivery import AnswerHandled
from casework.contracts.ordering import OrderCancelled, OrderEnded, OrderSent
from casework.contracts.values import Document
from casework.schema import dump, read
from ordering import fhir, payload
from ordering.payload import Cancelled, Changed, Ended, Head, Sent

from .conftest import Played, assessed, goal, help_from, made


def told(case: Played, name: str = "x-hus") -> list[Head]:
    """All that this provider is sent, as it would be told now."""
    events = [m for m in case.told if isinstance(m, OrderSent | OrderCancelled | OrderEnded) and m.provider_id == name]
    return [payload.message(case.s, event, n) for n, event in enumerate(events, 1)]


def last(case: Played, name: str = "x-hus") -> Head:
    return told(case, name)[-1]


def decided_anew(case: Played) -> Played:
    """Two hours fewer, the first goal in other words, the second gone, and a third."""
    return case.hear(
        assessed(2, goal("g1", goal_statement="Jeg bor selv"), goal("g3")),
        made(help_from("x-hus", hours="8"), number=2, revision=2),
        when="2026-06-10",
    )


# kinds
@pytest.mark.rule("ORD-06")
def test_a_first_version_is_an_order(granted: Played):
    sent = last(granted.send())

    assert isinstance(sent, Sent)
    assert (sent.kind, sent.order_number, sent.version) == ("order.sent", "2026-00417-1", 1)
    assert sent.order == granted.sent(OrderSent)[0]


def test_a_later_version_is_a_change_and_says_what_is_new(running: Played):
    sent = last(decided_anew(running).revise("x-hus"))

    assert isinstance(sent, Changed)
    new = sent.changes
    assert (new.since, new.added, new.removed) == (1, ("goals[g3]",), ("goals[g2]",))
    assert {c.path: (c.before, c.after) for c in new.changed} == {
        "goals[g1].goal_statement": ("Jeg når g1", "Jeg bor selv"),
        "interventions[i1].service_lines[l-i1].units_per_period": (10, 8),
        "interventions[i1].service_lines[l-i1].base_price": ("130000.00", "104000.00"),
        "interventions[i1].expected_price": ("130000.00", "104000.00"),
        "total_expected_price": ("130000.00", "104000.00"),
    }


def test_help_that_comes_or_goes_is_told_as_a_whole(running: Played):
    more = (help_from("x-hus", hours="10"), help_from("x-hus", "i2"))
    running.hear(assessed(2, goal("g1"), goal("g2")), made(*more, number=2, revision=2), when="2026-06-10")

    sent = last(running.revise("x-hus"))

    assert isinstance(sent, Changed)
    assert sent.changes.added == ("interventions[i2]",)
    assert [c.path for c in sent.changes.changed] == ["total_expected_price"]


def test_a_change_is_told_since_the_version_that_was_said_no_to(granted: Played):
    decided_anew(granted.send().answer("x-hus", accepted=False))

    sent = last(granted.revise("x-hus"))

    assert isinstance(sent, Changed)
    assert sent.changes.since == 1


def test_after_a_cancellation_the_next_version_is_a_new_order(running: Played):
    decided_anew(running.cancel("x-hus"))

    sent = last(running.send(when="2026-06-12"))

    assert (sent.kind, sent.version) == ("order.sent", 2)


def test_an_order_that_is_called_off_is_told_with_its_day(running: Played):
    sent = last(running.cancel("x-hus"))

    assert isinstance(sent, Cancelled)
    assert (sent.kind, sent.order_number, sent.effective_on) == ("order.cancelled", "2026-00417-1", date(2026, 6, 11))


def test_the_end_of_the_help_is_told(running: Played):
    ended = OrderEnded(provider_id="x-hus", version=1, ended_on=date(2026, 8, 31))

    sent = payload.message(running.s, ended, 2)

    assert isinstance(sent, Ended)
    assert (sent.kind, sent.ended_on) == ("order.ended", date(2026, 8, 31))


# what it holds
@pytest.mark.rule("ORD-01", "ORD-03")
def test_each_provider_is_sent_its_own_goals_and_help(shared: Played):
    shared.send()

    held = {name: last(shared, name) for name in ("x-hus", "bohaven")}
    orders = {name: sent.order for name, sent in held.items() if isinstance(sent, Sent)}
    assert {name: [g.id for g in order.goals] for name, order in orders.items()} == {"x-hus": ["g1"], "bohaven": ["g2"]}
    assert "Bohaven" not in payload.to_bytes(held["x-hus"]).decode()


@pytest.mark.rule("ORD-02")
def test_two_interventions_of_one_provider_are_one_message(case: Played):
    case.hear(assessed(1, goal("g1")), made(help_from("x-hus"), help_from("x-hus", "i2"))).send()

    (sent,) = told(case)
    assert isinstance(sent, Sent)
    assert [i.id for i in sent.order.interventions] == ["i1", "i2"]


@pytest.mark.rule("ORD-07")
def test_only_the_documents_that_were_chosen_go_along(granted: Played):
    granted.fill(attachments=[{"title": "Statusattest", "kind": "letter"}])

    sent = last(granted.send())

    assert isinstance(sent, Sent)
    assert sent.order.attachments == (Document(title="Statusattest", kind="letter"),)


# once, and in order
def test_the_same_event_has_the_same_id_and_each_kind_and_version_its_own(running: Played):
    decided_anew(running).revise("x-hus").cancel("x-hus", when="2026-07-01")

    ids = [sent.id for sent in told(running)]
    assert ids == [sent.id for sent in told(running)]
    assert len({*ids}) == len(ids) == 3


def test_a_message_is_read_again_as_it_was_written(running: Played):
    decided_anew(running).revise("x-hus").cancel("x-hus", when="2026-07-01")

    for sent in told(running):
        assert payload.from_bytes(payload.to_bytes(sent)) == sent


# as it is published
def test_every_message_is_as_its_schema_says(running: Played):
    decided_anew(running).revise("x-hus").cancel("x-hus", when="2026-07-01")

    for sent in told(running):
        check = Draft202012Validator(payload.schema(sent.kind), format_checker=Draft202012Validator.FORMAT_CHECKER)
        check.validate(json.loads(payload.to_bytes(sent)))
        assert not check.is_valid({**dump(sent), "kind": "order.forgotten"})


def test_what_came_of_an_answer_is_as_its_schema_says():
    for body in export.examples("answer.handled", 1).values():
        told = read(AnswerHandled, body)
        sent = payload.outcome(told, uuid4(), "Prøveby", 3, datetime(2026, 3, 2, tzinfo=UTC))
        check = Draft202012Validator(payload.schema(sent.kind), format_checker=Draft202012Validator.FORMAT_CHECKER)
        check.validate(json.loads(payload.to_bytes(sent)))
        assert payload.from_bytes(payload.to_bytes(sent)) == sent


# FHIR
def test_every_message_is_a_bundle_of_r4(running: Played):
    decided_anew(running).revise("x-hus").cancel("x-hus", when="2026-07-01")

    for sent in told(running):
        read = Bundle.model_validate(json.loads(fhir.to_bytes(sent)))
        assert (read.type, read.entry[0].resource.get_resource_type()) == ("message", "MessageHeader")
        assert read.meta.tag[0].code == "draft"


def test_what_a_bundle_points_to_is_in_it(running: Played):
    made_of = fhir.bundle(told(running)[0])

    there = {entry["fullUrl"] for entry in made_of["entry"]}
    named = {*_references(made_of)}
    assert named <= there
    assert there - named == {made_of["entry"][0]["fullUrl"], *_interventions(made_of)}  # those point upward themselves


def test_a_goal_stands_there_in_the_citizens_words_with_its_ffb_codes(case: Played):
    structured = goal("g1", primary_subtheme="interaction-and-contact", expected_functioning_level=2)
    case.hear(assessed(1, structured), made(help_from("x-hus"))).send()

    goals = [r for r in _resources(case) if r["resourceType"] == "Goal" and "target" in r]
    assert [g["description"]["text"] for g in goals] == ["Jeg når g1"]
    codes = [target["detailCodeableConcept"]["coding"][0]["code"] for target in goals[0]["target"]]
    assert codes == ["d41c8072-52f8-42b5-9375-ddbea454d27f", "5bdde847-2837-416b-ab63-bbff8b7aa531"]


def test_a_cancellation_names_nobody(running: Played):
    resources = fhir.bundle(last(running.cancel("x-hus")))["entry"]

    kinds = [entry["resource"]["resourceType"] for entry in resources]
    assert kinds == ["MessageHeader", "CarePlan", "Organization", "Organization"]
    assert resources[1]["resource"]["status"] == "revoked"


def _resources(case: Played) -> list[dict[str, object]]:
    return [entry["resource"] for entry in fhir.bundle(told(case)[0])["entry"]]


def _interventions(bundle: dict[str, object]) -> set[str]:
    return {entry["fullUrl"] for entry in bundle["entry"] if "basedOn" in entry["resource"]}


def _references(data: object) -> list[str]:
    if isinstance(data, dict):
        own = [data["reference"]] if "reference" in data else []
        return own + [found for inner in data.values() for found in _references(inner)]
    return [found for inner in data for found in _references(inner)] if isinstance(data, list) else []
