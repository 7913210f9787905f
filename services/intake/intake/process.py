"""Intake (sagsåbning): from an enquiry until the case is closed. Read it downwards."""

from casework.contracts.assessment import AssessmentPaused, AssessmentResumed, AssessmentStarted, HelpProposed
from casework.contracts.decision import DecisionMade
from casework.contracts.followup import FollowupConcluded
from casework.contracts.intake import CaseClosed, CaseOpened, ConsentChanged, IntakeCompleted
from casework.contracts.scheduler import DeadlineApproaching, DeadlineMissed
from casework.process import CASEWORKER, Always, End, Gateway, Process, Start, Throw, UserTask, Wait
from intake import rules
from intake.commands import (
    AnnounceNewDate,
    CloseCase,
    CompleteIntake,
    OpenCase,
    RecordInformation,
    RequestInformation,
    WithdrawConsent,
)

INTAKE = Process("intake", "Sagsåbning", version=1, number="case", nodes=(
    Start("opened",      "Sagen åbnes",             on=OpenCase, do=rules.open_case, then="announce", by=CASEWORKER),
    Start("linked",      "Opfølgning åbner en sag", on=FollowupConcluded, do=rules.open_linked_case, then="announce"),
    Throw("announce",    "Sag åbnet",               sends=CaseOpened, do=rules.announce_case, then="here"),
    Gateway("here",      "Begynder den her?",       when=rules.begins_here, yes="complete", no="running"),
    UserTask("complete", "Gør sagsåbningen færdig", on=CompleteIntake, do=rules.complete, sends=IntakeCompleted, then="running", by=CASEWORKER),
    UserTask("drop",     "Luk uden udredning",      on=CloseCase, at="complete", do=rules.close, then="closing", by=CASEWORKER),
    Wait("skipped",      "Udredning begyndt uden",  on=AssessmentStarted, at="complete", do=rules.note_skipping, then="running"),
    UserTask("running",  "Sagen er i gang",         on=CloseCase, do=rules.close, then="closing", by=CASEWORKER),
    Throw("closing",     "Sag lukket",              sends=CaseClosed, do=rules.announce_closing, then="closed"),
    End("closed",        "Sagen er lukket"),
    Always("withdrawn",  "Samtykke trækkes tilbage", on=WithdrawConsent, do=rules.withdraw_consent, sends=ConsentChanged, by=CASEWORKER),
    Always("begun",      "Udredning begyndt",       on=AssessmentStarted, do=rules.start_clock),
    Always("paused",     "Sat i bero",              on=AssessmentPaused, do=rules.stop_clock),
    Always("resumed",    "Genoptaget",              on=AssessmentResumed, do=rules.restart_clock),
    Always("decided",    "Afgørelse truffet",       on=DecisionMade, do=rules.meet_clock),
    Always("proposed",  "Hjælp foreslået",         on=HelpProposed, do=rules.reckon_anew),
    Always("near",      "Fristen nærmer sig",      on=DeadlineApproaching, do=rules.see_it_come),
    Always("new_date",  "Giv borgeren en ny dato", on=AnnounceNewDate, do=rules.announce_new_date, by=CASEWORKER),
    Always("ask",       "Indhent oplysninger",     on=RequestInformation, do=rules.request_information, by=CASEWORKER),
    Always("answered",  "Oplysninger modtaget",    on=RecordInformation, do=rules.record_information, by=CASEWORKER),
    Always("overdue",    "Fristen er overskredet",  on=DeadlineMissed, do=rules.ask_for_new_date),
))
