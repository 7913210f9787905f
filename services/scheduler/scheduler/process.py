"""The life of a deadline (frist): from the day it is asked until it is met, or nobody waits for it. Read it downwards.

`until` is the last day, whole, on which nothing new is told. One look may pass several rows (the machine stood still, or
the day lay in the past when it was asked): then the latest is told and the others are not.
"""

from casework.contracts.common import DeadlineCancelled, DeadlineMet, DeadlinePaused, DeadlineRequested
from casework.contracts.scheduler import DeadlineApproaching, DeadlineDue, DeadlineMissed, NotificationSent
from casework.process import Always, End, Gateway, Process, ServiceTask, Start, Throw, Wait
from scheduler import rules

DEADLINE = Process("deadline", "Frist", version=1, number="deadline", nodes=(
    Start("asked",       "Frist ønskes",      on=DeadlineRequested, do=rules.store, then="waiting"),
    Wait("waiting",      "Venter",            on=DeadlineRequested, do=rules.move, then="waiting", until=rules.day_before, late="tell_near"),
    Throw("tell_near",   "Frist nærmer sig",  sends=DeadlineApproaching, do=rules.tell_near, then="approaching"),
    Wait("approaching",  "Nærmer sig",        on=DeadlineRequested, do=rules.move, then="waiting", until=rules.day_before, late="nearer"),
    Gateway("nearer",    "Er det dagen?",     when=rules.is_the_day, yes="tell_due", no="remind"),
    ServiceTask("remind", "Mind om den igen", do=rules.remind, sends=NotificationSent, then="approaching"),
    Throw("tell_due",    "Frist i dag",       sends=DeadlineDue, do=rules.tell_due, then="due"),
    Wait("due",          "I dag",             on=DeadlineRequested, do=rules.move, then="waiting", until=rules.due_day, late="tell_missed"),
    Throw("tell_missed", "Frist overskredet", sends=DeadlineMissed, do=rules.tell_missed, then="missed"),
    Wait("missed",       "Overskredet",       on=DeadlineRequested, do=rules.move, then="waiting", until=rules.escalation_day, late="escalate"),
    ServiceTask("escalate", "Sig det til lederen", do=rules.escalate, sends=NotificationSent, then="missed"),
    Wait("paused",       "Uret står stille",  on=DeadlineRequested, do=rules.move, then="waiting"),
    Always("pause",      "Sat i bero",        on=DeadlinePaused, do=rules.pause, then="paused"),
    Always("meet",       "Opfyldt",           on=DeadlineMet, do=rules.end, then="met"),
    Always("cancel",     "Bortfaldet",        on=DeadlineCancelled, do=rules.end, then="cancelled"),
    End("met",           "Opfyldt"),
    End("cancelled",     "Bortfaldet"),
    Wait("again",        "Frist ønskes igen", on=DeadlineRequested, at="cancelled", do=rules.move, then="waiting"),
))
