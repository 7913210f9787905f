"""Let people say who covers while they are away, and find deadlines by day, by provider and by team."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0002_day", "0001_begin"


def upgrade() -> None:
    with op.batch_alter_table("person") as person:
        person.add_column(sa.Column("deputy_id", sa.String(), nullable=True))
        person.add_column(sa.Column("away_from", sa.Date(), nullable=True))
        person.add_column(sa.Column("away_to", sa.Date(), nullable=True))
        person.create_index("ix_person_deputy_id", ["deputy_id"])
    op.create_index("deadline_awaited", "deadline", ["state", "due", "case_id", "kind", "key"])
    op.create_index("deadline_provider", "deadline", ["provider_id", "state"])
    op.create_index("listed_case_team", "listed_case", ["team", "due_sort", "id"])
