"""What every phase tells alike: where a case stands, what it lacks, its deadlines, and whom to tell."""

from datetime import date

from casework.contracts import Message, contract
from casework.fields import entries, field, needed, value

SIX_PHASES = "intake assessment decision ordering delivery followup"
ASKING = "intake assessment decision ordering followup"


@contract("position.changed", by=SIX_PHASES, to="portal reporting")
class PositionChanged(Message):
    """A process has moved: time per step, heat map, VUM index and the list's phase come from this history."""

    process: str = needed("Proces")
    number: int = needed("Nummer")
    key: str | None = field("Nøgle")
    begins: str | None = field("Fra trin")
    arrives: str = needed("Til trin")
    action: str | None = field("Handling")
    actor: str | None = field("Hvem")


@value
class Task:
    """What a person is waited for to do."""

    name: str = needed("Opgave")
    label: str = needed("Opgave")
    roles: tuple[str, ...] = entries("Roller", key=None)


@contract("overview.changed", by=SIX_PHASES, to="portal")
class OverviewChanged(Message):
    """What a list shows without asking six services: the rules that warn, and the open tasks."""

    warnings: tuple[str, ...] = entries("Advarsler", key=None)
    tasks: tuple[Task, ...] = entries("Opgaver", key=None)


@contract("deadline.requested", by=ASKING, to="scheduler portal")
class DeadlineRequested(Message):
    """A deadline begins or moves. The same kind, case and key is the same deadline; one phase owns a kind."""

    kind: str = needed("Frist")
    key: str = needed("Nøgle")
    due: date = needed("Dato")
    notify: tuple[str, ...] = entries("Hvem får besked", key=None)
    provider_id: str | None = field("Udfører")


@contract("deadline.met", by=ASKING, to="scheduler portal")
class DeadlineMet(Message):
    """What was awaited has come."""

    kind: str = needed("Frist")
    key: str = needed("Nøgle")
    met_on: date = needed("Opfyldt den")


@contract("deadline.cancelled", by=ASKING, to="scheduler portal")
class DeadlineCancelled(Message):
    """Nobody waits for it any more."""

    kind: str = needed("Frist")
    key: str = needed("Nøgle")


@contract("deadline.paused", by="intake", to="scheduler portal")
class DeadlinePaused(Message):
    """The clock stands still; it goes on by deadline.requested with the new day."""

    kind: str = needed("Frist")
    key: str = needed("Nøgle")
    paused_on: date = needed("Fra")


@contract("notification.requested", by=SIX_PHASES, to="scheduler")
class NotificationRequested(Message):
    """Somebody should know. The phase knows who, the scheduler how. No name of a citizen."""

    kind: str = needed("Besked om")
    roles: tuple[str, ...] = entries("Roller", key=None)
    person_id: str | None = field("Person")
    provider_id: str | None = field("Udfører")
    key: str | None = field("Nøgle")
