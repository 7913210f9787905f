"""Every field of intake and assessment, one by one: written and read again over the API, or refused with a reason.

The rows are those of docs/fields.md, so a field that is added is tested from then on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from importlib import import_module
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest

from casework.contracts import CONTRACTS
from casework.contracts.decision import DecisionMade
from casework.contracts.followup import FollowupConcluded
from casework.contracts.intake import CaseChanged, CitizenChanged, ConsentChanged
from casework.contracts.values import Document, Party
from casework.fields import Step, fields_of
from casework.schema import Amount, load
from casework.testing.cases import A_CASEWORKER, OPENED, TODAY, Office
from casework.testing.values import filled, form, values_of
from casework.vocabularies.fields import CodeField
from casework.wording import described, reckoned
from onebox.fields import Row, phase, rows

PHASES = ("intake", "assessment")
ROWS = {row.name: row for name in PHASES for row in rows(name)}
Json = dict[str, Any]

OURS = {"id": A_CASEWORKER.id, "name": A_CASEWORKER.name, "role": "caseworker"}

COMPANIONS: Mapping[str, Json] = {
    "intake.case.is_confidential": {"case": {"caseworker": OURS}},
    "intake.clear_case.clear_case_": {"clear_case": {"is_clear_case": True}},
    "assessment.case_assessment.primary_target_group": {"case_assessment": {"diagnoses": [{"diagnosis": "F20.0"}]}},
    "assessment.case_assessment.other_target_groups": {"case_assessment": {"diagnoses": [{"diagnosis": "F20.0"}]}},
    "assessment.case_assessment.holistic_plan_status": {"case_assessment": {"holistic_plan_wanted": True}},
    "assessment.action_plan.goals": {"case_assessment": {"goals": [{"id": "a"}]}},
}
"""What must be there before the field may be filled in: a case of one's own, INT-09, EVA-09, PLN-09, GOL-18."""

BESIDE: Mapping[str, Json] = {
    "assessment.case_information.theme_entries.theme": {"citizen_information": "Jeg ser min søster."},
}
"""What stands beside the field in its entry, for the field alone says nothing: ASM-09."""

WITHDRAWN = "Et samtykke trækkes tilbage for sig", "INT-18"
OTHERWISE: Mapping[str, tuple[str, str]] = {
    "intake.consent.consents_to_obtain.withdrawn_on": WITHDRAWN,
    "intake.consent.consents_to_share.withdrawn_on": WITHDRAWN,
}
"""Computed fields that may be sent as they stand, and not otherwise: what the refusal of their list says."""


def kind(row: Row) -> str:
    return "closed" if row.closed else "computed" if row.computed else "open"


def each(rows: list[Row]) -> Any:
    """A test for each row."""
    return pytest.mark.parametrize("row", rows, ids=lambda row: row.name)


def of(kinds: str) -> list[Row]:
    return [row for row in ROWS.values() if kind(row) == kinds]


# a case for each test
@dataclass(frozen=True)
class Case:
    """A new case of a new citizen, in an office that the tests of this file share."""

    office: Office
    id: UUID

    def record(self, patch: Mapping[str, Any]) -> Any:
        return self.office.record(dict(patch), self.id)

    def written(self, *patches: Mapping[str, Any]) -> None:
        for patch in patches:
            answer = self.record(patch)
            assert answer.status_code == 200, answer.text

    def act(self, action: str, **given: Any) -> None:
        answer = self.office.act(action, self.id, **given)
        assert answer.status_code == 200, answer.text

    def records(self) -> Json:
        """Every step by its name, with its values and their origins."""
        answer = self.office.call(A_CASEWORKER, "GET", f"/cases/{self.id}/records")
        assert answer.status_code == 200, answer.text
        return {record["step"]: record for record in answer.get_json()["records"]}

    def shown(self, row: Row) -> tuple[Any, Any]:
        """What the field says in the records, and in the case as a whole."""
        step, parts = row.step.step, self.office.read(self.id)["parts"]
        place = DOCUMENTED.get(f"{row.phase}.{step}", lambda parts: parts[row.phase].get(step, {}))
        return found(self.records()[step]["values"], row.path), found(place(parts), row.path)


