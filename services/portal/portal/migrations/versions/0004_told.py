"""Let people say how they want to be told, and count what they have not read at little cost."""

# Expand only: the release before leaves the column out.

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0004_told", "0003_fallback"


def upgrade() -> None:
    with op.batch_alter_table("person") as person:
        person.add_column(sa.Column("channel", sa.String(), nullable=True))
    unread = sa.text("read_at IS NULL")
    op.create_index("notification_unread", "notification", ["address"], sqlite_where=unread, postgresql_where=unread)
