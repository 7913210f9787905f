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
        "access",
        sa.Column("id", common.COUNTER, autoincrement=True, nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("access_case", "access", ["case_id", "id"], unique=False)
    op.create_table(
        "citizen",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("born_on", sa.Date(), nullable=True),
        sa.Column("cpr_hash", sa.String(), nullable=True),
        sa.Column("stamp", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_citizen_cpr_hash", "citizen", ["cpr_hash"], unique=False)
    op.create_index("ix_citizen_name", "citizen", ["name"], unique=False)
    op.create_table(
        "deadline",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("provider_id", sa.String(), nullable=True),
        sa.Column("due_stamp", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("state_stamp", sa.String(), nullable=False),
        sa.Column("raised", sa.String(), nullable=True),
        sa.Column("raised_due", sa.Date(), nullable=True),
        sa.Column("raised_stamp", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "kind", "key"),
    )
    op.create_table(
        "listed_case",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("known", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=True),
        sa.Column("citizen_id", sa.Uuid(), nullable=True),
        sa.Column("track", sa.String(), nullable=True),
        sa.Column("team", sa.String(), nullable=True),
        sa.Column("caseworker_id", sa.String(), nullable=True),
        sa.Column("caseworker_name", sa.String(), nullable=True),
        sa.Column("is_confidential", sa.Boolean(), nullable=False),
        sa.Column("linked_from", sa.Uuid(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("submitted_at", Utc(), nullable=True),
        sa.Column("updated_at", Utc(), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("next_due", sa.Date(), nullable=True),
        sa.Column("next_kind", sa.String(), nullable=True),
        sa.Column("due_sort", sa.Date(), nullable=False),
        sa.Column("warnings", sa.Integer(), nullable=False),
        sa.Column("tasks", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_listed_case_citizen_id", "listed_case", ["citizen_id"], unique=False)
    op.create_index("ix_listed_case_number", "listed_case", ["number"], unique=False)
    op.create_index("listed_case_due", "listed_case", ["due_sort", "id"], unique=False)
    op.create_index("listed_case_own", "listed_case", ["caseworker_id", "due_sort", "id"], unique=False)
    op.create_table(
        "notification",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("sent_at", Utc(), nullable=False),
        sa.Column("failure", sa.String(), nullable=True),
        sa.Column("read_at", Utc(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("notification_address", "notification", ["address", "sent_at"], unique=False)
    op.create_table(
        "overview",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("process", sa.String(), nullable=False),
        sa.Column("warnings", sa.Integer(), nullable=False),
        sa.Column("tasks", JSON, nullable=False),
        sa.Column("stamp", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "process"),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("team", sa.String(), nullable=True),
        sa.Column("provider_id", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "position",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("process", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("since", Utc(), nullable=False),
        sa.Column("stamp", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "process", "key", "number"),
    )
    op.create_index("position_key", "position", ["process", "key"], unique=False)
    op.create_table(
        "provider",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("cvr", sa.String(), nullable=True),
        sa.Column("p_number", sa.String(), nullable=True),
        sa.Column("ean", sa.String(), nullable=True),
        sa.Column("offer", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("stamp", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
