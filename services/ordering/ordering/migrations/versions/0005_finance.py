"""Keep the books: postings, the files that take them, the files of actuals, and their lines (ADR 16)."""

import sqlalchemy as sa
from alembic import op

from casework.database import Json, Utc

revision, down_revision = "0005_finance", "0004_handover"


def upgrade() -> None:
    op.create_table(
        "finance_file",
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("made_at", Utc(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("adapter", sa.String(), nullable=False),
        sa.Column("encoding", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("control", Json, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "actuals_file",
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("came_at", Utc(), nullable=False),
        sa.Column("came_by", sa.String(), nullable=False),
        sa.Column("result", Json, nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("sha256"),
        sa.UniqueConstraint("file"),
    )
    op.create_table(
        "posting",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("posted_at", Utc(), nullable=False),
        sa.Column("case_number", sa.String(), nullable=False),
        sa.Column("order_number", sa.String(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("account_number", sa.String(), nullable=False),
        sa.Column("account_string", sa.String(), nullable=True),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("body", Json, nullable=False),
        sa.Column("file", sa.Integer(), nullable=True),
        sa.Column("file_line", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["file"], ["finance_file.number"]),
        sa.PrimaryKeyConstraint("case_id", "number"),
    )
    op.create_index("posting_file", "posting", ["file", "file_line"])
    op.create_table(
        "actual",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("case_number", sa.String(), nullable=False),
        sa.Column("order_number", sa.String(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("account_number", sa.String(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.String(), nullable=True),
        sa.Column("reverses", sa.String(), nullable=True),
        sa.Column("file", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("case_id", "number"),
        sa.UniqueConstraint("line"),
    )
    op.create_index("actual_reverses", "actual", ["reverses"])
    for table in ("posting", "actual"):
        for name, column in (
            ("order", "order_number"),
            ("case_number", "case_number"),
            ("provider", "provider_id"),
            ("account", "account_number"),
            ("month", "month"),
        ):
            op.create_index(f"{table}_{name}", table, [column])
