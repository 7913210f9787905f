"""Take answers by message from providers' own systems: each once."""

import sqlalchemy as sa
from alembic import op

from casework.database import Json, Utc

revision, down_revision = "0004_answers", "0003_systems"


def upgrade() -> None:
    op.create_table(
        "provider_answers",
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=True),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("received_at", Utc(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("refusal", Json, nullable=True),
        sa.PrimaryKeyConstraint("provider_id", "message_id"),
    )
