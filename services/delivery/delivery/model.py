"""What delivery has on record of an order: what was received, the provider's documentation, and its status notes."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from casework.contracts.delivery import StatusNoteSubmitted
from casework.contracts.values import DeliveredGoal, Diagnosis, Note, OrderedIntervention, ReportedGoal
from casework.credentials import Credential
from casework.database import own_base
from casework.fields import ALWAYS, Step, entries, field, step
from casework.vocabularies.codes import Subtheme

Base: Any = own_base("delivery")

_RECEIVED = "the order"  # what the authority has written stands as it was sent: the provider adds, and mends nothing


@dataclass(frozen=True)
class State:
    """One order at its provider: the version that waits for an answer, the one in force, the notes sent."""

    order_number: str | None = None
    version: int | None = None
    in_force: int | None = None
    reason: str | None = None
    stopped: str | None = None  # cancelled or ended
    stopped_on: date | None = None
    note_due: date | None = None  # of the status note that is asked for and has not come
    notes: tuple[StatusNoteSubmitted, ...] = ()


@step("documentation", "Dokumentation", per="provider")
class Documentation(Step):
    """What came with the order, and what the provider writes under it (handbook 8.2)."""

    citizen_name: str | None = field(
        "Borgerens navn", required=ALWAYS, carried_from="ordering.order.citizen_name", computed=_RECEIVED, rule="GEN-14"
    )
    cpr_number: str | None = field(
        "Borgerens CPR-nummer",
        required=ALWAYS,
        carried_from="ordering.order.cpr_number",
        computed=_RECEIVED,
        rule="GEN-14",
    )
    diagnoses: tuple[Diagnosis, ...] = entries(
        "Borgerens eventuelle lægefaglige diagnoser",
        key=None,
        carried_from="ordering.order.diagnoses",
        computed=_RECEIVED,
        rule="GEN-14",
    )
    interventions: tuple[OrderedIntervention, ...] = entries(
        "Indsats", required=ALWAYS, carried_from="ordering.order.interventions", computed=_RECEIVED, rule="GEN-14"
    )
    citizen_wishes: str | None = field(
        "Borgerens ønsker for fremtiden",
        required=ALWAYS,
        carried_from="ordering.order.citizen_wishes",
        computed=_RECEIVED,
        rule="GEN-14",
    )
    intervention_purpose: str | None = field(
        "Indsatsformål",
        required=ALWAYS,
        carried_from="ordering.order.intervention_purpose",
        computed=_RECEIVED,
        rule="GEN-14",
    )
    goals: tuple[DeliveredGoal, ...] = entries(
        "Indsatsmål", required=ALWAYS, carried_from="ordering.order.goals", writable=("subgoals",), rule="DEL-02"
    )
    other_notes: tuple[Note, ...] = entries("Øvrig dokumentation")


@step("status_note", "Statusnotat", per="provider")
class StatusNote(Step):
    """The provider's draft of a status note, goal by goal (handbook 9.3). Once sent it is the authority's to read."""

    citizen_wishes: str | None = field(
        "Borgerens ønsker for fremtiden",
        required=ALWAYS,
        carried_from="delivery.documentation.citizen_wishes",
        computed=_RECEIVED,
        rule="GEN-14",
    )
    intervention_purpose: str | None = field(
        "Indsatsformål",
        required=ALWAYS,
        carried_from="delivery.documentation.intervention_purpose",
        computed=_RECEIVED,
        rule="GEN-14",
    )
    goals: tuple[ReportedGoal, ...] = entries(
        "Indsatsmål",
        required=ALWAYS,
        carried_from="delivery.documentation.goals",
        writable=("provider_evaluation",),
        rule="DEL-02",
    )
    significant_changes: str | None = field("Væsentlige ændringer i borgerens situation", required="there are any")
    change_subthemes: tuple[Subtheme, ...] = entries("Relevante undertemaer", key=None, required="significant_changes")
    provider_remarks: str | None = field("Bemærkninger fra udfører")


class ProviderChangeRow(Base):
    """A change of a provider's own order, by its number among these, and the revision of the case that it led to.

    A provider is told the number: the revision counts what others do in the case as well (DEL-08).
    """

    __tablename__ = "provider_change"
    provider_id: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    revision: Mapped[int]


class AcknowledgementRow(Base):
    """A version of an order has been seen at its provider: when first, and by whom."""

    __tablename__ = "acknowledgement"
    provider_id: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str]
    name: Mapped[str]


class ProviderKeyRow(Credential, Base):
    """The key by which a provider's own system answers. Kept as a hash: nobody reads it here."""

    __tablename__ = "provider_key"
    hash: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]  # of the system; what it writes is signed so
    last_used_on: Mapped[date | None]

    def shown(self) -> dict[str, Any]:
        used = self.last_used_on and self.last_used_on.isoformat()
        return {**super().shown(), "name": self.name, "last_used_on": used}


class ProviderAnswerRow(Base):
    """A message by which a provider's own system has answered, and what came of it. It is carried out this once."""

    __tablename__ = "provider_answers"
    provider_id: Mapped[str] = mapped_column(primary_key=True)
    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    digest: Mapped[str]  # of what it says, by which a repeat is told from another message under the same id
    kind: Mapped[str | None]
    case_id: Mapped[UUID | None]
    received_at: Mapped[datetime]
    outcome: Mapped[str]
    refusal: Mapped[dict[str, Any] | None]  # the problem document


STEPS: tuple[type[Step], ...] = (Documentation, StatusNote)
