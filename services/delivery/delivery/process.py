"""Delivery (levering): from an order received until the help is over, per provider. Read it downwards."""

from casework.contracts.delivery import ChangeReported, OrderAnswered, StatusNoteSubmitted
from casework.contracts.followup import StatusNoteRequested
from casework.contracts.intake import CaseClosed
from casework.contracts.ordering import OrderCancelled, OrderEnded, OrderSent
from casework.process import PROVIDER, Always, End, Gateway, Process, Start, UserTask, Wait
from delivery import rules
from delivery.commands import AnswerOrder, ReportChange, SubmitStatusNote

DELIVERY = Process("delivery", "Levering", version=1, number="order", nodes=(
    Start("received",   "Bestilling modtaget", on=OrderSent, per=rules.of_the_provider, do=rules.receive, then="answer"),
    UserTask("answer",  "Svar på bestillingen", on=AnswerOrder, do=rules.answer, sends=OrderAnswered, then="accepted", by=PROVIDER),
    Gateway("accepted", "Sagt ja?",            when=rules.is_running, yes="running", no="rejected"),
    Wait("running",     "Indsatsen leveres",   on=OrderSent, do=rules.receive, then="answer"),
    Wait("newer",       "Ny version før svar", on=OrderSent, at=("answer", "rejected", "stopped"), do=rules.receive, then="answer"),
    End("rejected",     "Vi sagde nej"),
    Always("asked",     "Statusnotat ønskes",  on=StatusNoteRequested, do=rules.ask_for_note),
    Always("note",      "Send statusnotat",    on=SubmitStatusNote, do=rules.submit_note, sends=StatusNoteSubmitted, by=PROVIDER),
    Always("changed",   "Meld nye forhold",    on=ReportChange, do=rules.report_change, sends=ChangeReported, by=PROVIDER),
    Always("cancelled", "Afbestilt",           on=OrderCancelled, do=rules.stop, then="stopped"),
    Always("ended",     "Indsatsen er slut",   on=OrderEnded, do=rules.stop, then="stopped"),
    Always("closed",    "Sagen lukkes",        on=CaseClosed, do=rules.stop, then="stopped"),
    End("stopped",      "Leveringen er slut"),
))
