"""The pages, one blueprint per kind of work."""

from portal.pages import (
    cases,
    changes,
    day,
    finance,
    help,
    letter,
    letter_templates,
    notifications,
    orders,
    preferences,
    provider,
    record,
    register,
    reuse,
    start,
    team,
)

PAGES = (
    start.blp, day.blp, team.blp, preferences.blp, notifications.blp, cases.blp, record.blp, changes.blp, reuse.blp,
    letter.blp, orders.blp, provider.blp, register.blp, finance.blp, letter_templates.blp, help.blp,
)  # fmt: skip