def found(values: Any, path: str) -> Any:
    """What stands at a path, in the last entry of each list."""
    for name in path.split("."):
        values = (values[-1] if isinstance(values, list) else values).get(name)
        if values is None:
            return None
    return values


def ledger(parts: Json) -> Json:
    """In the case document levels stand by their sub-theme, and a hearing is known by its number alone."""
    levels = [{"subtheme": sub, **entry} for sub, entries in parts["levels"].items() for entry in entries]
    hearings = [{"id": str(hearing["number"]), **hearing} for hearing in parts["hearings"]]
    return parts["assessment"] | {"levels": levels, "hearings": hearings}


DOCUMENTED: Mapping[str, Callable[[Json], Json]] = {
    "intake.case": lambda parts: parts["case"],
    "intake.citizen": lambda parts: parts["citizen"],
    "intake.ledger": lambda parts: parts["intake"],
    "assessment.ledger": ledger,
    "assessment.plans": lambda parts: parts["assessment"],
}
"""Where a step stands in the case document, if not under its phase and name."""


@pytest.fixture(scope="module")
def offices() -> dict[str, Office]:
    return {name: Office(import_module(f"{name}.app")) for name in PHASES}


def opened(office: Office, **more: Any) -> Case:
    case = uuid4()
    if office.service.name == "intake":
        assert office.call(A_CASEWORKER, "POST", "/cases", json={"id": str(case)}).status_code == 201
    else:
        office.hear(replace(OPENED, **{"citizen_id": uuid4(), **more}), subject=case)
    return Case(office, case)


@pytest.fixture
def case(offices: dict[str, Office], row: Row) -> Case:
    made = opened(offices[row.phase])
    made.written(*(companion for prefix, companion in COMPANIONS.items() if row.name.startswith(prefix)))
    return made


# what can be written
def patch_of(row: Row, value: Any) -> Json:
    """A recording of this one value, within entries that hold no more than they must."""
    given = value
    for outer, name in zip(reversed(row.above), reversed(row.path.split(".")), strict=False):
        assert outer.entry
        given = [{**filled(outer.entry, name), **BESIDE.get(row.name, {}), name: given}]
    return {row.step.step: {row.path.partition(".")[0]: given}}


def as_sent(shown: Any, cls: type | None) -> Any:
    """What is shown of a value, without what is reckoned beside it."""
    if cls is None or not isinstance(shown, dict | list):
        return shown
    if isinstance(shown, list):
        return [as_sent(one, cls) for one in shown]
    known = fields_of(cls)
    return {n: as_sent(value, known[n].entry) for n, value in shown.items() if not known[n].info.computed}


NO_ALTERNATIVES = (
    "assessment.recommendation.interventions.is_alternative",
    "assessment.action_plan.interventions.is_alternative",
)
"""What is put forward and planned holds none: marked as one, an intervention is no longer of it."""


def writable_values(row: Row) -> list[Any]:
    """Values that the field takes, and that show where it was written."""
    if row.name in NO_ALTERNATIVES:
        return [False]
    if writable := row.declared.info.writable:
        return [[filled(row.declared.type, *writable)]]
    is_of_carried = row.above and row.above[-1].info.writable
    return values_of(row.declared)[: 1 if is_of_carried else None]


@each(of("open"))
def test_a_field_is_written_and_read_again_letter_by_letter(case, row):
    for value in writable_values(row):
        case.written(patch_of(row, value))

        assert [as_sent(shown, row.declared.entry) for shown in case.shown(row)] == [value, value]


@each(
    [row for row in of("open") if not (row.above or row.declared.info.writable or row.name.startswith("intake.case."))]
)
def test_null_empties_a_field(case, row):
    case.written(patch_of(row, values_of(row.declared)[0]), patch_of(row, None))

    assert case.shown(row) == (None, None)


@pytest.mark.parametrize("step", [step for name in PHASES for step in phase(name).steps], ids=lambda step: step.step)
def test_a_whole_form_is_written_at_once(offices, step):
    name = next(name for name in PHASES if step in phase(name).steps)
    case = opened(offices[name])
    case.written(*(companion for prefix, companion in COMPANIONS.items() if prefix.startswith(f"{name}.{step.step}.")))
    given = whole(step)
    case.written({step.step: given})

    shown = as_sent(case.records()[step.step]["values"], step)
    assert {n: value for n, value in shown.items() if n in given} == given


