"""Keep a provider's approval, tariffs, contact and channel."""

import sqlalchemy as sa
from alembic import op

from casework.database import Json

revision, down_revision = "0003_register", "0002_marks"


def upgrade() -> None:
    with op.batch_alter_table("provider") as provider:
        for name in ("phone", "address", "contact", "webhook_url"):
            provider.add_column(sa.Column(name, sa.String(), nullable=True))
        provider.add_column(sa.Column("approved_until", sa.Date(), nullable=True))
        provider.add_column(sa.Column("channel", sa.String(), nullable=False, server_default="portal"))
        provider.add_column(sa.Column("message_format", sa.String(), nullable=False, server_default="json"))
        provider.add_column(sa.Column("tariffs", Json, nullable=False, server_default="[]"))
