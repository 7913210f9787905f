"""Keep who wrote a value down, and from whom it is known."""

from casework.migrations import common

revision, down_revision = "0002_marks", "0001_begin"


def upgrade() -> None:
    common.marks()
