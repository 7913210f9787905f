"""Keep the letters as they were sent, and the municipality's own templates for them."""

import sqlalchemy as sa
from alembic import op

from casework.database import Json as JSON
from casework.database import Utc
from casework.migrations import common

revision, down_revision = "0003_letters", "0002_marks"


def upgrade() -> None:
    common.parcels()
    op.create_table(
        "letter",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("pdf", sa.LargeBinary(), nullable=False),
        sa.Column("content", JSON, nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("made_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "number", "sequence"),
    )
    op.create_table(
        "letter_template",
        sa.Column("section", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=True),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("section", "version"),
    )
