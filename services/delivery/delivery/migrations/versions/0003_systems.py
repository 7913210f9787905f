"""Let providers' own systems in by a key; count what changes per provider, and note when an order is first seen.

Orders that are there already begin with the revision that their case has come to.
"""

import sqlalchemy as sa
from alembic import op

from casework.database import Utc

revision, down_revision = "0003_systems", "0002_marks"


def upgrade() -> None:
    op.create_table(
        "provider_change",
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("provider_id", "case_id", "number"),
    )
    op.execute(
        "INSERT INTO provider_change (provider_id, case_id, number, revision) "
        'SELECT DISTINCT run.key, run.case_id, 1, "case".revision '
        'FROM run JOIN "case" ON "case".id = run.case_id'
    )
    op.create_table(
        "acknowledgement",
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("provider_id", "case_id", "version"),
    )
    op.create_table(
        "provider_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("valid_from", Utc(), nullable=False),
        sa.Column("valid_to", Utc(), nullable=True),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("last_used_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("hash"),
    )
    op.create_index("ix_provider_key_provider_id", "provider_key", ["provider_id"], unique=False)
