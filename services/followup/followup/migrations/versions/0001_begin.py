"""Make the first tables."""

from casework.migrations import common

revision, down_revision = "0001_begin", None


def upgrade() -> None:
    common.messaging()
    common.phase()
