"""Which cases are confidential: their deadlines are for those whose they are."""

# Expand only: the release before leaves the column out.

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0005_confidential_cases", "0004_systems"


def upgrade() -> None:
    with op.batch_alter_table("known_case") as table:
        table.add_column(sa.Column("is_confidential", sa.Boolean(), server_default=sa.false(), nullable=False))
