"""The tables that services have alike, as they were first made. Later changes are functions of their own, below."""

import sqlalchemy as sa
from alembic import op

from casework.database import Json as JSON
from casework.database import Utc

COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def messaging() -> None:
    """Outbox, lines and inbox: every service."""
    op.create_table(
        "inbox",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("producer", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("time", Utc(), nullable=False),
        sa.Column("envelope", JSON, nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("try_at", Utc(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("came_at", Utc(), nullable=False),
        sa.Column("done_at", Utc(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("inbox_line", "inbox", ["producer", "subject", "number"], unique=False)
    op.create_index(
        "inbox_open",
        "inbox",
        ["status", "subject"],
        unique=False,
        sqlite_where=sa.text("status <> 'done'"),
        postgresql_where=sa.text("status <> 'done'"),
    )
    op.create_table(
        "line",
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("other", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("way", "other", "subject"),
    )
    op.create_table(
        "outbox",
        sa.Column("position", COUNTER, autoincrement=True, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("consumers", JSON, nullable=False),
        sa.Column("envelope", JSON, nullable=False),
        sa.Column("sent_at", Utc(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failure", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("id"),
    )
    op.create_index("ix_outbox_subject", "outbox", ["subject"], unique=False)
    op.create_index(
        "outbox_unsent",
        "outbox",
        ["position"],
        unique=False,
        sqlite_where=sa.text("sent_at IS NULL"),
        postgresql_where=sa.text("sent_at IS NULL"),
    )


def phase() -> None:
    """What a phase keeps of each case."""
    op.create_table(
        "access",
        sa.Column("id", COUNTER, autoincrement=True, nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("access_case", "access", ["case_id", "id"], unique=False)
    op.create_table(
        "case",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("citizen_id", sa.Uuid(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("opened", JSON, nullable=True),
        sa.Column("opened_at", Utc(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_case_citizen_id", "case", ["citizen_id"], unique=False)
    op.create_table(
        "heard",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("producer", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("body", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("heard_subject", "heard", ["subject", "type"], unique=False)
    op.create_table(
        "journal",
        sa.Column("id", COUNTER, autoincrement=True, nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("row", sa.String(), nullable=True),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("begins", sa.String(), nullable=True),
        sa.Column("arrives", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("changes", JSON, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("journal_case", "journal", ["case_id", "id"], unique=False)
    op.create_table(
        "record",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("data", JSON, nullable=False),
        sa.Column("changed", JSON, nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "step", "key"),
    )
    op.create_table(
        "said",
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body", JSON, nullable=False),
        sa.PrimaryKeyConstraint("subject", "type"),
    )
    op.create_table(
        "run",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("since", Utc(), nullable=False),
        sa.Column("state", JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["case.id"],
        ),
        sa.PrimaryKeyConstraint("case_id", "key", "number"),
    )


def marks() -> None:
    """Who wrote a value down, and from whom it is known, beside each record. Older releases leave it empty."""
    op.add_column("record", sa.Column("marks", JSON, server_default="{}", nullable=False))


def versions() -> None:
    """In which version a record, a state and a fact were written. What has none is of the first."""
    for table, column in (("record", "version"), ("run", "state_version"), ("said", "version")):
        op.add_column(table, sa.Column(column, sa.Integer(), nullable=True))


def parcels() -> None:
    """What leaves the house: every service that has channels."""
    op.create_table(
        "parcel",
        sa.Column("position", COUNTER, autoincrement=True, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("receiver", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("content_type", sa.String(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("made_at", Utc(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("lined_at", Utc(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failure", sa.String(), nullable=True),
        sa.Column("receipt", sa.String(), nullable=True),
        sa.Column("sent_at", Utc(), nullable=True),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("id"),
    )
    op.create_table(
        "parcel_line",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("receiver", sa.String(), nullable=False),
        sa.Column("try_at", Utc(), nullable=True),
        sa.Column("leased_until", Utc(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", Utc(), nullable=True),
        sa.Column("doubtful", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "receiver"),
    )
    op.create_index("parcel_case", "parcel", ["case_id", "position"])
    for name, table, columns, condition in (
        ("parcel_line_waiting", "parcel", ["channel", "receiver", "position"], "status = 'waiting'"),
        ("parcel_open", "parcel", ["status", "position"], "status <> 'sent'"),
        ("parcel_not_lined", "parcel", ["channel", "receiver"], "lined_at IS NULL"),
        ("parcel_line_due", "parcel_line", ["doubtful", "try_at"], "try_at IS NOT NULL"),
        ("parcel_line_failing", "parcel_line", ["failing_since"], "failing_since IS NOT NULL"),
    ):
        where = sa.text(condition)
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
