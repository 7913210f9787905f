"""The pages, one blueprint per kind of work."""

from portal.pages import (
    cases,
    changes,
    finance,
    help,
    letter,
    letter_templates,
    notifications,
    orders,
    provider,
    record,
    register,
    reuse,
    start,
)

PAGES = (
    start.blp, notifications.blp, cases.blp, record.blp, changes.blp, reuse.blp, letter.blp, orders.blp, provider.blp,
    register.blp, finance.blp, letter_templates.blp, help.blp,
)  # fmt: skip
