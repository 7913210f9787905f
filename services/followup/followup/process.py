"""Follow-up (opfølgning): from an opened follow-up to the next planned date, again and again. Read it downwards."""

from casework.contracts.assessment import HearingSent
from casework.contracts.decision import DecisionMade
from casework.contracts.delivery import ChangeReported, StatusNoteSubmitted
from casework.contracts.followup import FollowupConcluded, InspectionRecorded, StatusNoteRequested
from casework.contracts.intake import CaseClosed
from casework.contracts.ordering import ActualsImported, OrderAccepted, OrderCancelled, OrderEnded
from casework.contracts.scheduler import DeadlineApproaching
from casework.process import CASEWORKER, Always, End, Gateway, Process, ServiceTask, Start, Throw, UserTask
from followup import plan, rules
from followup.commands import ConcludeFollowup, OpenFollowup, RecordInspection

FOLLOWUP = Process("followup", "Opfølgning", version=1, number="follow-up", nodes=(
    Start("open",         "Åbn opfølgning",       on=OpenFollowup, do=rules.open_follow_up, then="notes", by=CASEWORKER),
    ServiceTask("notes",  "Bed om statusnotat",   do=plan.ask_status_notes, sends=StatusNoteRequested, then="conclude"),
    UserTask("conclude",  "Afslut opfølgning",    on=ConcludeFollowup, do=rules.conclude, sends=InspectionRecorded, then="concluded", by=CASEWORKER),
    UserTask("inspect",   "Registrér tilsyn",     on=RecordInspection, at="conclude", do=rules.record_inspection, sends=InspectionRecorded, then="conclude", by=CASEWORKER),
    Throw("concluded",    "Opfølgning afsluttet", sends=FollowupConcluded, do=rules.announce_conclusion, then="goes_on"),
    Gateway("goes_on",    "Fortsætter indsatsen?", when=rules.goes_on, yes="next", no="done"),
    ServiceTask("next",   "Sæt næste opfølgning", do=plan.plan_next, then="done"),
    End("done",           "Opfølgningen er afsluttet"),
    Always("accepted",    "Bestilling taget imod", on=OrderAccepted, do=plan.plan_follow_up),
    Always("granted",     "Afgørelse truffet",    on=DecisionMade, do=plan.plan_statutory_review),
    Always("changed_help", "Hjælpen er en anden",  on=DecisionMade, do=rules.ask_for_reporting),
    Always("hearing",     "Partshøring sendt",    on=HearingSent, do=rules.note_hearing),
    Always("near",        "Opfølgning nærmer sig", on=DeadlineApproaching, do=plan.ask_status_notes, sends=StatusNoteRequested),
    Always("note",        "Statusnotat modtaget", on=StatusNoteSubmitted, do=rules.take_note),
    Always("changed",     "Nye forhold meldt",    on=ChangeReported, do=rules.weigh_extra_follow_up),
    Always("billed",      "Udgift indlæst",       on=ActualsImported, do=rules.note_price),
    Always("cancelled",   "Afbestilt",            on=OrderCancelled, do=plan.drop_order),
    Always("ended",       "Indsatsen er slut",    on=OrderEnded, do=plan.drop_order),
    Always("over",        "Sagen lukkes",         on=CaseClosed, do=plan.drop_all),
    Always("closed",      "Sagen lukkes",         on=CaseClosed, do=rules.close, then="stopped"),
    End("stopped",        "Opfølgningen er stoppet"),
))
