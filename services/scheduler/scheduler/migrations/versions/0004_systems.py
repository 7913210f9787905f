"""Providers' own systems are told too: by which channel, as the register has told it last."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0004_systems", "0003_feeds"


def upgrade() -> None:
    op.add_column("provider", sa.Column("channel", sa.String(), nullable=True))
    provider = sa.table("provider", sa.column("id"), sa.column("channel"))
    inbox = sa.table("inbox", sa.column("type"), sa.column("number"), sa.column("envelope", sa.JSON()))
    heard = sa.select(inbox.c.envelope["body"]).where(inbox.c.type == "provider.changed").order_by(inbox.c.number)
    told = {body["provider_id"]: body.get("channel") for body in op.get_bind().scalars(heard) if body}
    for provider_id, channel in told.items():
        op.execute(provider.update().where(provider.c.id == provider_id).values(channel=channel))
