"""What is said of a field, in Danish: it follows from the declaration, and names other fields by their labels."""

from __future__ import annotations

from datetime import date

import pytest

from casework.contracts.values import Consent, Diagnosis, Goal, Intervention, PlannedGoal, ServiceLine
from casework.fields import ALWAYS, NEVER, Step, entries, field, fields_of, needed, step
from casework.schema import schema_class
from casework.testing.visits import Findings, Talk, Wish
from casework.vocabularies.codes import FollowUpInterval
from casework.wording import described, needed_when, reckoned


@step("trip", "Udflugt")
class Trip(Step):
    """Every way in which a field may be needed."""

    id: str = needed("Nummer")
    is_long: bool | None = field("Lang tur", help="En tur med overnatning")
    ends: date | None = field("Hjemme den", required="not is_long")
    beds: int | None = field("Senge", required="is_long", costs="Ingen kan sove")
    when: FollowUpInterval | None = field("Hvornår", required=ALWAYS)
    day: date | None = field("Dag", required="when is specific-date")
    plan: str | None = field("Plan", required="when is not specific-date")
    after: str | None = field("Bagefter", required="ends")
    open_end: bool | None = field("Uden slutdato", required="not ends")
    guests: tuple[str, ...] = entries("Gæster", key=None, required="there are any")


def said(name: str, cls: type = Trip) -> str:
    return described(fields_of(cls)[name], cls)


@pytest.mark.parametrize(
    "name, sentences",
    [
        ("id", "Nummer. Skal udfyldes."),
        ("is_long", "Lang tur. En tur med overnatning. Kan stå tomt."),
        ("ends", "Hjemme den. Bør udfyldes, når »Lang tur« er nej."),
        ("beds", "Senge. Bør udfyldes, når »Lang tur« er ja. Mangler det: Ingen kan sove."),
        ("when", "Hvornår. Bør altid udfyldes."),
        ("day", "Dag. Bør udfyldes, når »Hvornår« er »Konkret dato«."),
        ("plan", "Plan. Bør udfyldes, når »Hvornår« er andet end »Konkret dato«."),
        ("after", "Bagefter. Bør udfyldes, når »Hjemme den« er udfyldt."),
        ("open_end", "Uden slutdato. Bør udfyldes, når »Hjemme den« står tomt."),
        ("guests", "Gæster. En liste, der sendes hel. Bør udfyldes, når der er nogen."),
    ],
)
def test_a_field_says_what_it_is_and_when_it_is_needed(name, sentences):
    assert said(name) == sentences


def test_a_condition_that_nobody_has_put_into_danish_is_found():
    with pytest.raises(LookupError, match="the moon is full"):
        needed_when("the moon is full", Trip)


def test_a_field_of_an_entry_is_needed_for_each_that_is_added():
    assert said("goal_follow_up_mode", Goal) == "Opfølgning på indsatsmål. Bør udfyldes for hver, der tilføjes."
    assert (needed_when(ALWAYS, Goal), needed_when(NEVER, Goal)) == ("altid", None)


def test_a_list_says_how_its_entries_are_known_and_which_of_their_fields_are_open():
    keyed = "En liste, hvis poster kendes på id; removed: true tager en ud."

    assert said("goals", Findings) == f"Mål. {keyed} Kan stå tomt."
    assert said("wishes", Findings) == (
        f"Ønsker. {keyed} Vises fra visit.talk.wishes, indtil der skrives noget her. Her kan kun »Linjer« skrives. "
        "Kan stå tomt."
    )


@pytest.mark.parametrize(
    "cls, name, words",
    [
        (Talk, "letters", "regnes ud af »Konklusion«"),
        (ServiceLine, "base_price", "regnes ud af »Antal i hver periode«, »Antal gentagelser« og »Enhedspris«"),
        (Intervention, "expected_price", "regnes ud af »Ydelseslinjer – Basisindsatspris«"),
        (Goal, "current_functioning_level", "følger af assessment.case_information.functioning_scores"),
        (Consent, "withdrawn_on", "følger af intake.withdraw_consent"),
    ],
)
def test_a_computed_field_says_from_what_it_follows(cls, name, words):
    assert reckoned(fields_of(cls)[name], cls) == words
    assert said(name, cls).endswith(f"{words[0].upper()}{words[1:]} og kan ikke skrives.")


@pytest.mark.parametrize("cls", [Trip, Talk, Wish, Diagnosis, PlannedGoal])
def test_the_openapi_text_says_the_same(cls):
    described_there = {name: one.metadata["description"] for name, one in schema_class(cls)().fields.items()}

    assert described_there == {name: said(name, cls) for name in fields_of(cls)}
