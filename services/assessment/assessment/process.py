"""Assessment (udredning): from a finished opening to an approved recommendation, again for each decision."""

from assessment import reuse, rules
from assessment.commands import (
    AnswerRecommendation,
    CompletePlan,
    ConfirmReused,
    OfferPlan,
    PauseAssessment,
    Recommend,
    RecordHearingAnswer,
    ReopenThemes,
    ResumeAssessment,
    Reuse,
    SendCopy,
    SendHearing,
    StartAssessment,
)
from casework.contracts.assessment import (
    ActionPlanCompleted,
    ActionPlanOffered,
    AssessmentPaused,
    AssessmentResumed,
    AssessmentStarted,
    HearingAnswered,
    HearingSent,
    RecommendationApproved,
    RecommendationSubmitted,
)
from casework.contracts.decision import AppealDecided, DecisionMade, DecisionReassessed
from casework.contracts.followup import FollowupConcluded
from casework.contracts.intake import CaseClosed, ConsentChanged, IntakeCompleted
from casework.process import CASEWORKER, LEADER, Always, End, Gateway, Process, Start, Throw, UserTask

ASSESSMENT = Process("assessment", "Udredning og handleplan", version=1, number="recommendation", nodes=(
    Start("ready",        "Sagsåbning er færdig",   on=IntakeCompleted, per=rules.unless_begun, do=rules.begin, then="recommend"),
    Start("start",        "Begynd uden sagsåbning", on=StartAssessment, per=rules.unless_begun, do=rules.start, sends=AssessmentStarted, then="recommend", by=CASEWORKER),
    UserTask("recommend", "Send indstilling",       on=Recommend, do=rules.recommend, then="small", by=CASEWORKER),
    UserTask("again",     "Send ny indstilling",    on=Recommend, at="approved", do=rules.recommend, then="small", by=CASEWORKER, anew=True),
    Gateway("small",      "Lille spor?",            when=rules.needs_no_approval, yes="approve", no="submit"),
    Throw("submit",       "Indstilling sendt",      sends=RecommendationSubmitted, do=rules.announce_submission, then="answer"),
    UserTask("answer",    "Godkend eller send tilbage", on=AnswerRecommendation, do=rules.answer, then="agreed", by=LEADER),
    Gateway("agreed",     "Godkendt?",              when=rules.is_approved, yes="approve", no="recommend"),
    Throw("approve",      "Indstilling godkendt",   sends=RecommendationApproved, do=rules.announce_approval, then="approved"),
    End("approved",       "Indstillingen er godkendt"),
    Always("hearing",     "Send partshøring",       on=SendHearing, do=rules.send_hearing, sends=HearingSent, by=CASEWORKER),
    Always("heard",       "Registrér høringssvar",  on=RecordHearingAnswer, do=rules.record_hearing_answer, sends=HearingAnswered, by=CASEWORKER),
    Always("pause",       "Sæt i bero",             on=PauseAssessment, do=rules.pause, sends=AssessmentPaused, by=CASEWORKER),
    Always("resume",      "Genoptag",               on=ResumeAssessment, do=rules.resume, sends=AssessmentResumed, by=CASEWORKER),
    Always("copy",        "Send kopi til borgeren", on=SendCopy, do=rules.send_copy, by=CASEWORKER),
    Always("consented",   "Borgeren tillader genbrug", on=ConsentChanged, do=reuse.go_on_from_before),
    Always("reuse",       "Genbrug fra tidligere sag", on=Reuse, do=reuse.reuse, by=CASEWORKER),
    Always("confirmed",   "Bekræft det genbrugte",  on=ConfirmReused, do=reuse.confirm_reused, by=CASEWORKER),
    Always("reopened",    "Genåbn temaer",          on=ReopenThemes, do=reuse.reopen_themes, by=CASEWORKER),
    Always("offer",       "Tilbyd handleplan",      on=OfferPlan, do=rules.offer_plan, sends=ActionPlanOffered, by=CASEWORKER),
    Always("plan",        "Gør handleplanen færdig", on=CompletePlan, do=rules.complete_plan, sends=ActionPlanCompleted, by=CASEWORKER),
    Always("decided",     "Afgørelse truffet",      on=DecisionMade, do=rules.note_decision),
    Always("reassessed",  "Afgørelse genvurderet",  on=DecisionReassessed, do=rules.note_reassessment),
    Always("appealed",    "Ankestyrelsen har afgjort", on=AppealDecided, do=rules.note_appeal),
    Always("followed_up", "Opfølgning afsluttet",   on=FollowupConcluded, do=rules.take_over_follow_up),
    Always("closed",      "Sagen lukkes",           on=CaseClosed, do=rules.close, then="stopped"),
    End("stopped",        "Udredningen er stoppet"),
))
