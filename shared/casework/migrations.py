"""Database migrations: each service has its own, numbered, run by `migrate`; the tables all share are made here."""

from __future__ import annotations

import casework.messaging.tables
import casework.phase.tables
from casework.database import Base
from casework.service.runtime import Service


def upgrade(service: Service) -> None:
    """Bring a service's database up to date. Safe to run again, and by several copies at once."""
    assert casework.messaging.tables and casework.phase.tables
    Base.metadata.create_all(service.database.engine)
    for base in service.bases:
        base.metadata.create_all(service.database.engine)
