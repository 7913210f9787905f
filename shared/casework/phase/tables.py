"""What a phase keeps of each case. The same few tables in every phase: a step is a document (ADR 2)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from casework.contracts import as_of_now, load_all
from casework.database import Base


class KeptMessage(TypeDecorator[dict[str, Any]]):
    """The body of a message, kept with its version beside its fields, and read as the newest version has it."""

    impl = sa.JSON
    cache_ok = True
    version = "~version"  # no field is called so; where it is missing, the first

    def __init__(self, name: str) -> None:
        super().__init__(none_as_null=True)
        self.name = name

    def load_dialect_impl(self, dialect: Any) -> Any:
        return dialect.type_descriptor(JSONB(none_as_null=True) if dialect.name == "postgresql" else self.impl)

    def process_bind_param(self, value: dict[str, Any] | None, dialect: Any) -> dict[str, Any] | None:
        newest = load_all()[self.name].version
        return value if value is None or newest == 1 else {**value, self.version: newest}

    def process_result_value(self, value: dict[str, Any] | None, dialect: Any) -> dict[str, Any] | None:
        if value is None:
            return None
        version = value.pop(self.version, 1)
        return dict(as_of_now(self.name, version, value)[1])


class CaseRow(Base):
    """The case as this phase knows it; locked while it is changed. `revision` counts its recordings and acts."""

    __tablename__ = "case"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    citizen_id: Mapped[UUID | None] = mapped_column(index=True)
    revision: Mapped[int] = mapped_column(default=0)
    opened: Mapped[dict[str, Any] | None] = mapped_column(KeptMessage("case.opened"))  # as last changed
    opened_at: Mapped[datetime | None]


class RecordRow(Base):
    """One step as recorded, and when each unit of it changed. Its owner is the case, or the citizen with all cases."""

    __tablename__ = "record"
    owner_id: Mapped[UUID] = mapped_column(primary_key=True)
    step: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    data: Mapped[dict[str, Any]]
    changed: Mapped[dict[str, Any]]  # unit -> the revision at which it last changed
    marks: Mapped[dict[str, Any]] = mapped_column(server_default="{}")  # path -> who wrote it, when, from whom
    version: Mapped[int | None]  # of the step, in which it was written; none: the first (`phase.kept` reads it)


class RunRow(Base):
    """One number of the phase's process: where it stands, and its frozen whole."""

    __tablename__ = "run"
    case_id: Mapped[UUID] = mapped_column(sa.ForeignKey("case.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int]  # of the process, on which it began and ends
    at: Mapped[str]
    since: Mapped[datetime]
    state: Mapped[dict[str, Any]]
    state_version: Mapped[int | None]  # in which the state was written; none: the first (`phase.kept` reads it)


class HeardRow(Base):
    """A message from another service, kept: the newest of each fact, and every act."""

    __tablename__ = "heard"
    __table_args__ = (sa.Index("heard_subject", "subject", "type"),)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    subject: Mapped[str]
    type: Mapped[str]
    version: Mapped[int]
    producer: Mapped[str]
    number: Mapped[int]
    at: Mapped[datetime]
    body: Mapped[dict[str, Any]]


class SaidRow(Base):
    """The newest of each fact that this phase has told, and how many there have been."""

    __tablename__ = "said"
    subject: Mapped[str] = mapped_column(primary_key=True)
    type: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int]
    body: Mapped[dict[str, Any]]
    version: Mapped[int | None]  # in which it was told; none: the first. Told in another it is another


class JournalRow(Base):
    """Who did what, when, and what was other before. Never changed, never cut."""

    __tablename__ = "journal"
    __table_args__ = (sa.Index("journal_case", "case_id", "id"),)
    id: Mapped[int] = mapped_column(
        sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=True
    )
    case_id: Mapped[UUID]
    at: Mapped[datetime]
    by: Mapped[str]
    actor: Mapped[str]
    action: Mapped[str]
    row: Mapped[str | None]
    key: Mapped[str]
    number: Mapped[int]
    begins: Mapped[str | None]
    arrives: Mapped[str | None]
    reason: Mapped[str | None]
    changes: Mapped[list[Any] | None]


class AccessRow(Base):
    """Who has looked at a case, when, and as what. Written before the answer is given; never changed, never cut."""

    __tablename__ = "access"
    __table_args__ = (sa.Index("access_case", "case_id", "id"),)
    id: Mapped[int] = mapped_column(
        sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=True
    )
    case_id: Mapped[UUID]
    at: Mapped[datetime]
    actor: Mapped[str]
    name: Mapped[str]
    role: Mapped[str]
    what: Mapped[str]
