"""What delivery has on record of an order: what was received, the provider's documentation, and its status notes."""

from dataclasses import dataclass
from datetime import date

from casework.contracts.delivery import StatusNoteSubmitted
from casework.contracts.values import DeliveredGoal, Diagnosis, Note, OrderedIntervention, ReportedGoal
from casework.fields import ALWAYS, Step, entries, field, step
from casework.vocabularies.codes import Subtheme

_RECEIVED = "the order"  # what the authority has written stands as it was sent: the provider adds, and mends nothing


@dataclass(frozen=True)
class State:
    """One order at its provider: the version that waits for an answer, the one in force, the notes sent."""

    version: int | None = None
    in_force: int | None = None
    reason: str | None = None
    stopped: str | None = None  # cancelled or ended
    stopped_on: date | None = None
    note_due: date | None = None  # of the status note that is asked for and has not come
    notes: tuple[StatusNoteSubmitted, ...] = ()


@step("documentation", "Dokumentation", per="provider")
class Documentation(Step):
    """What came with the order, and what the provider writes under it (handbook 8.2)."""

    citizen_name: str | None = field(
        "Borgerens navn", required=ALWAYS, carried_from="ordering.order.citizen_name", computed=_RECEIVED, rule="GEN-14"
    )
    cpr_number: str | None = field(
        "Borgerens CPR-nummer",
        required=ALWAYS,
        carried_from="ordering.order.cpr_number",
        computed=_RECEIVED,
        rule="GEN-14",
    )
    diagnoses: tuple[Diagnosis, ...] = entries(
        "Borgerens eventuelle lægefaglige diagnoser",
        key=None,
        carried_from="ordering.order.diagnoses",
        computed=_RECEIVED,
        rule="GEN-14",
    )
    interventions: tuple[OrderedIntervention, ...] = entries(
        "Indsats", required=ALWAYS, carried_from="ordering.order.interventions", computed=_RECEIVED, rule="GEN-14"
    )
    citizen_wishes: str | None = field(
        "Borgerens ønsker for fremtiden",
        required=ALWAYS,
        carried_from="ordering.order.citizen_wishes",
        computed=_RECEIVED,
        rule="GEN-14",
    )
    intervention_purpose: str | None = field(
        "Indsatsformål",
        required=ALWAYS,
        carried_from="ordering.order.intervention_purpose",
        computed=_RECEIVED,
        rule="GEN-14",
    )
    goals: tuple[DeliveredGoal, ...] = entries(
        "Indsatsmål", required=ALWAYS, carried_from="ordering.order.goals", writable=("subgoals",), rule="DEL-02"
    )
    other_notes: tuple[Note, ...] = entries("Øvrig dokumentation")


@step("status_note", "Statusnotat", per="provider")
class StatusNote(Step):
    """The provider's draft of a status note, goal by goal (handbook 9.3). Once sent it is the authority's to read."""

    citizen_wishes: str | None = field(
        "Borgerens ønsker for fremtiden",
        required=ALWAYS,
        carried_from="delivery.documentation.citizen_wishes",
        computed=_RECEIVED,
        rule="GEN-14",
    )
    intervention_purpose: str | None = field(
        "Indsatsformål",
        required=ALWAYS,
        carried_from="delivery.documentation.intervention_purpose",
        computed=_RECEIVED,
        rule="GEN-14",
    )
    goals: tuple[ReportedGoal, ...] = entries(
        "Indsatsmål",
        required=ALWAYS,
        carried_from="delivery.documentation.goals",
        writable=("provider_evaluation",),
        rule="DEL-02",
    )
    significant_changes: str | None = field("Væsentlige ændringer i borgerens situation", required="there are any")
    change_subthemes: tuple[Subtheme, ...] = entries("Relevante undertemaer", key=None, required="significant_changes")
    provider_remarks: str | None = field("Bemærkninger fra udfører")


STEPS: tuple[type[Step], ...] = (Documentation, StatusNote)
