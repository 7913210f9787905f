"""Mails leave as parcels, several notifications in one; deputies; and the receipt of what was handed over.

How often a mail was tried is from here on in its parcel. What is queued by the release before leaves in the next round.
"""

import sqlalchemy as sa
from alembic import op

from casework.migrations import common

revision, down_revision = "0002_mails_are_parcels", "0001_begin"

WAITS = sa.text("status = 'queued' AND parcel_id IS NULL")


def upgrade() -> None:
    common.parcels()
    op.drop_index("notification_queued", "notification")
    op.add_column("notification", sa.Column("receipt", sa.String(), nullable=True))
    op.add_column("notification", sa.Column("deadline_id", sa.Uuid(), nullable=True))
    op.add_column("notification", sa.Column("parcel_id", sa.Uuid(), nullable=True))
    op.drop_column("notification", "attempts")
    op.drop_column("notification", "try_at")
    op.create_index("notification_parcel", "notification", ["parcel_id"])
    op.create_index("notification_queued", "notification", ["email", "id"], sqlite_where=WAITS, postgresql_where=WAITS)
    op.add_column("person", sa.Column("deputy_id", sa.String(), nullable=True))
    op.add_column("person", sa.Column("away_from", sa.Date(), nullable=True))
    op.add_column("person", sa.Column("away_to", sa.Date(), nullable=True))
