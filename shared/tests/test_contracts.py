"""The messages: each has a true-to-life example, and may change only so that nobody who knows it is left behind."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from casework.contracts import SERVICES, Contract, Message, load_all
from casework.contracts.compatibility import breaking, changed, explain, unreadable
from casework.contracts.export import (
    documents,
    example,
    examples,
    flows,
    personal_data,
    schema_of,
    schema_of_type,
    walk_all,
)
from casework.contracts.values import Party
from casework.errors import Invalid
from casework.fields import entries, field, needed, value
from casework.messaging import Envelope
from casework.schema import Amount, dump, load
from casework.vocabularies.codes import GoalType, PrimarySubtheme, Subtheme
from casework.vocabularies.fields import code

DOCS = Path(__file__).parents[2] / "docs" / "contracts"
CONTRACTS = load_all()
EXAMPLES = [(c, case, body) for c in CONTRACTS.values() for case, body in examples(c.name, c.version).items()]
EACH_CONTRACT = pytest.mark.parametrize("contract", CONTRACTS.values(), ids=lambda c: c.name)
EACH_EXAMPLE = pytest.mark.parametrize(
    "contract,body", [(c, b) for c, _, b in EXAMPLES], ids=[f"{c.name}-{case}" for c, case, _ in EXAMPLES]
)


def check(contract: Contract, body: Any) -> Message:
    """What every consumer does with a body, and an outsider with the published schema. Raises where one fails."""
    read = load(contract.message, body, unknown="exclude")
    Draft202012Validator(schema_of(contract), format_checker=Draft202012Validator.FORMAT_CHECKER).validate(body)
    return read


# examples
@EACH_CONTRACT
def test_every_message_has_an_example(contract):
    assert examples(contract.name, contract.version), (
        f"Write shared/casework/contracts/examples/{contract.name}/{contract.version}/<case>.json"
    )


@EACH_EXAMPLE
def test_an_example_can_be_read_and_comes_out_as_it_went_in(contract, body):
    message = check(contract, body)

    assert dump(message) == body
    assert load(contract.message, body) == message  # and holds no field that the message does not have


@EACH_EXAMPLE
def test_an_example_travels_in_an_envelope(contract, body):
    there = {
        "id": "3f6c0f7e-6f0a-4d55-9c0e-0c8f8f5f2a11", "type": contract.name, "version": contract.version,
        "subject": "8d1f3c52-2a77-4c5e-9a3f-5f1f0e6b7a90", "numbers": {}, "time": "2026-03-02T08:15:00+00:00",
        "producer": contract.producers[0], "body": body,
    }  # fmt: skip

    envelope = Envelope.from_json(there)

    assert dump(envelope.message()) == body
    assert envelope.to_json() == there


def test_no_example_is_left_of_a_message_that_is_gone():
    folder = files("casework.contracts") / "examples"
    kept = {(name.name, int(version.name)) for name in folder.iterdir() for version in name.iterdir()}

    assert {(n, v) for n, v in kept if n not in CONTRACTS or v > CONTRACTS[n].version} == set()


BROKEN = [
    ("decision.made", lambda body: body.pop("decision_date"), "decision_date"),
    ("decision.made", lambda body: body.update(decision_outcome="maybe"), "decision_outcome"),
    ("decision.made", lambda body: body.update(number="1"), "number"),
    ("decision.made", lambda body: body["granted_interventions"][0].update(expected_price=234000), "expected_price"),
    ("order.sent", lambda body: body["goals"][0].update(expected_functioning_level=5), "expected_functioning_level"),
    ("order.sent", lambda body: body["interventions"][0].update(follow_up_date="i juni"), "follow_up_date"),
]


@pytest.mark.parametrize("name,spoil,at", BROKEN, ids=[at for _, _, at in BROKEN])
def test_a_producer_that_sends_what_no_consumer_can_read_is_found(name, spoil, at):
    body = json.loads(json.dumps(example(CONTRACTS[name].message)))
    spoil(body)

    with pytest.raises(Invalid, match=at) as refused:
        check(CONTRACTS[name], body)
    assert at in refused.value.more["errors"][0]["field"]
    with pytest.raises(ValidationError):
        Draft202012Validator(schema_of(CONTRACTS[name]), format_checker=Draft202012Validator.FORMAT_CHECKER).validate(
            body
        )


def is_refused(contract: Contract, body: Any) -> tuple[bool, bool]:
    """By the reader, by the published schema."""
    try:
        load(contract.message, body, unknown="exclude")
        read = True
    except Invalid:
        read = False
    return not read, not Draft202012Validator(schema_of(contract)).is_valid(body)


@EACH_EXAMPLE
def test_reader_and_schema_refuse_the_same(contract, body):
    required = schema_of(contract)["required"]
    for name in body:
        without = {n: v for n, v in body.items() if n != name}
        assert is_refused(contract, without) == (name in required, name in required), name
        assert is_refused(contract, {**body, name: {"noget": "andet"}}) == (True, True), name


# who
@EACH_CONTRACT
def test_a_message_goes_from_known_services_to_known_services(contract):
    assert contract.producers
    assert set(contract.consumers) - set(contract.producers) or contract.consumers
    assert {*contract.producers, *contract.consumers} <= set(SERVICES)


def test_what_a_service_tells_itself_needs_no_queue():
    assert ("decision", "decision", "decision.reassessed") not in flows()
    assert ("decision", "assessment", "decision.reassessed") in flows()


def test_cpr_numbers_go_only_to_those_who_address_or_report_the_citizen():
    told = {s for c in CONTRACTS.values() if "CPR" in personal_data(c) for s in c.consumers}

    assert told <= {"assessment", "decision", "ordering", "followup", "delivery", "reporting"}


@pytest.mark.parametrize("name", ["decision.made", "decision.notified", "complaint.received", "followup.concluded"])
def test_reasons_and_complaints_stay_where_they_were_written(name):
    assert "free text" not in personal_data(CONTRACTS[name])


# schemas
@EACH_CONTRACT
def test_a_schema_is_valid_and_labelled_in_danish(contract):
    schema = schema_of(contract)

    Draft202012Validator.check_schema(schema)
    assert all(inner["title"] for inner in schema["properties"].values() if "title" in inner or "$ref" not in inner)


def test_a_schema_says_money_quantities_codes_and_dates_exactly():
    defs = schema_of(CONTRACTS["decision.made"])["$defs"]
    line, intervention = defs["ServiceLine"]["properties"], defs["Intervention"]["properties"]

    assert line["unit_price"]["pattern"] == r"^-?\d{1,12}\.\d{2}$"
    assert line["units_per_period"]["multipleOf"] == 0.5
    assert line["unit"]["enum"] == ["piece", "hour", "day", "month", "year"]
    assert intervention["services"]["items"] == {"type": "string", "x-vocabulary": "services"}  # too many to list
    assert intervention["expected_start_date"] == {
        "title": "Forventet startdato for indsats", "type": "string", "format": "date",
    }  # fmt: skip


def test_documents_are_the_same_each_time():
    assert documents() == documents()


def test_every_field_of_a_message_is_in_its_schema():
    for contract in CONTRACTS.values():
        top = {path for path, _ in walk_all(contract.message) if "." not in path}
        assert set(schema_of(contract)["properties"]) == top


# change
@value
class Item:
    id: str = needed()
    price: Amount | None = field("Pris")


@value
class Old:
    """A message as one service knows it."""

    number: int = needed("Nummer")
    goal_type: GoalType | None = field("Måltype")
    colour: Annotated[str, code("tracks")] | None = field("Spor")
    text: str | None = field("Tekst")
    items: tuple[Item, ...] = entries("Linjer")
    party: Party | None = field("Part")


@value
class NewItem(Item):
    note: str | None = field("Bemærkning")


@value
class Added(Old):
    """As a newer one sends it: a field more, also inside a list."""

    items: tuple[NewItem, ...] = entries("Linjer")  # type: ignore[assignment]
    reason: str | None = field("Begrundelse")


@value
class Removed:
    number: int = needed("Nummer")
    goal_type: GoalType | None = field("Måltype")
    colour: Annotated[str, code("tracks")] | None = field("Spor")
    items: tuple[Item, ...] = entries("Linjer")
    party: Party | None = field("Part")


@value
class Emptied(Old):
    number: int | None = field("Nummer")  # type: ignore[assignment]


@value
class Retyped(Old):
    number: str = needed("Nummer")  # type: ignore[assignment]


@value
class Demanding(Old):
    text: str = needed("Tekst")


@value
class OtherList(Old):
    goal_type: Annotated[str, code("tracks")] | None = field("Måltype")


@value
class Many(Old):
    text: tuple[str, ...] = entries("Tekst", key=None)  # type: ignore[assignment]


@value
class LooseItem(Item):
    price: str | None = field("Pris")  # type: ignore[assignment]


@value
class Loose(Old):
    items: tuple[LooseItem, ...] = entries("Linjer")  # type: ignore[assignment]


@value
class AnotherMoney(Old):
    items: tuple[Item, ...] = entries("Linjer")
    extra: Amount = needed("Beløb")


def schema(cls: type) -> dict[str, Any]:
    return schema_of_type(cls, "example")


def test_a_field_more_that_may_be_absent_breaks_nothing():
    assert breaking(schema(Old), schema(Added)) == []


def test_an_old_reader_reads_what_a_newer_sender_adds():
    sent = dump(Added(number=3, text="Bolig", items=(NewItem(id="a", note="haster"),), reason="Ny bolig"))

    read = load(Old, sent, unknown="exclude")

    assert read == Old(number=3, text="Bolig", items=(Item(id="a"),))


def test_a_newer_reader_reads_what_was_kept_before():
    kept = dump(Old(number=3, items=(Item(id="a"),)))

    assert load(Added, kept, unknown="exclude") == Added(number=3, items=(NewItem(id="a"),))


CHANGES = [
    (Emptied, Emptied(), "an old reader refuses number: it may be absent"),
    (Retyped, Retyped(number="3"), "an old reader refuses number: string instead of integer"),
    (Many, Many(number=3, text=("Bolig",)), "an old reader refuses text: array instead of string"),
    (OtherList, OtherList(number=3, goal_type="small"), "goal_type: codes of tracks instead of goal-types"),
    (Loose, Loose(number=3, items=(LooseItem(id="a", price="meget"),)), "items[].price: pattern None instead of"),
]


@pytest.mark.parametrize("new,sent,why", CHANGES, ids=[new.__name__ for new, _, _ in CHANGES])
def test_a_change_that_breaks_is_named_and_an_old_reader_does_refuse_it(new, sent, why):
    assert why in "\n".join(breaking(schema(Old), schema(new)))
    with pytest.raises(Invalid):
        load(Old, dump(sent), unknown="exclude")


@pytest.mark.parametrize("new,at", [(Demanding, "text"), (AnotherMoney, "extra")])
def test_a_field_that_must_be_there_from_now_on_breaks_what_is_kept(new, at):
    assert breaking(schema(Old), schema(new)) == [f"a new reader refuses, in an old message, {at}: it may be absent"]
    with pytest.raises(Invalid, match=at):
        load(new, dump(Old(number=3)), unknown="exclude")


def test_a_field_that_is_gone_breaks_although_an_old_reader_does_not_notice():
    assert breaking(schema(Old), schema(Removed)) == ["text is no longer sent"]
    assert load(Old, dump(Removed(number=3)), unknown="exclude").text is None  # nobody could tell it from empty


def test_a_code_that_is_new_in_its_list_is_no_new_version_but_waits_for_the_list():
    old, new = schema(Old), schema(Old)
    new["properties"]["goal_type"]["enum"] = [*old["properties"]["goal_type"]["enum"], "to-be-invented"]

    assert breaking(old, new) == []
    with pytest.raises(Invalid, match="goal_type"):  # parked with the reason, and sent again once the list is known
        load(Old, {"number": 3, "goal_type": "to-be-invented"}, unknown="exclude")


def test_another_part_of_the_same_list_breaks():
    @value
    class Narrow:
        subtheme: PrimarySubtheme = needed("Undertema")

    @value
    class Wide:
        subtheme: Subtheme = needed("Undertema")

    assert "old reader" in breaking(schema(Narrow), schema(Wide))[0]
    assert "new reader" in breaking(schema(Wide), schema(Narrow))[0]


@pytest.mark.parametrize(
    "old,new,why",
    [
        ({"type": "string"}, {"type": ["string", "null"]}, "null or string instead of string"),
        ({"type": "integer"}, {"type": "number"}, "number instead of integer"),
        ({"enum": ["a"]}, {"enum": ["a", "b"]}, "an old reader refuses x: b"),
        ({"enum": ["a", "b"]}, {"enum": ["a"]}, "a new reader refuses, in an old message, x: b"),
        ({"enum": ["a"]}, {"type": "string"}, "any value"),
        ({"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}, "date-time instead of date"),
        ({"type": "integer", "maximum": 4}, {"type": "integer", "maximum": 5}, "maximum 5 instead of 4"),
        ({"type": "integer", "minimum": 0}, {"type": "integer"}, "minimum None instead of 0"),
        ({"type": "number", "multipleOf": 0.5}, {"type": "number", "multipleOf": 0.25}, "0.25 instead of 0.5"),
    ],
)
def test_what_breaks_inside_one_field(old, new, why):
    before, after = ({"type": "object", "properties": {"x": one}} for one in (old, new))

    assert why in "\n".join(breaking(before, after))


@pytest.mark.parametrize("writer", [{"type": "integer"}, {"type": "number", "multipleOf": 1}])
def test_a_reader_of_numbers_reads_what_is_narrower(writer):
    reader = {"type": "object", "properties": {"x": {"type": "number"}}}

    assert unreadable(reader, {"type": "object", "properties": {"x": writer}}) == []


@EACH_CONTRACT
def test_a_message_is_compatible_with_itself(contract):
    assert breaking(schema_of(contract), schema_of(contract)) == []


# older versions
OLDER = [(c, version) for c in CONTRACTS.values() for version in range(1, c.version)]


def test_every_older_version_stays_published_and_its_examples_are_read_as_the_newest():
    for contract, version in OLDER:
        assert (DOCS / f"{contract.name}.v{version}.schema.json").exists()
        assert examples(contract.name, version), f"the examples of {contract.name} version {version} stay"
        for body in examples(contract.name, version).values():
            load(contract.message, contract.versions.up(version, body))


def test_what_is_brought_down_is_as_the_older_version_was_published():
    for contract, version in OLDER:
        published = json.loads((DOCS / f"{contract.name}.v{version}.schema.json").read_text("utf-8"))
        spoken = examples(contract.name, contract.version) if contract.versions.goes_down_to(version) else {}
        for body in spoken.values():
            Draft202012Validator(published).validate(contract.versions.down(version, body))


# what has been published
def test_no_message_breaks_what_is_published_under_its_number():
    found = changed(DOCS, CONTRACTS)

    assert not found, explain(found)


def test_a_breaking_change_under_the_same_number_fails_with_the_reason(tmp_path):
    contract = CONTRACTS["decision.made"]
    published = schema_of(contract)
    published["properties"]["letter_sent"] = {"type": "boolean"}
    published["required"].append("letter_sent")
    (tmp_path / "decision.made.v1.schema.json").write_text(json.dumps(published), "utf-8")

    found = changed(tmp_path, {"decision.made": contract})

    assert explain(found).splitlines() == [
        "decision.made version 1:",
        "  - letter_sent is no longer sent",
        "  - an old reader refuses letter_sent: it may be absent",
        "Either the change only adds what may be absent, or the message gets the next version, with an example.",
    ]


def test_a_new_version_may_break_with_the_old(tmp_path):
    contract = CONTRACTS["decision.made"]
    published = {**schema_of(contract), "required": [*schema_of(contract)["properties"]]}
    (tmp_path / "decision.made.v0.schema.json").write_text(json.dumps(published), "utf-8")

    assert changed(tmp_path, {"decision.made": contract}) == {}
