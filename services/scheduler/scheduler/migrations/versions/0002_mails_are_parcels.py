"""Mails leave as parcels, several notifications in one; deputies; receipts; what was told by name, not by count.

How often a mail was tried is from here on in its parcel, and which threshold and whom a deadline has told in `near` and
`heard`. The columns that held it stay for the release before, which may run on: `attempts`, `try_at`, `reminded` and
`escalated` go in the next.
"""

import sqlalchemy as sa
from alembic import op

from casework.migrations import common

revision, down_revision = "0002_mails_are_parcels", "0001_begin"

WAITS = sa.text("status = 'queued' AND parcel_id IS NULL")


def upgrade() -> None:
    common.parcels()
    op.add_column("notification", sa.Column("receipt", sa.String(), nullable=True))
    op.add_column("notification", sa.Column("deadline_id", sa.Uuid(), nullable=True))
    op.add_column("notification", sa.Column("parcel_id", sa.Uuid(), nullable=True))
    op.create_index("notification_parcel", "notification", ["parcel_id"])
    op.drop_index("notification_queued", "notification")  # the release before finds its mails without it, too
    op.create_index("notification_queued", "notification", ["email", "id"], sqlite_where=WAITS, postgresql_where=WAITS)
    op.add_column("person", sa.Column("deputy_id", sa.String(), nullable=True))
    op.add_column("person", sa.Column("away_from", sa.Date(), nullable=True))
    op.add_column("person", sa.Column("away_to", sa.Date(), nullable=True))
    op.add_column("deadline", sa.Column("near", sa.Integer(), nullable=True))
    op.add_column("deadline", sa.Column("heard", sa.String(), nullable=False, server_default=""))
    op.create_table(
        "reckoning",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("terms", sa.String(), nullable=False),
        sa.Column("after", sa.Uuid(), nullable=True),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
