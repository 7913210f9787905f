"""That an order has come and been seen: a version is acknowledged by the first at its provider to read or answer it."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from casework.database import insert_new
from casework.process import Actor
from delivery.model import AcknowledgementRow


def acknowledge(session: Session, case_id: UUID, version: int, who: Actor, now: datetime) -> None:
    """The version has been seen. Whoever reads it later changes nothing."""
    seen = {
        "provider_id": who.provider_id, "case_id": case_id, "version": version,
        "at": now, "actor": who.id, "name": who.name,
    }  # fmt: skip
    insert_new(session, AcknowledgementRow, [seen], ("provider_id", "case_id", "version"))


def of_case(session: Session, case_id: UUID) -> Mapping[tuple[str, int], AcknowledgementRow]:
    """Those of a case, by provider and version."""
    rows = session.scalars(sa.select(AcknowledgementRow).where(AcknowledgementRow.case_id == case_id))
    return {(row.provider_id, row.version): row for row in rows}
