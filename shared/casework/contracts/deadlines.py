"""The kinds of deadlines: who owns them, who is told, how early, and who hears of it when nothing happens."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DeadlineKind:
    """One kind of deadline. `thresholds` and `escalation` count working days before and after the day it is due."""

    name: str
    owner: str  # the phase that alone asks, meets and cancels it
    label: str
    notify: tuple[str, ...] = ("caseworker",)
    thresholds: tuple[int, ...] = ()
    escalation: tuple[tuple[str, int], ...] = ()  # (role, working days after due)
    silent: bool = False  # an alarm for the owner alone: nobody is told, and the case document leaves it out


_LEADER = (("leader", 1),)

KINDS = {
    kind.name: kind
    for kind in (
        DeadlineKind("case-processing", "intake", "Sagsbehandlingsfrist", thresholds=(15, 5, 1), escalation=_LEADER),
        DeadlineKind("hearing-answer", "assessment", "Svar på partshøring", thresholds=(3,)),
        DeadlineKind(
            "written-decision",
            "decision",
            "Skriftlig afgørelse",
            ("caseworker", "leader"),
            (5, 1),
            _LEADER,
        ),
        DeadlineKind("complaint", "decision", "Klagefrist"),
        DeadlineKind("reassessment", "decision", "Genvurdering", ("caseworker", "leader"), (10, 5, 1), _LEADER),
        DeadlineKind(
            "order-answer",
            "ordering",
            "Svar på bestilling",
            ("provider", "caseworker"),
            (2, 1),
            (("caseworker", 1), ("leader", 5)),
        ),
        DeadlineKind(
            "unapproved-offer", "ordering", "Brug af ikke godkendt tilbud", thresholds=(5, 1), escalation=_LEADER
        ),
        DeadlineKind("status-note", "followup", "Statusnotat", ("provider",), (5, 1), (("caseworker", 1),)),
        DeadlineKind(
            "follow-up", "followup", "Opfølgning", ("caseworker", "provider"), (20, 15, 5, 1), (("leader", 5),)
        ),
        DeadlineKind("notice-of-reduction", "decision", "Varsel om nedsættelse", ("caseworker", "provider"), (5,)),
        DeadlineKind("statutory-review", "followup", "Årlig opfølgning", thresholds=(20, 5, 1), escalation=_LEADER),
        DeadlineKind("order-end", "ordering", "Indsatsens sidste dag", (), silent=True),
    )
}
