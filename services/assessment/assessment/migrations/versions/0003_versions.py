"""Keep in which version a record, a state and a fact were written."""

from casework.migrations import common

revision, down_revision = "0003_versions", "0002_marks"


def upgrade() -> None:
    common.versions()
