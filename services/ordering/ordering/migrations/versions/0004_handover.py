"""Hand orders over to providers' own systems: parcels, secrets of webhooks, and a line per provider."""

import sqlalchemy as sa
from alembic import op

from casework.database import Utc
from casework.migrations import common

revision, down_revision = "0004_handover", "0003_register"


def upgrade() -> None:
    common.parcels()
    op.create_table(
        "provider_line",
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("provider_id"),
    )
    op.create_table(
        "provider_secret",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("valid_from", Utc(), nullable=False),
        sa.Column("valid_to", Utc(), nullable=True),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_provider_secret_provider_id", "provider_secret", ["provider_id"], unique=False)
