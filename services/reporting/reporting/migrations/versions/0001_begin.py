"""Make the first tables."""

import sqlalchemy as sa
from alembic import op

from casework.database import Json as JSON
from casework.database import Utc
from casework.migrations import common

revision, down_revision = "0001_begin", None


def upgrade() -> None:
    common.messaging()

    op.create_table(
        "archived",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("producer", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("time", Utc(), nullable=False),
        sa.Column("body", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("archived_type", "archived", ["type", "time"], unique=False)
    op.create_index("ix_archived_subject", "archived", ["subject"], unique=False)
