"""Alembic's way in."""

from casework.migrations import run

run()
