"""Make the first tables."""

import sqlalchemy as sa
from alembic import op

from casework.migrations import common

revision, down_revision = "0001_begin", None


def upgrade() -> None:
    common.messaging()
    common.phase()
    op.create_table(
        "case_counter",
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("year"),
    )
    op.create_table(
        "citizen_number",
        sa.Column("cpr_number", sa.String(), nullable=False),
        sa.Column("citizen_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("cpr_number"),
        sa.UniqueConstraint("citizen_id"),
    )
