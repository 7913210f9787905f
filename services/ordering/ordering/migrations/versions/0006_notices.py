"""Tell providers' systems of their deadlines, and the scheduler what came of it."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0006_notices", "0005_finance"


def upgrade() -> None:
    op.create_table(
        "provider_notice",
        sa.Column("notification_id", sa.Uuid(), nullable=False),
        sa.Column("parcel_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("notification_id"),
    )
    op.create_index("ix_provider_notice_parcel_id", "provider_notice", ["parcel_id"])
