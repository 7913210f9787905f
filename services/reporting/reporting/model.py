"""What reporting keeps: a copy of every message, once, as it was sent."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from casework.database import own_base

Base: Any = own_base("reporting")


class Archived(Base):
    """One message of the house. All figures are made of these."""

    __tablename__ = "archived"
    __table_args__ = (sa.Index("archived_type", "type", "time"),)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    type: Mapped[str]
    version: Mapped[int]
    producer: Mapped[str]
    subject: Mapped[str] = mapped_column(index=True)
    time: Mapped[datetime]
    body: Mapped[dict[str, Any]]
