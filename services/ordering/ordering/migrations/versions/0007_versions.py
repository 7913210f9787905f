"""Keep in which version a record, a state and a fact were written."""

from casework.migrations import common

revision, down_revision = "0007_versions", "0006_notices"


def upgrade() -> None:
    common.versions()
