"""Decision (afgørelse): from an approved recommendation until no complaint can be made. Read it downwards."""

from casework.contracts.assessment import RecommendationApproved
from casework.contracts.decision import (
    AppealDecided,
    ComplaintReceived,
    DecisionMade,
    DecisionNotified,
    DecisionReassessed,
)
from casework.contracts.followup import FollowupConcluded
from casework.contracts.intake import CaseClosed
from casework.contracts.scheduler import DeadlineDue
from casework.process import (
    CASEWORKER,
    LEADER,
    Always,
    End,
    Gateway,
    Process,
    ServiceTask,
    Start,
    Throw,
    UserTask,
    Wait,
)
from decision import rules
from decision.commands import (
    DemandWritten,
    MakeDecision,
    NotifyCitizen,
    Reassess,
    RecordAppealOutcome,
    RegisterComplaint,
)

DECISION = Process("decision", "Afgørelse", version=1, number="decision", nodes=(
    Start("recommended",  "Indstilling godkendt", on=RecommendationApproved, per=rules.unless_undecided, do=rules.open_decision, then="decide"),
    Start("reopened",     "Ændret ved genvurdering", on=DecisionReassessed, per=rules.if_changed, do=rules.open_decision, then="decide"),
    Start("overruled",    "Ændret af Ankestyrelsen", on=AppealDecided, per=rules.if_overruled, do=rules.open_decision, then="decide"),
    Start("continued",    "Afgjort ved opfølgning", on=FollowupConcluded, per=rules.by_follow_up, do=rules.record_follow_up_decision, then="disputed"),
    Gateway("disputed",   "Skal borgeren have besked?", when=rules.is_to_be_told, yes="notify", no="recorded"),
    UserTask("decide",    "Træf afgørelse",       on=MakeDecision, do=rules.make_decision, then="made", by=(CASEWORKER, LEADER), rule="GEN-10"),
    Throw("made",         "Afgørelse truffet",    sends=DecisionMade, do=rules.announce, then="notify"),
    UserTask("notify",    "Giv borgeren besked",  on=NotifyCitizen, do=rules.notify, then="written", by=CASEWORKER),
    Gateway("written",    "Skriftligt?",          when=rules.is_written, yes="letter", no="told"),
    ServiceTask("letter", "Send afgørelsesbrev",  do=rules.send_letter, then="told"),
    Throw("told",         "Borgeren har fået besked", sends=DecisionNotified, do=rules.announce_notice, then="fully"),
    Gateway("fully",      "Kan der klages?",      when=rules.is_open_to_complaint, yes="complaint", no="final"),
    Wait("complaint",     "Klagefrist løber",     on=RegisterComplaint, do=rules.note_complaint, sends=ComplaintReceived, then="reassess",
                                                  kind="complaint", until=rules.complaint_due, late="final", by=CASEWORKER),
    UserTask("demand",    "Borgeren vil have den på skrift", on=DemandWritten, at="complaint", do=rules.demand_written, then="notify", by=CASEWORKER, rule="DEC-06"),
    UserTask("repeat",    "Giv besked igen",      on=NotifyCitizen, at="complaint", do=rules.notify, then="written", by=CASEWORKER),
    UserTask("later",     "Klage på endelig afgørelse", on=RegisterComplaint, at=("final", "board"), do=rules.note_complaint, sends=ComplaintReceived, then="reassess", by=CASEWORKER),
    UserTask("reassess",  "Genvurder afgørelsen", on=Reassess, do=rules.reassess, sends=DecisionReassessed, then="upheld", by=CASEWORKER),
    Gateway("upheld",     "Fastholdes den?",      when=rules.is_upheld, yes="appealable", no="changed"),
    Gateway("appealable", "Tager Ankestyrelsen den?", when=rules.is_appealable, yes="forward", no="final"),
    ServiceTask("forward", "Send til Ankestyrelsen", do=rules.forward, then="board"),
    Wait("board",         "Venter på Ankestyrelsen", on=RecordAppealOutcome, do=rules.note_appeal_outcome, sends=AppealDecided, then="stands", by=CASEWORKER),
    Gateway("stands",     "Står den ved magt?",   when=rules.stands, yes="final", no="changed"),
    End("final",          "Afgørelsen er endelig"),
    End("changed",        "Afløses af en ny"),
    End("recorded",       "Noteret fra opfølgning"),
    Always("served",      "Varslet er udløbet",   on=DeadlineDue, do=rules.serve_notice),
    Always("ended",       "Sagen lukkes",         on=CaseClosed, do=rules.drop_reassessments),
    Always("closed",      "Sagen lukkes før afgørelsen", on=CaseClosed, at="decide", do=rules.close, then="stopped"),
    End("stopped",        "Ingen afgørelse"),
))
