"""Calendars of one's own deadlines, and how they are found; and how much was told lately."""

import sqlalchemy as sa
from alembic import op

from casework.database import Utc

revision, down_revision = "0003_feeds", "0002_mails_are_parcels"


def upgrade() -> None:
    op.create_table(
        "feed",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("secret_hash", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=True),
        sa.Column("made_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("secret_hash"),
    )
    op.create_index("known_case_caseworker", "known_case", ["caseworker_id"])
    op.create_index("notification_sent", "notification", ["sent_at"])
    op.create_index("deadline_provider", "deadline", ["provider_id", "due"])
