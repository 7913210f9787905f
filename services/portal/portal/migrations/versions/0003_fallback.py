"""Say of what was given up by which channel it was, and by which it was told instead."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0003_fallback", "0002_day"


def upgrade() -> None:
    op.add_column("notification", sa.Column("channel", sa.String(), nullable=True))
    op.add_column("notification", sa.Column("fallback", sa.String(), nullable=True))
