"""Processes as data, the interpreter that walks them, and their export as BPMN 2.0."""

from casework.process.engine import Effects, Move, allowed, decide, why_not
from casework.process.nodes import (
    CASEWORKER,
    FINANCE,
    LEADER,
    OPERATOR,
    PROVIDER,
    SYSTEM,
    Always,
    End,
    Gateway,
    Node,
    Process,
    Role,
    ServiceTask,
    Start,
    Throw,
    UserTask,
    Wait,
)
from casework.process.situation import HOUSE, Actor, Becomes, Event, Moves, Records, Run, Situation, Told, Warned

__all__ = [
    "CASEWORKER", "FINANCE", "HOUSE", "LEADER", "OPERATOR", "PROVIDER", "SYSTEM", "Actor", "Always", "Becomes",
    "Effects", "End", "Event", "Gateway", "Move", "Moves", "Node", "Process", "Records", "Role", "Run", "ServiceTask",
    "Situation", "Start", "Throw", "Told", "UserTask", "Wait", "Warned", "allowed", "decide", "why_not",
]
