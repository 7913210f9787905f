"""How often a provider's own order has changed: the revision that it is told, and what that is in the case's counting.

The revision of the case counts what every provider does in it; told to one, it would tell of the others (DEL-08).
"""

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from casework.phase.tables import CaseRow
from delivery.model import ProviderChangeRow


def count(session: Session, case: CaseRow, providers: Collection[str]) -> None:
    """The orders of these providers have changed: once more each. The case is locked, and saved."""
    for provider_id in sorted(providers):
        number = newest(session, provider_id, case.id) + 1
        session.add(ProviderChangeRow(provider_id=provider_id, case_id=case.id, number=number, revision=case.revision))


def newest(session: Session, provider_id: str, case_id: UUID) -> int:
    """How often the provider's order in the case has changed."""
    counted = sa.select(sa.func.max(ProviderChangeRow.number)).where(
        ProviderChangeRow.provider_id == provider_id, ProviderChangeRow.case_id == case_id
    )
    return session.scalar(counted) or 0


def revision_at(session: Session, provider_id: str, case_id: UUID, number: int) -> int:
    """The revision of the case at which the order had changed so often; none before the first change."""
    found = sa.select(sa.func.max(ProviderChangeRow.revision)).where(
        ProviderChangeRow.provider_id == provider_id,
        ProviderChangeRow.case_id == case_id,
        ProviderChangeRow.number <= number,
    )
    return session.scalar(found) or 0
