"""Keep in which version a record, a state and a fact were written."""

from casework.migrations import common

revision, down_revision = "0005_versions", "0004_answers"


def upgrade() -> None:
    common.versions()
