"""Keep in which version a record, a state and a fact were written."""

from casework.migrations import common

revision, down_revision = "0004_versions", "0003_letters"


def upgrade() -> None:
    common.versions()
