"""Ordering (bestilling): per provider and version, from the grant until the help is over. Read it downwards."""

from casework.contracts.assessment import CaseAssessmentRecorded
from casework.contracts.decision import DecisionMade, DecisionNotified
from casework.contracts.delivery import OrderAnswered
from casework.contracts.followup import FollowupConcluded
from casework.contracts.intake import CaseClosed
from casework.contracts.ordering import (
    ActualsImported,
    CommitmentMade,
    CommitmentReleased,
    OrderAccepted,
    OrderCancelled,
    OrderEnded,
    OrderSent,
    ProviderChanged,
    ProviderChosen,
)
from casework.process import CASEWORKER, FINANCE, SYSTEM, Always, End, Gateway, Process, Start, Throw, UserTask, Wait
from ordering import rules
from ordering.commands import CancelOrder, ImportActuals, ReviseOrder, SendOrders

ORDERING = Process("ordering", "Bestilling", version=1, number="order version", by_version=True, nodes=(
    Start("granted",     "Afgørelse truffet",   on=DecisionMade, per=rules.providers_without_order, do=rules.draft_order, then="send"),
    Start("chosen",      "Udfører valgt",       on=ProviderChosen, per=rules.provider_without_draft, do=rules.draft_order, then="send"),
    UserTask("send",     "Send bestilling",     on=SendOrders, do=rules.send, then="sent", by=CASEWORKER, rule="ORD-05", every=True),
    Throw("sent",        "Bestilling sendt",    sends=OrderSent, do=rules.announce_order, then="commit"),
    Throw("commit",      "Udgift disponeret",   sends=CommitmentMade, do=rules.commit, then="answer"),
    Wait("answer",       "Venter på udføreren", on=OrderAnswered, do=rules.note_answer, then="accepted"),
    Gateway("accepted",  "Sagt ja?",            when=rules.is_accepted, yes="begin", no="release"),
    Throw("begin",       "Bestilling taget imod", sends=OrderAccepted, do=rules.announce_acceptance, then="running"),
    Wait("running",      "Indsatsen løber",     until=rules.last_day, kind="order-end", late="end"),
    Throw("release",     "Disponering frigivet", sends=CommitmentReleased, do=rules.release, then="rejected"),
    End("rejected",      "Udføreren sagde nej"),
    UserTask("revise",   "Send ny version",     on=ReviseOrder, at=("answer", "running", "rejected"), do=rules.revise, then="sent", by=CASEWORKER, rule="ORD-05", anew=True),
    UserTask("cancel",   "Afbestil",            on=CancelOrder, at=("send", "answer", "running"), do=rules.cancel, sends=OrderCancelled, then="free", by=CASEWORKER, rule="ORD-05"),
    Throw("free",        "Disponering frigivet", sends=CommitmentReleased, do=rules.release, then="cancelled"),
    End("cancelled",     "Afbestilt"),
    Throw("end",         "Indsatsen er slut",   sends=OrderEnded, do=rules.announce_end, then="ended"),
    End("ended",         "Indsatsen er slut"),
    Wait("late",         "Svar, efter at en ny version er sendt", on=OrderAnswered, at="replaced", do=rules.note_late_answer, then="replaced"),
    End("replaced",      "Afløst"),
    Wait("in_vain",      "Svar på en afbestilling", on=OrderAnswered, at="cancelled", do=rules.note_late_answer, then="cancelled"),
    Always("decided",    "Ny afgørelse",        on=DecisionMade, do=rules.freeze_what_was_decided),
    Always("notified",   "Borgeren har fået besked", on=DecisionNotified, do=rules.move_last_days),
    Always("followed_up", "Opfølgning afsluttet", on=FollowupConcluded, do=rules.move_last_days),
    Always("billed",     "Udgift indlæst",      on=ImportActuals, do=rules.import_actuals, sends=ActualsImported, by=(FINANCE, SYSTEM)),
    Always("elsewhere",  "Udfører ændret i udredningen", on=CaseAssessmentRecorded, do=rules.follow_the_assessment),
    Always("registered", "Udfører ændret i registret", on=ProviderChanged, do=rules.watch_use_anew),
    Always("closed",     "Sagen lukkes",        on=CaseClosed, do=rules.close, then="free"),
))