NUMBERS = (f"010260{serial:04}" for serial in count())
"""CPR numbers: each is one citizen's."""


def whole(step: type[Step]) -> Json:
    return form(step) | ({"cpr_number": next(NUMBERS)} if step.step == "citizen" else {})


# what cannot
def refusal(answer: Any) -> tuple[str, str, str | None]:
    """The field that is named, the words, and the rule."""
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json"), answer.text
    problem = answer.get_json()
    return problem["field"], problem["detail"], problem.get("rule")


def sent_at(row: Row) -> str:
    """The path of the field in what was sent: `case_assessment.goals[0].goal_type`."""
    return f"{row.step.step}." + "[0].".join(row.path.split("."))


@each(of("computed"))
def test_a_computed_field_is_refused_and_says_from_what_it_follows(case, row):
    before = case.records()
    field, words, rule = refusal(case.record(patch_of(row, values_of(row.declared)[0])))

    assert sent_at(row).startswith(field)
    assert (words, rule) == OTHERWISE.get(row.name, reason(row))
    assert case.records() == before


def reason(row: Row) -> tuple[str, str | None]:
    """In which words, and by which rule, the field or the list that it stands in is refused."""
    branch = (*row.above, row.declared)
    number = branch.index(row.computed)
    within = branch[number - 1].entry if number else row.step
    return f"Feltet {reckoned(branch[number], within)} og kan ikke skrives", branch[number].info.rule


@each(of("closed"))
def test_a_closed_field_of_a_carried_list_is_refused_where_it_is_carried(case, row):
    before = case.records()
    field, words, rule = refusal(case.record(patch_of(row, values_of(row.declared)[0])))

    assert sent_at(row).startswith(field)
    assert (words, rule) == ("Det her er overført, og kan kun rettes, hvor det er skrevet", "GOL-18")
    assert case.records() == before


# what is carried
@each([row for row in ROWS.values() if row.declared.info.carried_from])
def test_a_carried_field_shows_from_where_it_comes_until_it_is_mended(case, row):
    origin, here = row.declared.info.carried_from, values_of(row.declared)[-1]
    there = values_of(ROWS[origin].declared)[0]
    tell(case, origin, there)

    step, path = row.step.step, row.path
    carried = case.records()[step]
    assert as_sent(carried["values"][path], row.declared.entry) == there
    assert carried["origins"][path] == origin
    if not (row.declared.many and row.declared.info.key):  # the entries of such a list are mended one by one
        case.written(patch_of(row, here))
        mended = case.records()[step]
        assert as_sent(mended["values"][path], row.declared.entry) == here
        assert path not in mended["origins"]


def tell(case: Case, path: str, value: Any) -> None:
    """Write the value where it comes from: in this phase, or told by another."""
    step, _, name = path.rpartition(".")
    if step.startswith("assessment."):
        case.written(*(companion for prefix, companion in COMPANIONS.items() if path.startswith(prefix)))
        case.written(patch_of(ROWS[path], value))
    elif step == "intake.cooperation":  # the municipalities go with the case itself
        changed = CaseChanged(**{**vars(OPENED), "citizen_id": uuid4(), name: load(Party, value)})
        case.office.hear(changed, subject=case.id)
    else:
        told = [terms for terms in CONTRACTS.values() if name in (terms.tells or {}).get(step, ())]
        terms = next(terms for terms in told if "assessment" in terms.consumers)
        case.office.hear(load(terms.message, {name: value}), subject=case.id)


# what is reckoned
@pytest.fixture(scope="module")
def worked(offices: dict[str, Office]) -> dict[str, Case]:
    """In each phase a case in which everything has happened that a computed field follows from."""
    return {"intake": worked_opening(offices["intake"]), "assessment": worked_assessment(offices["assessment"])}


def worked_opening(office: Office) -> Case:
    case = opened(office)
    forms = forms_of("intake")
    forms["enquiry"]["enquiry_received_date"] = "2026-03-02"
    case.written(forms)
    consent = forms["consent"]["consents_to_obtain"][0]
    asked = {name: consent[name] for name in ("consent_party", "consent_party_name")}
    case.act("withdraw_consent", **asked)
    case.act("request_information", **asked, about="Skolegang", exception="RSL § 11 c")
    case.act("record_information", answer=filled(Document))
    case.act("announce_new_date", expected_on="2027-03-01", reason="Vi venter på en lægeerklæring.")
    return case


