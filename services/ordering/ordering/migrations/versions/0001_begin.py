"""Make the first tables."""

import sqlalchemy as sa
from alembic import op

from casework.database import Utc
from casework.migrations import common

revision, down_revision = "0001_begin", None


def upgrade() -> None:
    common.messaging()
    common.phase()
    op.create_table(
        "provider",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("cvr", sa.String(), nullable=True),
        sa.Column("p_number", sa.String(), nullable=True),
        sa.Column("ean", sa.String(), nullable=True),
        sa.Column("offer", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("price_from", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("price_to", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("changed_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
