"""How the scheduler gets on, for operators: counts, times and codes, and no name."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from casework.calendar import local_date
from casework.channels import Post
from scheduler.model import CaseRow, DeadlineRow, Notification

LATELY = timedelta(hours=1)


def status(session: Session, post: Post | None, now: datetime) -> dict[str, Any]:
    """What is due and not yet raised, how much is told a minute, what was given up, and which receivers fail."""
    due = DeadlineRow.next_at <= local_date(now)
    known = sa.select(sa.func.count(), sa.func.min(DeadlineRow.next_at)).join(
        CaseRow, CaseRow.id == DeadlineRow.case_id
    )
    backlog, oldest = session.execute(known.where(due)).one()
    told = session.scalar(
        sa.select(sa.func.count()).where(Notification.sent_at > now - LATELY, Notification.sent_at <= now)
    )
    waiting = sa.select(sa.func.count()).where(Notification.status == "queued", Notification.parcel_id.is_(None))
    by_mail = Notification.channel == "mail"
    return {
        "backlog": backlog,
        "oldest_due": oldest and oldest.isoformat(),
        "without_case": (session.scalar(sa.select(sa.func.count()).where(due)) or 0) - backlog,
        "told_per_minute": round((told or 0) / (LATELY / timedelta(minutes=1)), 2),
        "mails_not_gathered": session.scalar(waiting.where(by_mail)),
        "with_providers_systems": session.scalar(waiting.where(~by_mail)),
        "given_up": session.scalar(sa.select(sa.func.count()).where(Notification.status == "failed")),
        "mails": post.status(session) if post else None,
    }


def late(found: dict[str, Any], now: datetime) -> bool:
    """Whether something has been due for more than a day: then nobody ticks."""
    oldest = found["oldest_due"]
    return oldest is not None and date.fromisoformat(oldest) < local_date(now) - timedelta(days=1)