def worked_assessment(office: Office) -> Case:
    citizen, forms = uuid4(), forms_of("assessment")
    for step in ("case_information", "case_assessment"):
        del forms[step]["category_analyses"]  # else no remarks are carried on
    (helped,) = forms["case_assessment"]["interventions"]
    forms["case_assessment"]["interventions"] = [helped, {**helped, "id": "b", "is_alternative": True}]
    earlier = opened(office, citizen_id=citizen, case_number="2025-00077")
    earlier.written({"case_information": forms["case_information"]})
    office.hear(A_DECISION, subject=earlier.id)

    case = opened(office, citizen_id=citizen)
    office.hear(ConsentChanged(reused_information_consent=True), A_DECISION, subject=case.id)
    office.hear(CitizenChanged(citizen_address="Havnegade 1"), subject=case.id)
    theme = forms["case_information"]["theme_entries"][0]["theme"]
    case.act("start")
    case.act("reuse", from_case=str(earlier.id), themes=[theme])
    case.act("confirm_reused", items=[f"case_information.theme_entries[{theme}]"])
    case.written(forms)
    case.act("reopen_themes", themes=[theme])
    case.act("send_hearing", facts="Oplysninger fra skolen", documents=[filled(Document)])
    case.act("record_hearing_answer", party_hearing_response="Det er rigtigt")
    case.act("send_copy")
    case.act("offer_plan")
    case.act("complete_plan")
    case.act("pause", reason="Afventer lægeerklæring")
    office.hear(A_FOLLOW_UP, subject=case.id)
    return case


def forms_of(name: str) -> Json:
    return {step.step: given for step in phase(name).steps if (given := whole(step))}


A_DECISION = DecisionMade(number=1, decision_date=TODAY, decision_outcome="granted", assessment_revision=1)
A_FOLLOW_UP = FollowupConcluded(
    number=1, follow_up_held_on=TODAY, follow_up_outcome="continue", action_plan_to_update=True
)


@each([row for row in ROWS.values() if row.computed])
def test_what_is_reckoned_can_be_read(worked, row):
    recorded, documented = worked[row.phase].shown(row)

    assert recorded not in (None, [], {})
    assert documented == recorded


# what the API says of itself
@pytest.fixture(scope="module")
def described_there(offices: dict[str, Office]) -> dict[str, Json]:
    return {name: office.app.extensions["api"].spec.to_dict() for name, office in offices.items()}


@each([*ROWS.values()])
def test_a_field_is_described_in_the_openapi_text(described_there, row):
    document = described_there[row.phase]
    patch = document["paths"]["/cases/{case_id}"]["patch"]["requestBody"]["content"]["application/json"]["schema"]
    schema = resolved(document, patch)["properties"][row.step.step]
    for name in row.path.split("."):
        schema = resolved(document, schema)
        schema = resolved(document, schema.get("items", schema))["properties"][name]

    owner = row.above[-1].entry if row.above else row.step
    assert schema["title"] == row.declared.info.label
    assert schema["description"] == described(row.declared, owner)
    assert is_of_type(schema, row)
    assert schema.get("readOnly", False) == bool(row.declared.info.computed)


def resolved(document: Json, schema: Json) -> Json:
    """Where a schema points to another: that one."""
    one = next((s for s in schema.get("anyOf", schema.get("allOf", ())) if "$ref" in s), schema)
    while "$ref" in one:
        one = document["components"]["schemas"][one["$ref"].rpartition("/")[2]]
    return one


TYPES = {str: "string", bool: "boolean", date: "string", datetime: "string", Amount: "string"}
TYPES |= {int: "integer", Decimal: "number", UUID: "string"}


def is_of_type(schema: Json, row: Row) -> bool:
    if row.declared.many:
        return "array" in schema["type"] and bool(schema["items"].keys() & {"type", "$ref"})
    if row.declared.entry:
        return "$ref" in str(schema)
    coded = [a for a in row.declared.annotations if isinstance(a, CodeField)]
    known = not coded or schema["x-vocabulary"] == coded[0].vocabulary.name
    return known and TYPES[row.declared.type] in schema["type"]
