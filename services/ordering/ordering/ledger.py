"""What ordering keeps of money: postings and files out, files in and their lines. Rows are added and never changed;
a posting is marked once with the file that has taken it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from ordering.model import Base


class Oere(TypeDecorator[Decimal]):
    """Kroner, kept as whole øre: exact in both databases, and so are their sums."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Any) -> int | None:
        return None if value is None else int(value.scaleb(2).to_integral_exact())

    def process_result_value(self, value: int | Decimal | None, dialect: Any) -> Decimal | None:
        return None if value is None else Decimal(value).scaleb(-2)


class PostingRow(Base):
    """One line of the books. `body` is the whole of it; the columns are what is searched and summed by."""

    __tablename__ = "posting"
    __table_args__ = (
        sa.Index("posting_file", "file", "file_line"),
        sa.Index("posting_order", "order_number"),
        sa.Index("posting_case_number", "case_number"),
        sa.Index("posting_provider", "provider_id"),
        sa.Index("posting_account", "account_number"),
        sa.Index("posting_month", "month"),
    )
    case_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)  # runs within the case
    posted_at: Mapped[datetime]
    case_number: Mapped[str]
    order_number: Mapped[str]
    provider_id: Mapped[str]
    account_number: Mapped[str]  # empty where there is none
    account_string: Mapped[str | None]
    month: Mapped[str]
    cause: Mapped[str]
    amount: Mapped[Decimal] = mapped_column(Oere)
    body: Mapped[dict[str, Any]]
    file: Mapped[int | None] = mapped_column(sa.ForeignKey("finance_file.number"))
    file_line: Mapped[int | None]


class FinanceFileRow(Base):
    """A file of commitments: the same bytes for ever, and what they add up to."""

    __tablename__ = "finance_file"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    adapter: Mapped[str]
    encoding: Mapped[str]
    sha256: Mapped[str]
    control: Mapped[dict[str, Any]]
    content: Mapped[bytes]


class ActualsFileRow(Base):
    """A file of actuals that has been taken in, and what was answered then; it is known by its bytes and by its id."""

    __tablename__ = "actuals_file"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sha256: Mapped[str] = mapped_column(unique=True)
    file: Mapped[str] = mapped_column(unique=True)
    came_at: Mapped[datetime]
    came_by: Mapped[str]
    result: Mapped[dict[str, Any]]


class ActualRow(Base):
    """What has been billed, line by line, however it came."""

    __tablename__ = "actual"
    __table_args__ = (
        sa.Index("actual_order", "order_number"),
        sa.Index("actual_case_number", "case_number"),
        sa.Index("actual_provider", "provider_id"),
        sa.Index("actual_account", "account_number"),
        sa.Index("actual_month", "month"),
        sa.Index("actual_reverses", "reverses"),
    )
    case_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)  # runs within the case
    case_number: Mapped[str]
    order_number: Mapped[str]
    provider_id: Mapped[str]
    account_number: Mapped[str]
    month: Mapped[str]
    booked_on: Mapped[date]
    amount: Mapped[Decimal] = mapped_column(Oere)
    line: Mapped[str | None] = mapped_column(unique=True)  # of the finance system
    reverses: Mapped[str | None]
    file: Mapped[str | None]
