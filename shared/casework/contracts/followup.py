"""What followup (opfølgning) tells: what a concluded follow-up found and what it leads to."""

from datetime import date

from casework.contracts import Message, contract
from casework.contracts.values import GoalResult
from casework.fields import entries, field, needed
from casework.vocabularies.codes import ActionOption, FollowUpOutcome, SupportLevel


@contract("status_note.requested", by="followup", to="delivery")
class StatusNoteRequested(Message):
    """A status note is wanted of a provider, for a planned or open follow-up (FUP-01)."""

    provider_id: str = needed("Udfører")
    planned_on: date = needed("Opfølgning den")
    note_due: date = needed("Senest")


@contract("inspection.recorded", by="followup", to="reporting")
class InspectionRecorded(Message):
    """The person-centred inspection is done (personrettet tilsyn). No remarks travel."""

    number: int = needed("Opfølgning")
    inspected_on: date = needed("Tilsyn den")
    citizen_met: bool | None = field("Har mødt borgeren")
    citizen_thrives: bool | None = field("Borgerens trivsel")
    use_of_force_in_period: bool | None = field("Magtanvendelse")


@contract("followup.concluded", by="followup", to="intake assessment decision ordering reporting")
class FollowupConcluded(Message):
    """A follow-up is concluded: levels become the new baseline, and what was decided is recorded as a decision."""

    number: int = needed("Opfølgning")
    follow_up_held_on: date = needed("Dato for opfølgning")
    follow_up_outcome: FollowUpOutcome = needed("Status på indsats")
    goals: tuple[GoalResult, ...] = entries("Indsatsmål")
    providers: tuple[str, ...] = entries("Udførere", key=None)
    current_support_need: SupportLevel | None = field("Borgerens støttebehov efter opfølgning")
    action_option: ActionOption | None = field("Handlemulighed efter opfølgningen")
    new_assessment_needed: bool | None = field("Ny sagsoplysning og sagsvurdering")
    action_plan_to_update: bool | None = field("Handleplan skal opdateres")
    order_to_resend: bool | None = field("Ny bestilling fremsendes")
    effective_on: date | None = field("Virkning fra")
    citizen_agrees: bool | None = field("Borgeren er enig")
    party_hearing_needed: bool | None = field("Partshøring")
    concluded_by: str | None = field("Afsluttet af")
    next_follow_up_date: date | None = field("Næste opfølgning")
