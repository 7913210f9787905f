"""What followup has on record: each follow-up from its preparation to what comes of it, and the plan of dates."""

from dataclasses import dataclass
from datetime import date, datetime

from casework.contracts.delivery import StatusNoteSubmitted
from casework.contracts.values import FollowedUpGoal, FollowedUpIntervention, Party
from casework.fields import ALWAYS, Step, entries, field, needed, step, value
from casework.vocabularies.codes import ActionOption, FollowUpForm, FollowUpOutcome, SupportLevel


@dataclass(frozen=True)
class State:
    """One follow-up: why it was opened, whether it is an extra one, and when it was concluded."""

    opened_on: date | None = None
    reason: str | None = None
    is_extra: bool | None = None
    inspected_on: date | None = None
    concluded_on: date | None = None
    concluded_at: datetime | None = None  # tells whether a level of an order is older or newer


# the plan of dates
@value
class PlannedDate:
    """A coming day, and what put it there: an order, a goal with a day of its own, or the last follow-up."""

    on: date = needed("Dato")
    origin: str = needed("Fra")  # order, goal, or next
    provider_id: str | None = field("Udfører")
    goal: str | None = field("Mål")


@value
class RequestedNote:
    """A status note asked of a provider, once per planned date."""

    provider_id: str = needed("Udfører")
    planned_on: date = needed("Opfølgning den")
    number: int = needed("Opfølgning")
    note_due: date = needed("Senest")
    waits: bool = needed("Venter")

    @property
    def key(self) -> str:
        return f"{self.provider_id}/{self.planned_on.isoformat()}"


@value
class ReceivedNote(StatusNoteSubmitted):
    """A status note, and the follow-up it belongs to: the one open when it came, else the next."""

    number: int = needed("Opfølgning")


@value
class Review:
    """The yearly follow-up of a grant by § 100 (FUP-13): by which decision, for which year, and when it is due."""

    decision: int = needed("Afgørelse")
    year: int = needed("År")
    interventions: tuple[str, ...] = entries("Indsatser", key=None)
    due: date = needed("Dato")

    @property
    def key(self) -> str:
        return f"{self.decision}/{self.year}"


@value
class Report:
    """New circumstances, to which nobody has answered by a follow-up yet (DEL-07)."""

    provider_id: str = needed("Udfører")
    reported_on: date = needed("Meldt den")
    text: str = needed("Nye forhold")


@step("plan", "Planlagte datoer")
class Plan(Step):
    """What the house remembers between follow-ups."""

    dates: tuple[PlannedDate, ...] = entries("Datoer", key=None, computed="orders and follow-ups")
    requested: tuple[RequestedNote, ...] = entries("Bestilte statusnotater", key=None, computed="the plan of dates")
    notes: tuple[ReceivedNote, ...] = entries("Statusnotater", key=None, computed="status_note.submitted")
    reviews: tuple[Review, ...] = entries("Årlig opfølgning", key=None, computed="decision.made")
    reports: tuple[Report, ...] = entries("Nye forhold", key=None, computed="change.reported")


# what is filled in
@step("preparation", "Forberedelse", per="number")
class Preparation(Step):
    """What is looked up and asked for before the meeting (handbook 9.2)."""

    status_note_requested: bool | None = field("Statusnotat bestilt hos udfører", required="a provider delivers")
    price_development_checked: bool | None = field("Overblik over økonomien")
    use_of_force_checked: bool | None = field("Orientering om magtanvendelser")


@step("follow_up", "Opfølgning", per="number")
class FollowUp(Step):
    """The follow-up itself: who took part, each goal in three voices, what it leads to (handbook 9.4)."""

    citizen_name: str | None = field("Borgerens navn", required=ALWAYS, carried_from="intake.citizen.citizen_name")
    cpr_number: str | None = field("Borgerens CPR-nummer", required=ALWAYS, carried_from="intake.citizen.cpr_number")
    participants: tuple[Party, ...] = entries("Deltagere ved opfølgningen", key=None, required=ALWAYS)
    follow_up_form: FollowUpForm | None = field("Opfølgningsform", required=ALWAYS)
    follow_up_held_on: date | None = field("Dato for opfølgning", required=ALWAYS)
    next_follow_up_date: date | None = field("Næste opfølgning", required="the intervention continues")
    interventions: tuple[FollowedUpIntervention, ...] = entries(
        "Indsats", required=ALWAYS, carried_from="ordering.order.interventions"
    )
    citizen_wishes: str | None = field(
        "Borgerens ønsker for fremtiden", required=ALWAYS, carried_from="ordering.order.citizen_wishes"
    )
    intervention_purpose: str | None = field(
        "Indsatsformål", required=ALWAYS, carried_from="ordering.order.intervention_purpose"
    )
    goals: tuple[FollowedUpGoal, ...] = entries("Indsatsmål", required=ALWAYS, carried_from="ordering.order.goals")
    significant_changes: str | None = field(
        "Væsentlige ændringer i borgerens situation",
        required="there are any",
        carried_from="followup.status_note.significant_changes",
    )
    overall_conclusion: str | None = field("Samlet konklusion", required=ALWAYS)
    relatives_comments: str | None = field("Eventuelle kommentarer fra pårørende")
    follow_up_outcome: FollowUpOutcome | None = field("Status på indsats", required=ALWAYS)
    citizen_agrees: bool | None = field("Borgeren er enig")
    previous_support_need: SupportLevel | None = field(
        "Borgerens støttebehov ved opstart af indsats eller seneste opfølgning",
        required=ALWAYS,
        carried_from="ordering.order.current_support_need",
    )
    current_support_need: SupportLevel | None = field("Borgerens støttebehov efter opfølgning", required=ALWAYS)


@step("inspection", "Personrettet tilsyn", per="number")
class Inspection(Step):
    """Has the caseworker seen the citizen, and does the citizen thrive (handbook 9.5)."""

    inspection_done: bool | None = field("Personrettet tilsyn", required=ALWAYS)
    citizen_met: bool | None = field("Har mødt borgeren", required="inspection_done")
    citizen_thrives: bool | None = field("Borgerens trivsel", required="inspection_done")
    wellbeing_remarks: str | None = field("Bemærkninger til borgerens trivsel", required="not citizen_thrives")
    use_of_force_in_period: bool | None = field("Magtanvendelse", required="inspection_done")
    use_of_force_follow_up: str | None = field("Opfølgning på magtanvendelse", required="use_of_force_in_period")
    inspection_conclusion: str | None = field("Konklusion på personrettet tilsyn", required="inspection_done")


@step("next_steps", "Efter opfølgningen", per="number")
class NextSteps(Step):
    """What happens now (handbook 9.6)."""

    action_option: ActionOption | None = field("Handlemulighed efter opfølgningen", required=ALWAYS)
    new_assessment_needed: bool | None = field("Ny sagsoplysning og sagsvurdering", required=ALWAYS)
    action_plan_to_update: bool | None = field("Handleplan skal opdateres", required="goals or interventions change")
    order_to_resend: bool | None = field(
        "Ny bestilling fremsendes", required="goal statement or expected level changes"
    )
    reporting_updated: bool | None = field(
        "Indberetning af ydelse og målgruppe ændret", required="service or target group changes"
    )


STEPS: tuple[type[Step], ...] = (Plan, Preparation, FollowUp, Inspection, NextSteps)
